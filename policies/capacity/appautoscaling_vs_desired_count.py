"""One owner for the size of what scales: the configuration or the autoscaler, not both."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    AWS_GROUP,
    AZURE_SCALE_SETS,
    AZURE_SCALER,
    GOOGLE_GROUPS,
    GOOGLE_SCALERS,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    scalable_targets,
    setting,
)

_ECS, _TABLE = "aws_ecs_service", "aws_dynamodb_table"
_GOOGLE_POOL = "google_container_node_pool"
_AKS, _AKS_POOL = "azurerm_kubernetes_cluster", "azurerm_kubernetes_cluster_node_pool"
_DIMENSIONS = {
    "dynamodb:table:ReadCapacityUnits": "read_capacity",
    "dynamodb:table:WriteCapacityUnits": "write_capacity",
}
# An attribute, what scales it, and why that may be wrong.
_Owned = tuple[Node, Node, str]


@rule(
    id="CAP069",
    title="each apply undoes what the autoscaler did",
    group="scaling",
    kinds=[
        _ECS, _TABLE, AWS_GROUP, *GOOGLE_GROUPS, _GOOGLE_POOL, _AKS, _AKS_POOL, *AZURE_SCALE_SETS,
    ],
    references=[
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/dynamodb_table",
        "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle",
    ],
)  # fmt: skip
def appautoscaling_vs_desired_count(scaled: Resource, inventory: Inventory) -> Iterator[Problem]:
    found = list(_owned(scaled, inventory))
    if not found:
        raise NotApplicable("no autoscaler of this scan owns its size")
    for written, by, doubt in found:
        if scaled.ignores_changes(str(written.path[0])):
            continue
        # Left out, most are kept as they are; desired_count of a service becomes its default.
        size = setting(scaled, *written.path)
        if size.present:
            if doubt:
                raise UnknownValue(doubt)
            number = f"{size.number():g}"
            state, back = (f"is {number}", "that") if written.present else ("is not set", number)
            yield Problem(
                size,
                f"{size.path[-1]} {state}: each apply sets it back to {back}",
                ((by, "this changes it with the load"),),
            )


def _owned(scaled: Resource, inventory: Inventory) -> Iterator[_Owned]:
    """The attributes that an autoscaler sets."""
    kind = scaled.kind
    if kind in (_ECS, _TABLE):
        yield from _by_target(scaled, inventory)
    elif kind == _GOOGLE_POOL:
        if scaled.get("autoscaling", 0).present:
            yield scaled.get("node_count"), scaled.get("autoscaling", 0), ""
    elif kind in (_AKS, _AKS_POOL):
        prefix = ("default_node_pool", 0) if kind == _AKS else ()
        for name in ("auto_scaling_enabled", "enable_auto_scaling"):
            enabled = scaled.get(*prefix, name)
            if enabled.flag():
                yield scaled.get(*prefix, "node_count"), enabled, ""
    elif kind == AWS_GROUP:
        policies = inventory.referrers(scaled, "aws_autoscaling_policy")
        yield from _by_first(policies, scaled, "desired_capacity")
    else:
        attribute = "target_size" if kind in GOOGLE_GROUPS else "instances"
        scalers = inventory.referrers(scaled, *GOOGLE_SCALERS, AZURE_SCALER)
        yield from _by_first(scalers, scaled, attribute)


def _by_first(scalers: list[Resource], scaled: Resource, attribute: str) -> Iterator[_Owned]:
    """The attribute with the first of its scalers that surely is there, and for this instance."""
    several = scaled.key not in ("", "[0]", "[*]")
    for scaler in scalers:
        its_own = not several or scaler.address.endswith(scaled.key)
        if its_own and scaler.surely_beside(scaled):
            yield scaled.get(attribute), scaler.node, ""
            return
    for scaler in scalers[:1]:
        doubt = f"{scaler.address} may be for it, or for another"
        yield scaled.get(attribute), scaler.node, doubt


def _by_target(scaled: Resource, inventory: Inventory) -> Iterator[_Owned]:
    found = scalable_targets(scaled, inventory)
    if scaled.kind == _ECS:
        yield from _by_first(found, scaled, "desired_count")
        return
    by_attribute: dict[str, list[Resource]] = defaultdict(list)
    for target in found:
        attribute = _DIMENSIONS.get(target.get("scalable_dimension").text())
        if attribute is not None:
            by_attribute[attribute].append(target)
    for attribute, targets in by_attribute.items():
        yield from _by_first(targets, scaled, attribute)
