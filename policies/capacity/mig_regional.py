"""A group of instances on Google Cloud is regional, or has partners in other zones."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    GOOGLE_BACKENDS,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_GROUP = "google_compute_instance_group_manager"
_REGIONAL = "google_compute_region_instance_group_manager"
_BACKENDS = (*GOOGLE_BACKENDS, "google_compute_target_pool", "module")


@rule(
    id="CAP053",
    title="managed instance group is in one zone",
    group="resilience",
    kinds=[_GROUP, _REGIONAL],
    references=[
        "https://cloud.google.com/compute/docs/instance-groups/regional-migs",
    ],
)
def mig_regional(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    if group.kind == _REGIONAL:
        return
    if group.get("stateful_disk") or group.get("stateful_internal_ip"):
        raise NotApplicable("its instances keep their disks, which are in one zone")
    scalers = inventory.referrers(group, "google_compute_autoscaler")
    size = group.get("target_size")
    if not scalers and not size.present:
        raise UnknownValue("its size is given by an autoscaler that is not in this scan")
    if not scalers and size.number() <= 1:
        raise NotApplicable("it is a single instance")
    zone = group.get("zone")
    for other in _partners(group, inventory):
        if other.kind == _REGIONAL or other.get("zone").text() != zone.text():
            return
    # Groups of one root module that each name another zone may well be one service.
    for name, other in inventory.index(_by_zone).get(group.scope, {}).items():
        if name != zone.text():
            raise UnknownValue(f"{other.address}, in another zone, may do the same work")
    where = zone.text("one zone")
    yield Problem(zone, f"its instances are all in {where}: new ones are made nowhere else")


def _partners(group: Resource, inventory: Inventory) -> list[Resource]:
    """What does the same work elsewhere: other instances of the block, and of a backend."""
    found = list(inventory.index(_by_block)[group.block])
    for backend in inventory.referrers(group, *_BACKENDS):
        found += inventory.references(backend, _GROUP, _REGIONAL)
    return [other for other in dict.fromkeys(found) if other is not group]


def _by_zone(inventory: Inventory) -> dict[str, dict[str, Resource]]:
    """By scope and zone, a group that is in it."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for group in inventory.of_kind(_GROUP):
        found[group.scope].setdefault(group.get("zone").identity(), group)
    return found


def _by_block(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for group in inventory.of_kind(_GROUP):
        found[group.block].append(group)
    return found
