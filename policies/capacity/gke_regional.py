"""A GKE cluster and its nodes are spread over the zones of a region."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_CLUSTER = "google_container_cluster"
_POOL = "google_container_node_pool"
_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z0-9]+")
# Accelerators are offered in some zones only, and so their pools often stand in one.
_ACCELERATED = ("a2-", "a3-", "a4", "ct", "g2-", "g4-", "tpu")


@rule(
    id="CAP047",
    title="GKE cluster or node pool is in one zone",
    group="resilience",
    kinds=[_CLUSTER, _POOL],
    references=[
        "https://cloud.google.com/kubernetes-engine/docs/concepts/configuration-overview",
        "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
    ],
)
def gke_regional(subject: Resource, inventory: Inventory) -> Iterator[Problem]:
    if subject.kind == _POOL:
        yield from _pool(subject, inventory)
        return
    if subject.get("enable_autopilot").flag():
        return
    location = subject.get("location")
    if not location.present:
        raise UnknownValue("its location is that of the provider")
    if _ZONE.fullmatch(location.text()):
        yield Problem(
            location,
            f"location is the zone {location.text()}: upgrades take the control plane away",
        )
        return
    if not subject.get("node_locations").known:
        return  # a list that is only computed is one of several zones in practice
    zones = _zones(subject)
    if len(zones) != 1:
        return
    if not any(_zones(pool) - zones for pool in inventory.referrers(subject, _POOL)):
        yield Problem(subject.get("node_locations"), f"its nodes are all in {min(zones)}")


def _pool(pool: Resource, inventory: Inventory) -> Iterator[Problem]:
    zones = _zones(pool)
    if not zones:
        raise NotApplicable("its nodes are where its cluster says")
    if len(zones) > 1:
        return
    if _ZONE.fullmatch(pool.get("location").identity()):
        raise NotApplicable("its cluster is zonal, which is the thing to change")
    config = pool.get("node_config", 0)
    if config.get("guest_accelerator") or config.get("machine_type").text().startswith(
        _ACCELERATED
    ):
        raise NotApplicable("its accelerators are offered in some zones only")
    for other in _partners(pool, inventory):
        if _zones(other) != zones:
            return
    clusters = inventory.references(pool, _CLUSTER)
    for cluster in clusters:
        if not cluster.get("remove_default_node_pool").flag() and _zones(cluster) != zones:
            return
    if not clusters:
        raise UnknownValue("its cluster, and so other pools of it, may be elsewhere")
    yield Problem(
        pool.get("node_locations"),
        f"its nodes are all in {min(zones)}, and other pools add no zone",
    )


def _zones(subject: Resource) -> set[str]:
    return {zone.text() for zone in subject.get("node_locations").items()}


def _partners(pool: Resource, inventory: Inventory) -> list[Resource]:
    """The other pools of its cluster: a pool a zone is a common design."""
    found: list[Resource] = []
    for cluster in inventory.references(pool, _CLUSTER):
        found += inventory.referrers(cluster, _POOL)
    name = pool.get("cluster").identity()
    found += inventory.index(_by_cluster).get((pool.scope, name), ())
    return [other for other in dict.fromkeys(found) if other is not pool]


def _by_cluster(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for pool in inventory.of_kind(_POOL):
        found[pool.scope, pool.get("cluster").identity()].append(pool)
    return found
