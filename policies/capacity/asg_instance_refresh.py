"""A change of the launch template reaches the instances that run."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    runs_kubernetes,
)

_LAUNCH = ("aws_launch_template", "aws_launch_configuration")
_NAMES = ("name", "name_prefix")
# What is given the name of a group may replace its instances by code that no file here shows.
_REPLACERS = ("module", "null_resource", "terraform_data", "aws_codedeploy_deployment_group")


@rule(
    id="CAP073",
    title="new launch template does not reach the instances that run",
    group="advice",
    kinds=["aws_autoscaling_group"],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/autoscaling_group",
    ],
)
def asg_instance_refresh(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    refresh = group.get("instance_refresh")
    if any(True for _ in refresh.items()):
        return
    if group.get("max_size").number() == 0:
        raise NotApplicable("it is switched off: its max_size is 0")
    if _is_empty(group):
        raise NotApplicable("it is empty until somebody asks for an instance")
    if runs_kubernetes(group):
        raise NotApplicable("it holds nodes of a Kubernetes cluster, which must be drained first")
    if group.get("max_instance_lifetime").number() > 0:
        raise NotApplicable("it replaces its instances at a certain age")
    templates = {one.address for one in inventory.references(group, *_LAUNCH)}
    if not templates:
        raise NotApplicable("what it launches is not declared in this scan")
    if _is_replaced(group):
        raise NotApplicable("it is replaced as a whole when what it launches changes")
    for other in inventory.referrers(group, *_REPLACERS):
        raise UnknownValue(f"{other.address} may replace its instances")
    yield Problem(refresh, "it has no instance_refresh: old instances run on until they die")


def _is_empty(group: Resource) -> bool:
    """Whether nothing runs in it until somebody asks for an instance."""
    desired, least = group.get("desired_capacity"), group.get("min_size")
    return desired.present and desired.number() == 0 and least.number() == 0


def _is_replaced(group: Resource) -> bool:
    """Whether a change of what it launches makes a new group, as its name or lifecycle says."""
    if any(True for _ in group.get("lifecycle", 0, "replace_triggered_by").items()):
        return True
    return any(f"{kind}." in target for target in group.named_at(*_NAMES) for kind in _LAUNCH)
