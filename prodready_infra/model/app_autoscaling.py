"""Application Auto Scaling of AWS: what changes the size of a service, a table or a cluster.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from collections import defaultdict

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.resource import Resource

SCALABLE_TARGET = "aws_appautoscaling_target"
SCALING_POLICIES = ("aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action")
# How a resource_id begins, the namespace of the service, and the attribute with the name in it.
_SCALED = {
    "aws_dynamodb_table": ("table/", "dynamodb", "name"),
    "aws_ecs_service": ("service/", "ecs", "name"),
    **dict.fromkeys(
        ("aws_docdb_cluster", "aws_neptune_cluster", "aws_rds_cluster"),
        ("cluster:", "rds", "cluster_identifier"),
    ),
}


def scalable_targets(scaled: Resource, inventory: Inventory) -> list[Resource]:
    """The targets that refer to what is scaled, or that give its name.

    Of several instances those of other names are left out, where the names are known.
    """
    return [one for one in _about(scaled, inventory) if one.kind == SCALABLE_TARGET]


def scaling_policies(scaled: Resource, inventory: Inventory) -> list[Resource]:
    """What changes its size: policies and schedules for it, or for a target of it."""
    found = dict.fromkeys(_about(scaled, inventory))
    for target in scalable_targets(scaled, inventory):
        found.update(dict.fromkeys(inventory.referrers(target, *SCALING_POLICIES)))
    return [one for one in found if one.kind in SCALING_POLICIES]


def stray_scalers(scaled: Resource, inventory: Inventory, *kinds: str) -> list[Resource]:
    """The targets, policies or schedules of its root module that may be for it or for another."""
    own = _SCALED[scaled.kind][1]
    return [
        one
        for one in inventory.index(_strays).get(scaled.scope, ())
        if one.kind in kinds and _namespace(one) in ("", own)
    ]


def _about(scaled: Resource, inventory: Inventory) -> list[Resource]:
    start, _, attribute = _SCALED[scaled.kind]
    name = scaled.get(attribute).identity()
    named = inventory.index(_by_name).get((scaled.scope, start, name), []) if name else []
    found = [*inventory.referrers(scaled, SCALABLE_TARGET, *SCALING_POLICIES), *named]
    return [one for one in dict.fromkeys(found) if _is_for(one, scaled)]


def _is_for(scaler: Resource, scaled: Resource) -> bool:
    start, _, attribute = _SCALED[scaled.kind]
    named, name = scaler.get("resource_id"), scaled.get(attribute)
    if not (named.known and name.known and named.identity()):
        return True
    return _name_in(named.identity(), start) == name.identity()


def _name_in(resource_id: str, start: str) -> str:
    """The name of a table comes before that of its index, of a service behind its cluster."""
    rest = resource_id.removeprefix(start)
    return rest.partition("/")[0] if start == "table/" else rest.rpartition("/")[2]


def _by_name(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    """By scope, kind of resource_id and name, what scales something whose name is written out."""
    found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for one in inventory.of_kind(SCALABLE_TARGET, *SCALING_POLICIES):
        written = one.get("resource_id").identity()
        for start in {start for start, _, _ in _SCALED.values()}:
            if written.startswith(start):
                found[one.scope, start, _name_in(written, start)].append(one)
    return found


def _strays(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, what scales something that is not known; a cluster alone does not tell which."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for one in inventory.of_kind(SCALABLE_TARGET, *SCALING_POLICIES):
        named = one.named_at("resource_id")
        clusters_only = all("aws_ecs_cluster." in target for target in named)
        if not one.get("resource_id").known and clusters_only:
            found[one.scope].append(one)
    return found


def _namespace(scaler: Resource) -> str:
    written = scaler.get("service_namespace")
    return written.identity() if written.known else ""
