"""A group of instances that takes load has room to grow, and something that makes it grow."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_stray,
    rule,
    runs_containers,
    takes_traffic,
)

_POLICIES = ("aws_autoscaling_policy", "aws_autoscaling_schedule")
_REMOTE_ACCESS = ("22", "3389")
# What is given the name of a group may change its size by code that no file here shows.
_MAY_SCALE = ("module", "aws_lambda_function", "aws_cloudformation_stack", "helm_release")


@rule(
    id="CAP009",
    title="instances behind a load balancer do not scale with their load",
    group="scaling",
    kinds=["aws_autoscaling_group"],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/scale-your-group.html",
    ],
)
def asg_can_scale(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    least, most = group.get("min_size").number(), group.get("max_size").number()
    if most == 0:
        raise NotApplicable("it is switched off: its max_size is 0")
    room = most > least
    if room and _is_scaled(group, inventory):
        return
    if not _takes_load(group, inventory):
        raise NotApplicable("no load balancer sends it traffic: it keeps its instances alive")
    if not room:
        yield Problem(
            group.get("max_size"), f"max_size and min_size are both {most:g}: it cannot grow"
        )
        return
    _raise_if_scaled_elsewhere(group, inventory)
    yield Problem(
        group.get("max_size"),
        f"it has room from {least:g} to {most:g}, but no scaling policy or schedule",
    )


def _is_scaled(group: Resource, inventory: Inventory) -> bool:
    """Whether a policy, a schedule, a plan or the autoscaler of a cluster changes its size."""
    if inventory.referrers(group, *_POLICIES, "aws_autoscalingplans_scaling_plan"):
        return True
    name = group.get("name").identity()
    if name and name in inventory.index(_policies_by_name):
        return True
    for provider in inventory.referrers(group, "aws_ecs_capacity_provider"):
        scaling = provider.get("auto_scaling_group_provider", 0, "managed_scaling", 0, "status")
        if scaling.text() != "DISABLED":
            return True
    return runs_containers(group)


def _policies_by_name(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind(*_POLICIES):
        found[policy.get("autoscaling_group_name").identity()].append(policy)
    return found


def _takes_load(group: Resource, inventory: Inventory) -> bool:
    """Whether a load balancer sends it requests; people who log in are no load."""
    targets = inventory.references(group, "aws_lb_target_group", "aws_alb_target_group")
    if targets and all(target.get("port").identity() in _REMOTE_ACCESS for target in targets):
        return False
    return takes_traffic(group, inventory)


def _raise_if_scaled_elsewhere(group: Resource, inventory: Inventory) -> None:
    for other in inventory.referrers(group, *_MAY_SCALE):
        raise UnknownValue(f"{other.address} is given the group, and may scale it")
    expect_no_stray(
        group,
        inventory,
        *_POLICIES,
        at="autoscaling_group_name",
        of=("aws_autoscaling_group",),
        may="may be for this group",
    )
    if group.ignores_changes("min_size", "max_size", "desired_capacity"):
        raise UnknownValue("its lifecycle.ignore_changes may leave its size to others")
