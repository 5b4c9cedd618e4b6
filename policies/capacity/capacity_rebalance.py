"""A group of spot instances replaces those that AWS is about to take back."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    runs_kubernetes,
    setting,
)


@rule(
    id="CAP072",
    title="spot instances are replaced only after they are gone",
    group="advice",
    kinds=["aws_autoscaling_group"],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-capacity-rebalancing.html",
    ],
)
def capacity_rebalance(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    rebalance = group.get("capacity_rebalance")
    if setting(group, "capacity_rebalance").flag():
        return
    if not _runs_on_spot(group, inventory):
        raise NotApplicable("it does not run on spot instances")
    if runs_kubernetes(group):
        raise NotApplicable(
            "it holds nodes of a Kubernetes cluster, whose own tool handles the warnings"
        )
    state = "false" if rebalance.present else "not set"
    yield Problem(rebalance, f"capacity_rebalance is {state}: replacements start after the loss")


def _runs_on_spot(group: Resource, inventory: Inventory) -> bool:
    distribution = group.get("mixed_instances_policy", 0, "instances_distribution", 0)
    # 100 by default: only on-demand instances.
    if distribution.get("on_demand_percentage_above_base_capacity").number(100) < 100:
        return True
    for launch in inventory.references(group, "aws_launch_template", "aws_launch_configuration"):
        if launch.get("spot_price"):
            return True
        if launch.get("instance_market_options", 0, "market_type").text() == "spot":
            return True
    return False
