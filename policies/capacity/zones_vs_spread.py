"""What must be spread over zones or nodes needs a cluster that has as many of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    ONE_SUBNET,
    SCALABLE,
    Cluster,
    Inventory,
    Node,
    NodeGroup,
    NotApplicable,
    Problem,
    Unknown,
    UnknownValue,
    Workload,
    clusters_of,
    expect_all_nodes,
    nearest,
    replica_ceiling,
    rule,
    same_namespace,
)

_HOSTNAME = "kubernetes.io/hostname"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")


@dataclass(frozen=True, slots=True)
class _Demand:
    """A hard rule about zones or nodes; ``limit`` is how many pods one of them may take."""

    node: Node
    limit: float

    @property
    def key(self) -> str:
        return self.node.get("topologyKey").text()


@rule(
    id="CAP035",
    title="spreading rules ask for zones or nodes that the cluster does not have",
    group="resilience",
    kinds=SCALABLE,
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
        "https://kubernetes.io/docs/setup/best-practices/multiple-zones/",
        "https://cloud.google.com/kubernetes-engine/docs/concepts/types-of-clusters",
    ],
)
def zones_vs_spread(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    demands = list(_demands(workload))
    if not demands:
        raise NotApplicable("no hard rule spreads it over zones or nodes")
    if not clusters_of(inventory):
        raise NotApplicable("the scan declares no cluster that it may run in")
    replicas = replica_ceiling(inventory, workload)[0]
    if replicas < 2:
        raise NotApplicable("it never has a second replica")
    for demand in demands:
        if demand.key == _HOSTNAME:
            yield from _nodes_lacking(demand, replicas, inventory)
        else:
            yield from _zones_lacking(demand, replicas, inventory, workload.resource.path)


def _zones_lacking(
    demand: _Demand, replicas: int, inventory: Inventory, near: str
) -> Iterator[Problem]:
    clusters = clusters_of(inventory)
    lone = [cluster for cluster in clusters if len(_zones(cluster)) == 1]
    expect_all_nodes(inventory)
    if not lone:
        return
    if len(lone) < len(clusters):
        raise UnknownValue("some clusters of the scan have one zone, others have several")
    cluster = nearest(lone, near, lambda cluster: cluster.path) or lone[0]
    zone = min(_zones(cluster))
    pending = replicas - demand.limit
    if demand.limit == float("inf"):
        harm = f"its outage takes all {replicas} replicas"
    elif pending > 0:
        harm = f"{pending:g} of {replicas} replicas stay Pending"
    else:
        return
    yield Problem(
        demand.node.get("topologyKey"),
        f"must be spread over zones, and all nodes are in {zone}: {harm}",
        tuple((group.place, "its nodes stand in one zone") for group in _groups(cluster)[:3]),
    )


def _nodes_lacking(demand: _Demand, replicas: int, inventory: Inventory) -> Iterator[Problem]:
    clusters = clusters_of(inventory)
    small = [cluster for cluster in clusters if _most(cluster) < replicas]
    expect_all_nodes(inventory)
    if not small:
        return
    if len(small) < len(clusters):
        raise UnknownValue("some clusters of the scan have nodes enough, others have not")
    largest = max(small, key=_most)
    most = _most(largest)
    yield Problem(
        demand.node.get("topologyKey"),
        f"one pod for each node, and the cluster has {most:g} nodes at most:"
        f" {replicas - most:g} of {replicas} replicas stay Pending",
        tuple((group.place, f"up to {group.most:g} nodes") for group in _groups(largest)[:3]),
    )


def _groups(cluster: Cluster) -> tuple[NodeGroup, ...]:
    """Its node groups; raises where nobody can tell where one of them stands."""
    for group in cluster.nodes:
        if isinstance(group.zones, Unknown):
            raise UnknownValue(group.zones.reason)
    return tuple(cluster.nodes)


def _zones(cluster: Cluster) -> frozenset[str]:
    """Where its nodes stand; raises where two names may be those of one zone."""
    each = [group.zones for group in _groups(cluster)]
    if not all(each):
        raise UnknownValue(f"a node pool of {cluster.resource.address} names no zones")
    found = frozenset[str]().union(*each)
    named = {zone for zone in found if not zone.startswith(ONE_SUBNET)}
    if len(found) > 1 and len(named) < 2:
        raise UnknownValue("whether the subnets of its nodes are in one zone is not known")
    return found


def _most(cluster: Cluster) -> float:
    return sum(float(group.most) for group in _groups(cluster))


def _demands(workload: Workload) -> Iterator[_Demand]:
    apart = workload.pod.get("affinity", "podAntiAffinity")
    for term in apart.get("requiredDuringSchedulingIgnoredDuringExecution").items():
        names = [same_namespace(name.text()) for name in term.get("namespaces").items()]
        elsewhere = names and same_namespace(workload.namespace) not in names
        # mismatchLabelKeys are for keeping away from others than the workload itself.
        own = not elsewhere and not term.get("mismatchLabelKeys")
        known = term.get("topologyKey").text() in (_HOSTNAME, *_ZONES)
        if known and own and workload.is_selected_by(term):
            yield _Demand(term, 1)
    for constraint in workload.pod.get("topologySpreadConstraints").items():
        hard = constraint.get("whenUnsatisfiable").text() == "DoNotSchedule"
        by_zone = constraint.get("topologyKey").text() in _ZONES
        if hard and by_zone and workload.is_selected_by(constraint):
            # Without minDomains one zone is all there is, and everything goes there.
            lacking = constraint.get("minDomains").number(1) > 1
            skew = max(constraint.get("maxSkew").number(1), 1)
            yield _Demand(constraint, skew if lacking else float("inf"))
