"""What a broker could not deliver is kept somewhere."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_SNS = "aws_sns_topic_subscription"
# https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
_MACHINES = ("firehose", "http", "https", "lambda", "sqs")
_BRIEF = 3600
_PATHS: dict[str, tuple[str | int, ...]] = {
    "aws_cloudwatch_event_target": ("dead_letter_config",),
    "aws_scheduler_schedule": ("target", 0, "dead_letter_config"),
    "azurerm_eventgrid_event_subscription": ("storage_blob_dead_letter_destination",),
    _SNS: ("redrive_policy",),
}


@rule(
    id="SAF129",
    title="events that could not be delivered are thrown away",
    group="disputed",
    kinds=list(_PATHS),
    references=[
        "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html",
        "https://learn.microsoft.com/en-us/azure/event-grid/manage-event-delivery",
    ],
)
def delivery_dlq(sender: Resource, inventory: Inventory) -> Iterator[Problem]:
    path = _PATHS[sender.kind]
    queue = sender.get(*path)
    if not queue.known and any(path[-1] in r.node.path for r in sender.references):
        return
    if queue:
        return
    if sender.kind == _SNS and sender.get("protocol").text() not in _MACHINES:
        raise NotApplicable("it goes to a person, or cannot have a dead-letter queue")
    if _comes_round(sender, inventory):
        raise NotApplicable("it comes round again by its schedule")
    if any(_is_brief(target) for target in inventory.references(sender, "aws_sqs_queue")):
        raise NotApplicable("its events are worth nothing an hour later")
    yield Problem(queue, f"{path[-1]} is not set: an event that cannot be delivered is lost")


def _comes_round(sender: Resource, inventory: Inventory) -> bool:
    if sender.kind == "aws_scheduler_schedule":
        return not sender.get("schedule_expression").text().startswith("at(")
    rules = inventory.references(sender, "aws_cloudwatch_event_rule")
    return bool(rules) and all(one.get("schedule_expression").present for one in rules)


def _is_brief(queue: Resource) -> bool:
    """Whether a queue drops what is not read at once, such as notices of spot instances."""
    retention = queue.get("message_retention_seconds")
    return retention.known and retention.present and retention.number() <= _BRIEF
