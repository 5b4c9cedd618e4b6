"""A change of the launch template reaches the instances that run."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_LAUNCH = ("aws_launch_template", "aws_launch_configuration")
_NAMES = ("name", "name_prefix")


@rule(
    id="CAP073",
    title="new launch template does not reach the instances that run",
    group="advice",
    kinds=["aws_autoscaling_group"],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/autoscaling_group",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def asg_instance_refresh(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    refresh = group.get("instance_refresh")
    if any(True for _ in refresh.items()):
        return
    if group.get("max_size").number() == 0:
        raise NotApplicable("it is switched off: its max_size is 0")
    templates = {one.address for one in inventory.references(group, *_LAUNCH)}
    if not templates:
        raise NotApplicable("what it launches is not declared in this scan")
    if _is_replaced(group):
        raise NotApplicable("its name changes with what it launches: it is replaced as a whole")
    for other in inventory.referrers(group, "module", "aws_codedeploy_deployment_group"):
        raise UnknownValue(f"{other.address} may replace its instances")
    yield Problem(refresh, "it has no instance_refresh: old instances run on until they die")


def _is_replaced(group: Resource) -> bool:
    """Whether its name is made from what it launches, which makes a new group of each change."""
    return any(
        reference.node.path[0] in _NAMES and any(f"{kind}." in reference.target for kind in _LAUNCH)
        for reference in group.references
    )
