"""A message has used up its attempts before the queue forgets it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    max_receive_count,
    redrive_policy,
    rule,
    setting,
)

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
_MOST_ATTEMPTS = 1000


@rule(
    id="SAF093",
    title="queue deletes messages before they reach the dead-letter queue",
    group="resilience",
    kinds=["aws_sqs_queue"],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    ],
)
def sqs_retention_vs_visibility(queue: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = redrive_policy(queue, inventory)
    if policy.known and not policy.present:
        raise NotApplicable("it has no dead-letter queue")
    kept = setting(queue, "message_retention_seconds")
    hidden = setting(queue, "visibility_timeout_seconds")
    seconds, attempt = kept.number(), hidden.number()
    if seconds > attempt * _MOST_ATTEMPTS:
        return
    # One attempt that outlasts the message is wrong whatever the number of attempts is.
    attempts = 1 if seconds <= attempt else max_receive_count(policy)
    if seconds <= attempt * attempts:
        many = "one attempt takes" if attempts == 1 else f"{attempts:g} attempts take"
        yield Problem(
            kept,
            f"messages are kept for {seconds:g} s, and {many} up to {attempt * attempts:g} s",
            ((hidden, "the time of one attempt"),),
        )
