"""A queue gives its function several attempts before it calls a message dead."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    max_receive_count,
    redrive_policy,
    rule,
)

_MAPPING = "aws_lambda_event_source_mapping"


@rule(
    id="SAF092",
    title="throttled function loses messages to the dead-letter queue too early",
    group="disputed",
    kinds=["aws_sqs_queue"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ],
)
def sqs_lambda_max_receive(
    queue: Resource, inventory: Inventory, *, minimum: int = 5
) -> Iterator[Problem]:
    # Not where a mapping puts what failed, but what it reads.
    mappings = inventory.referrers(queue, _MAPPING, at="event_source_arn")
    if not mappings:
        raise NotApplicable("no function of this scan works on its messages")
    policy = redrive_policy(queue, inventory)
    if not policy.present:
        raise NotApplicable("it has no dead-letter queue")
    attempts = max_receive_count(policy)
    if attempts < minimum:
        if all(one.get("scaling_config", 0, "maximum_concurrency").present for one in mappings):
            raise NotApplicable("its pollers take no more messages than the function may run")
        yield Problem(
            policy,
            f"maxReceiveCount is {attempts:g}, less than {minimum}: being throttled counts too",
        )
