"""A load balancer lets requests finish when it drops a target, and does not wait for ever."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule

DEFAULT = 300  # of the load balancer's API, and of the provider: aws_lb_target_group, 5.100


@rule(
    id="SAF013",
    title="target group drains its targets for too long, or not at all",
    group="weakness",
    kinds=["aws_lb_target_group", "aws_alb_target_group"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/load-balancer-connection-draining.html",
    ],
)
def target_group_deregistration_delay(
    group: Resource, inventory: Inventory, *, minimum: int = 1, maximum: int = 120
) -> Iterator[Problem]:
    if group.get("target_type").text() == "lambda":
        raise NotApplicable("its target is a Lambda function, which is not drained")
    protocol = group.get("protocol")
    if protocol.known and protocol.text("HTTP").upper() not in ("HTTP", "HTTPS"):
        raise NotApplicable("it balances connections, which may last as long as clients like")
    delay = group.get("deregistration_delay")
    seconds = delay.number(DEFAULT)
    # Without a deploy that waits for each target, only more than the default is a choice to ask of.
    deploys = _is_replaced_by_turns(group, inventory)
    limit = maximum if deploys else max(maximum, DEFAULT)
    if minimum <= seconds <= limit:
        return
    protocol.text()  # where it is not known, it may be any
    if seconds == 0:
        yield Problem(delay, "deregistration_delay is 0: requests under way are cut off")
    elif seconds < minimum:
        yield Problem(delay, f"deregistration_delay is {seconds:g} s, less than {minimum}")
    elif delay.present:
        yield Problem(delay, f"deregistration_delay is {seconds:g} s, more than {limit}")
    else:
        yield Problem(
            delay,
            f"deregistration_delay is not set: each deploy waits for the default, {DEFAULT} s",
        )


def _is_replaced_by_turns(group: Resource, inventory: Inventory) -> bool:
    """Whether something in the scan replaces its targets a few at a time, and waits for each."""
    for service in inventory.referrers(group, "aws_ecs_service"):
        if service.get("deployment_controller", 0, "type").identity() in ("", "ECS"):
            return True
    groups = inventory.referrers(group, "aws_autoscaling_group")
    return any(machines.get("instance_refresh") for machines in groups)
