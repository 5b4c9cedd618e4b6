"""An alarm tells somebody, or makes something happen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    expect_no_stray,
    rule,
)

_COMPOSITE = "aws_cloudwatch_composite_alarm"
# Who watches an alarm that has no action of its own, and acts on it.
_WATCHERS = (
    _COMPOSITE,
    "aws_appconfig_environment",
    "aws_autoscaling_group",
    "aws_cloudwatch_event_rule",
    "aws_codedeploy_deployment_group",
    "aws_ecs_service",
    "aws_route53_health_check",
)
_NAMED = re.compile(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"?([^")]+?)"?\s*\)')
_CHOOSING = {"resources", "alarmName"}
_MATCHERS = {"prefix", "suffix", "wildcard", "anything-but", "equals-ignore-case"}


@rule(
    id="INC001",
    title="alarm goes off without telling anybody",
    group="detection",
    kinds=["aws_cloudwatch_metric_alarm", _COMPOSITE],
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html",
    ],
)
def alarm_has_actions(alarm: Resource, inventory: Inventory) -> Iterator[Problem]:
    enabled, actions = alarm.get("actions_enabled"), alarm.get("alarm_actions")
    if not enabled.flag(default=True):
        at, state = enabled, "actions_enabled is false"
    elif any(True for _ in actions.items()):
        return
    else:
        at, state = actions, f"alarm_actions is {'empty' if actions.present else 'not set'}"
    if not _is_watched(alarm, inventory):
        _raise_if_watched_elsewhere(alarm, inventory)
        yield Problem(at, f"{state}: the alarm goes off, and nobody is told")


def _is_watched(alarm: Resource, inventory: Inventory) -> bool:
    if inventory.referrers(alarm, *_WATCHERS):
        return True
    name = alarm.get("alarm_name").identity()
    events = inventory.index(_events)
    return events.of_any or name in events.names or name in inventory.index(_names_in_composites)


@dataclass(slots=True)
class _Events:
    """What EventBridge hands on: every alarm, those of some names, or nobody knows which.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """

    of_any: bool = False
    names: set[str] = field(default_factory=set)
    unknown: dict[tuple[str, str], Resource] = field(default_factory=dict)


def _events(inventory: Inventory) -> _Events:
    found = _Events()
    for one in inventory.of_kind("aws_cloudwatch_event_rule"):
        pattern = one.get("event_pattern")
        if not pattern.known:
            found.unknown[_module(one)] = one
        elif "CloudWatch Alarm State Change" in pattern.identity():
            words = set(re.findall(r'"([^"]+)"', pattern.identity()))
            # A pattern that chooses by prefix and the like may choose any alarm.
            if not words & _CHOOSING or words & _MATCHERS:
                found.of_any = True
            found.names.update(word.rpartition(":alarm:")[2] for word in words)
    return found


def _module(resource: Resource) -> tuple[str, str]:
    """The instance of a module that it belongs to."""
    return resource.scope, resource.address.rpartition(f"{resource.kind}.")[0]


def _names_in_composites(inventory: Inventory) -> set[str]:
    """The alarms that composite alarms name; an ARN ends in the name."""
    names: set[str] = set()
    for composite in inventory.of_kind(_COMPOSITE):
        for name in _NAMED.findall(composite.get("alarm_rule").identity()):
            names.add(name.rpartition(":alarm:")[2])
    return names


def _raise_if_watched_elsewhere(alarm: Resource, inventory: Inventory) -> None:
    expect_no_module(alarm, inventory, "is given the alarm")
    event = inventory.index(_events).unknown.get(_module(alarm))
    if event is not None:
        raise UnknownValue(f"{event.address} may hand it on")
    expect_no_stray(
        alarm,
        inventory,
        _COMPOSITE,
        at="alarm_rule",
        of=("aws_cloudwatch_metric_alarm", _COMPOSITE),
        may="may watch it",
    )
