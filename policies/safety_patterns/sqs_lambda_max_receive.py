"""A queue gives its function several attempts before it calls a message dead."""

import json
from collections.abc import Iterator
from typing import Any

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
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
    mappings = [one for one in inventory.referrers(queue, _MAPPING) if _reads(one)]
    if not mappings:
        raise NotApplicable("no function of this scan works on its messages")
    policy = _redrive_policy(queue, inventory)
    if not policy.present:
        raise NotApplicable("it has no dead-letter queue")
    attempts = _count(policy)
    if attempts < minimum:
        if all(one.get("scaling_config", 0, "maximum_concurrency").present for one in mappings):
            raise NotApplicable("its pollers take no more messages than the function may run")
        yield Problem(
            policy,
            f"maxReceiveCount is {attempts:g}, less than {minimum}: being throttled counts too",
        )


def _reads(mapping: Resource) -> bool:
    """Whether the queue is what it reads, and not where it puts what failed."""
    return any(reference.node.path[0] == "event_source_arn" for reference in mapping.references)


def _redrive_policy(queue: Resource, inventory: Inventory) -> Node:
    for other in inventory.referrers(queue, "aws_sqs_queue_redrive_policy"):
        if any(reference.node.path[0] == "queue_url" for reference in other.references):
            return other.get("redrive_policy")
    return queue.get("redrive_policy")


def _count(policy: Node) -> float:
    try:
        read: Any = json.loads(policy.text())
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise UnknownValue("redrive_policy is not an object in JSON")
    return Node(read.get("maxReceiveCount"), policy.path, policy.origin).number()
