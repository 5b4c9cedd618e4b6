"""What an alarm notifies passes the message on to somebody."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

_TOPIC = "aws_sns_topic"
_SUBSCRIPTION = "aws_sns_topic_subscription"
_LISTENERS = (
    _SUBSCRIPTION,
    "aws_chatbot_slack_channel_configuration",
    "aws_chatbot_teams_channel_configuration",
    "awscc_chatbot_microsoft_teams_channel_configuration",
    "awscc_chatbot_slack_channel_configuration",
)
_ALARMS = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
# Those who only send messages to a topic, or allow it. Everything else that is handed the topic,
# such as a stack, a script or a stored parameter, may subscribe to it.
_SENDERS = frozenset(
    {
        *_ALARMS,
        "aws_autoscaling_notification",
        "aws_budgets_budget",
        "aws_cloudwatch_event_target",
        "aws_db_event_subscription",
        "aws_iam_policy",
        "aws_iam_role_policy",
        "aws_lambda_function",
        "aws_s3_bucket_notification",
        "aws_sns_topic_policy",
    }
)


@rule(
    id="INC010",
    title="alarm notifies a topic or a group that nobody listens to",
    group="weakness",
    kinds=[_TOPIC, "azurerm_monitor_action_group"],
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html",
        "https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/action-groups",
    ],
)
def alarm_action_dead_end(target: Resource, inventory: Inventory) -> Iterator[Problem]:
    if target.kind != _TOPIC:
        yield from _group_without_receiver(target)
        return
    alarms = _alarms_of(target, inventory)
    if not alarms:
        raise NotApplicable("no alarm in this scan notifies it")
    if _is_heard(target, inventory):
        return
    _raise_if_heard_elsewhere(target, inventory)
    yield Problem(
        target.node,
        f"{target.address} is notified by {_count(alarms)}, and has no subscription",
        tuple((alarm.get("alarm_actions"), "notifies the topic") for alarm in alarms[:3]),
    )


def _group_without_receiver(group: Resource) -> Iterator[Problem]:
    # https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/monitor_action_group
    enabled = group.get("enabled")
    if not enabled.flag(default=True):
        yield Problem(enabled, "enabled is false: the action group passes nothing on")
        return
    receivers = [block for name, block in group.node.entries() if name.endswith("_receiver")]
    if any(True for block in receivers for _ in block.items()):
        return
    if receivers:
        raise UnknownValue("its receivers are left to a dynamic block, which is empty here")
    yield Problem(group.node, "the action group has no receiver: nobody is told")


def _is_heard(topic: Resource, inventory: Inventory) -> bool:
    named = _named_by(inventory, _SUBSCRIPTION, topic)
    return bool(named or inventory.referrers(topic, *_LISTENERS))


def _count(alarms: list[Resource]) -> str:
    return "1 alarm" if len(alarms) == 1 else f"{len(alarms)} alarms"


def _alarms_of(topic: Resource, inventory: Inventory) -> list[Resource]:
    referring = inventory.referrers(topic, *_ALARMS, at="alarm_actions")
    return list(dict.fromkeys([*referring, *_named_by(inventory, "alarm", topic)]))


def _named_by(inventory: Inventory, who: str, topic: Resource) -> list[Resource]:
    """The alarms or subscriptions that give the topic's ARN as a text, which ends in its name."""
    name = topic.get("name")
    if not name.known or not name.identity():
        return []
    return inventory.index(_by_topic_name).get((who, name.identity()), [])


def _by_topic_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for subscription in inventory.of_kind(_SUBSCRIPTION):
        arn = subscription.get("topic_arn").identity()
        found[_SUBSCRIPTION, arn.rpartition(":")[2]].append(subscription)
    for alarm in inventory.of_kind(*_ALARMS):
        for action in alarm.get("alarm_actions").walk():
            if action.known and ":sns:" in action.identity():
                found["alarm", action.identity().rpartition(":")[2]].append(alarm)
    return found


def _raise_if_heard_elsewhere(topic: Resource, inventory: Inventory) -> None:
    for other in inventory.referrers(topic):
        if other.kind not in _SENDERS:
            raise UnknownValue(f"{other.address} is given the topic, and may subscribe to it")
    # People confirm their e-mail by hand, and other states may subscribe: only where the topics of
    # other alarms are listened to beside it has this one been forgotten.
    if topic.scope not in inventory.index(_where_heard):
        raise UnknownValue("no alarm's topic has a subscription beside it: they are made elsewhere")
    for subscription in inventory.of_kind(_SUBSCRIPTION):
        arn = subscription.get("topic_arn")
        named = inventory.references(subscription, _TOPIC) or subscription.scope != topic.scope
        if not named and not arn.known:
            raise UnknownValue(f"{subscription.address} may be for this topic")


def _where_heard(inventory: Inventory) -> set[str]:
    """The root modules that make a subscription for a topic of an alarm."""
    return {
        topic.scope
        for topic in inventory.of_kind(_TOPIC)
        if _is_heard(topic, inventory) and _alarms_of(topic, inventory)
    }
