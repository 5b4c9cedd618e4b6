"""A message that nobody can handle is put aside, not tried until it expires."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    QUEUE,
    REDRIVE_POLICY,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    named_as_dead_letter,
    rule,
)

# Where other resources name the queue that takes what they could not deliver or handle.
_SENDERS = {
    "aws_cloudwatch_event_target": ("dead_letter_config",),
    "aws_iot_topic_rule": ("error_action",),
    "aws_lambda_event_source_mapping": ("destination_config",),
    "aws_lambda_function": ("dead_letter_config",),
    "aws_lambda_function_event_invoke_config": ("destination_config",),
    "aws_pipes_pipe": ("source_parameters",),
    "aws_scheduler_schedule": ("target",),
    "aws_sns_topic_subscription": ("redrive_policy",),
    QUEUE: ("redrive_policy",),
    REDRIVE_POLICY: ("redrive_policy",),
}
_PUT_ASIDE = (
    "dead",
    "dlq",
    "error",
    "failed",
    "failure",
    "parking",
    "poison",
    "quarantine",
    "redrive",
    "undeliver",
)
# https://cloud.google.com/dataflow/docs/concepts/streaming-with-cloud-pubsub
_DATAFLOW = ("google_dataflow_job", "google_dataflow_flex_template_job")
_BRIEF = 3600


@rule(
    id="SAF114",
    title="messages that cannot be handled are not put aside",
    group="weakness",
    kinds=[QUEUE, "google_pubsub_subscription"],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        "https://cloud.google.com/pubsub/docs/handling-failures",
    ],
)
def dead_letter_missing(queue: Resource, inventory: Inventory) -> Iterator[Problem]:
    if queue.kind == QUEUE:
        yield from _queue(queue, inventory)
    else:
        yield from _subscription(queue, inventory)


def _queue(queue: Resource, inventory: Inventory) -> Iterator[Problem]:
    redrive = queue.get("redrive_policy")
    # The ARN of a queue that is still to be made is known after apply only.
    if not redrive.known and queue.named_at("redrive_policy"):
        return
    if redrive.text().strip() not in ("", "{}"):
        return
    names = (queue.get("name").identity(), queue.get("name_prefix").identity(), queue.name)
    if any(word in name.lower() for name in names for word in _PUT_ASIDE):
        raise NotApplicable("by its name it is where messages are put aside")
    for other in inventory.referrers(queue):
        if other.names(queue, *_SENDERS.get(other.kind, ())):
            raise NotApplicable(f"it is where {other.address} puts messages aside")
        if other.kind == REDRIVE_POLICY:  # it does not send what failed here: it is for this queue
            return
    if named_as_dead_letter(queue, inventory):
        raise NotApplicable("it is where another queue puts messages aside")
    if queue.get("redrive_allow_policy").present:
        raise NotApplicable("its redrive_allow_policy says that it is a dead-letter queue")
    retention = queue.get("message_retention_seconds")
    if retention.present and retention.number() <= _BRIEF:
        raise NotApplicable("its messages expire within the hour, read or not")
    _raise_if_elsewhere(queue, inventory)
    yield Problem(
        redrive, "redrive_policy is not set: a message that fails comes back until it expires"
    )


def _raise_if_elsewhere(queue: Resource, inventory: Inventory) -> None:
    expect_no_module(queue, inventory, "is given the queue")
    for policy in inventory.index(_unresolved)[queue.scope]:
        raise UnknownValue(f"{policy.address} may be for this queue")


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the redrive policies for a queue that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind(REDRIVE_POLICY):
        if not policy.named_at("queue_url"):
            found[policy.scope].append(policy)
    return found


def _subscription(subscription: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = subscription.get("dead_letter_policy")
    if any(True for _ in policy.items()):
        return
    topics = inventory.references(subscription, "google_pubsub_topic")
    names = [subscription.get("name"), subscription.get("topic")]
    words = [name.identity() for name in names] + [topic.name for topic in topics]
    if inventory.referrers(subscription, *_DATAFLOW) or any("dataflow" in w.lower() for w in words):
        raise NotApplicable("Dataflow reads it, where the pipeline puts aside what is bad")
    if any(word in name.lower() for name in words for word in _PUT_ASIDE):
        raise NotApplicable("by its name it reads what was put aside")
    yield Problem(
        policy, "dead_letter_policy is not set: a message that fails comes back until it expires"
    )
