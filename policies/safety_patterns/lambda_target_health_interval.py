"""A load balancer asks a Lambda function for its health only after the last answer is due."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_instances,
    setting,
)

_GROUPS = ("aws_lb_target_group", "aws_alb_target_group")
_ATTACHMENTS = ("aws_lb_target_group_attachment", "aws_alb_target_group_attachment")
_FUNCTION, _ALIAS = "aws_lambda_function", "aws_lambda_alias"
_INTERVAL = 30  # of the block's schema, also for functions: aws_lb_target_group, 5.100


@rule(
    id="SAF141",
    title="health checks of a Lambda target overlap: the function may run longer",
    group="weakness",
    kinds=_GROUPS,
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb_target_group",
    ],
)
def lambda_target_health_interval(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    if group.get("target_type").text() != "lambda":
        raise NotApplicable("its targets are not Lambda functions")
    check = group.get("health_check", 0)
    # Without the block the load balancer asks no function for its health.
    if not check.present or not check.get("enabled").flag(default=True):
        raise NotApplicable("its health check is off")
    interval = check.get("interval")
    timeouts = [setting(function, "timeout") for function in _functions(group, inventory)]
    if not timeouts:
        raise UnknownValue("the function that it sends requests to is not in this scan")
    too_long = [timeout for timeout in timeouts if interval.number(_INTERVAL) <= timeout.number()]
    if not too_long:
        return
    if len(too_long) < len(timeouts):
        raise UnknownValue("which of several functions it sends requests to is not known")
    yield Problem(interval, _message(interval, too_long[0]), ((too_long[0], "its function"),))


def _message(interval: Node, timeout: Node) -> str:
    default = "" if interval.present else " (the default)"
    return (
        f"interval is {interval.number(_INTERVAL):g} s{default}, but the function's timeout"
        f" is {timeout.number():g} s"
    )


def _functions(group: Resource, inventory: Inventory) -> list[Resource]:
    """The functions attached to a group, directly or by an alias."""
    found: list[Resource] = []
    attachments = inventory.referrers(group, *_ATTACHMENTS, at="target_group_arn")
    for attachment in same_instances(group, attachments):
        if not attachment.surely_beside(group):
            raise UnknownValue(f"whether there is {attachment.address} is not known")
        targets = inventory.references(attachment, _FUNCTION, _ALIAS, at="target_id")
        for target in same_instances(attachment, targets):
            aliased = inventory.references(target, _FUNCTION, at="function_name")
            found += same_instances(target, aliased) if target.kind == _ALIAS else [target]
    return list(dict.fromkeys(found))
