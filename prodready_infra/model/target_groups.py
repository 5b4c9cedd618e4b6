"""Target groups of AWS in Terraform, and the TargetGroupBindings that put pods into them.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/
"""

import re
from collections import defaultdict

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.resource import Resource

TARGET_GROUP_BINDING = "elbv2.k8s.aws/TargetGroupBinding"
_KINDS = ("aws_lb_target_group", "aws_alb_target_group")
_ARN = re.compile(r"arn:[^:]*:elasticloadbalancing:.*:targetgroup/([^/]+)/.*")
# In the expression that gives the ARN, or in why it is not known: ``module.a.aws_lb_….web.arn``.
_ADDRESS = re.compile(
    r"(?<![\w.])(?:module\.[\w-]+(?:\[[^\]]*\])?\.)*aws_a?lb_target_group\.[\w-]+", re.ASCII
)

_Groups = dict[tuple[str, str], list[Resource]]


def target_groups_of(inventory: Inventory, binding: Resource) -> list[Resource]:
    """The target groups of the scan that a TargetGroupBinding may mean.

    By an expression it means the instances of one, by an ARN or a name whichever bears the name:
    a tree of several environments has it more than once.
    """
    for field in ("targetGroupARN", "targetGroupName"):
        node = binding.get("spec", field)
        written = node.identity()
        address = None if node.known else _ADDRESS.search(written)
        arn = _ARN.fullmatch(written)
        if address:
            return inventory.index(_by_address).get((binding.scope or ".", address[0]), [])
        if written and node.known:
            return inventory.index(_by_name).get(arn[1] if arn else written, [])
    return []


def binds_pods(inventory: Inventory, binding: Resource) -> bool:
    """Whether the targets are the pods themselves, not the nodes they run on.

    Where it names no type, the controller takes that of the target group; raises
    :class:`UnknownValue` where the scan has no such group, or several that differ.
    """
    written = binding.get("spec", "targetType")
    if written.present:
        return written.text() == "ip"
    groups = target_groups_of(inventory, binding)
    types = {group.get("target_type").text("instance") for group in groups}
    if len(types) != 1:
        raise UnknownValue(f"whether {binding.address} has pods or nodes as targets is not told")
    return types == {"ip"}


def _by_name(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for group in inventory.of_kind(*_KINDS):
        name = group.get("name")
        if name.known and name.value:
            found[name.identity()].append(group)
    return found


def _by_address(inventory: Inventory) -> _Groups:
    """By root module and address; by the address within its own module too, if no other has it."""
    found: _Groups = defaultdict(list)
    short: _Groups = defaultdict(list)
    for group in inventory.of_kind(*_KINDS):
        scope, address = group.scope or ".", group.unkeyed
        found[scope, address].append(group)
        start = address.rfind(f"{group.kind}.")
        if start:
            short[scope, address[start:]].append(group)
    for key, groups in short.items():
        if key not in found and len({group.unkeyed for group in groups}) == 1:
            found[key] = groups
    return found
