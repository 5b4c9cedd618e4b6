"""An event that a function could not handle is kept somewhere."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    expect_no_stray,
    rule,
)

_CONFIG = "aws_lambda_function_event_invoke_config"
_PERMISSION = "aws_lambda_permission"
_TARGET = "aws_cloudwatch_event_target"
_RULE = "aws_cloudwatch_event_rule"
_TOPIC = "aws_sns_topic_subscription"
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_SENDERS = {
    "s3.amazonaws.com": "S3",
    "sns.amazonaws.com": "SNS",
    "events.amazonaws.com": "EventBridge",
    "iot.amazonaws.com": "AWS IoT",
    "ses.amazonaws.com": "SES",
}
_RESOURCES = {_TOPIC: "SNS", "aws_s3_bucket_notification": "S3", "aws_iot_topic_rule": "AWS IoT"}


@rule(
    id="SAF117",
    title="events that a Lambda function fails on are thrown away",
    group="weakness",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
    ],
)
def lambda_async_failure_destination(function: Resource, inventory: Inventory) -> Iterator[Problem]:
    if any(True for _ in function.get("dead_letter_config").items()):
        return
    sender = _sender(function, inventory)
    if not sender:
        raise NotApplicable("nothing here sends it events without waiting for the answer")
    for config in _about(function, inventory, _CONFIG):
        failure = config.get("destination_config", 0, "on_failure", 0)
        if not failure.known or failure.present:
            return
    _raise_if_elsewhere(function, inventory)
    yield Problem(
        function.get("dead_letter_config"),
        f"{sender} does not wait for it: an event that keeps failing is thrown away",
    )


def _sender(function: Resource, inventory: Inventory) -> str:
    """Who invokes it without waiting, schedules aside: they come round again by themselves."""
    for target in _about(function, inventory, _TARGET):
        if not _is_schedule(target, inventory):
            return "EventBridge"
    for kind, name in _RESOURCES.items():
        for one in _about(function, inventory, kind):
            if kind != _TOPIC or one.get("protocol").text() == "lambda":
                return name
    for permission in _about(function, inventory, _PERMISSION):
        sender = _SENDERS.get(permission.get("principal").text(), "")
        if sender and not (sender == "EventBridge" and _is_schedule(permission, inventory)):
            return sender
    return ""


def _is_schedule(resource: Resource, inventory: Inventory) -> bool:
    rules = inventory.references(resource, _RULE)
    if not rules:
        raise UnknownValue(f"which rule {resource.address} is for is not known")
    return all(one.get("schedule_expression").present for one in rules)


def _about(function: Resource, inventory: Inventory, kind: str) -> list[Resource]:
    """Those that refer to the function or to an alias of it, or that name it."""
    found = dict.fromkeys(inventory.referrers(function, kind))
    for alias in inventory.referrers(function, "aws_lambda_alias"):
        found.update(dict.fromkeys(inventory.referrers(alias, kind)))
    name = function.get("function_name").identity()
    if name:
        named = inventory.index(_by_function_name)[function.scope, name]
        found.update(dict.fromkeys(one for one in named if one.kind == kind))
    return list(found)


def _by_function_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in inventory.of_kind(_CONFIG, _PERMISSION):
        found[one.scope, one.get("function_name").identity()].append(one)
    return found


def _raise_if_elsewhere(function: Resource, inventory: Inventory) -> None:
    expect_no_module(function, inventory, "is given the function")
    expect_no_stray(
        function,
        inventory,
        _CONFIG,
        at="function_name",
        of=("aws_lambda_function", "aws_lambda_alias"),
        may="may be for this function",
    )
