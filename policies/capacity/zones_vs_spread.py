"""What must be spread over zones or nodes needs a cluster that has as many of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Unknown,
    UnknownValue,
    Workload,
    label_selector,
    nearest,
    replica_floor,
    rule,
    same_namespace,
    scaler_of,
)

_HOSTNAME = "kubernetes.io/hostname"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")

_EKS, _GKE, _AKS = "aws_eks_cluster", "google_container_cluster", "azurerm_kubernetes_cluster"
_EKSCTL = "eksctl.io/ClusterConfig"
_POOLS = {
    _EKS: "aws_eks_node_group",
    _GKE: "google_container_node_pool",
    _AKS: "azurerm_kubernetes_cluster_node_pool",
}
# Whatever else may give a cluster nodes, in zones that these files do not tell.
_OTHER_NODES = (
    "aws_autoscaling_group",
    "aws_eks_fargate_profile",
    "cloud.google.com/ComputeClass",
    "cluster.x-k8s.io/MachineDeployment",
    "cluster.x-k8s.io/MachinePool",
)
_MAY_BE_A_CLUSTER = re.compile(
    r"(?<![a-z])(?:eks|gke|aks|k8s)(?![a-z])|kubernetes|managedcluster|karpenter|node.?(?:group|pool)",
    re.IGNORECASE,
)
# A zone without a known name: that of the only subnet of a group.
_ONE_SUBNET = "the subnet of "
_GCP_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")


@dataclass(frozen=True, slots=True)
class _Demand:
    """A hard rule about zones or nodes; ``limit`` is how many pods one of them may take."""

    node: Node
    limit: float

    @property
    def key(self) -> str:
        return self.node.get("topologyKey").text()


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Nodes of one sort: the zones they stand in, and how many they are at most."""

    zones: frozenset[str] | Unknown
    most: float | Unknown
    node: Node


@dataclass(frozen=True, slots=True)
class _Cluster:
    """What the nodes of a cluster are; any use raises where nobody can tell."""

    path: str
    nodes: tuple[_Nodes, ...] | Unknown

    @property
    def zones(self) -> frozenset[str]:
        """Their names; raises where two may be names of the same zone."""
        found = frozenset[str]().union(*(group.zones for group in self.nodes))
        named = {zone for zone in found if not zone.startswith(_ONE_SUBNET)}
        if len(found) > 1 and len(named) < 2:
            raise UnknownValue("whether the subnets of its nodes are in one zone is not known")
        return found

    @property
    def most(self) -> float:
        return sum(float(group.most) for group in self.nodes)


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
    clusters = inventory.index(_clusters)
    if not clusters:
        raise NotApplicable("the scan declares no cluster that it may run in")
    replicas = _most_replicas(workload, inventory)
    if replicas < 2:
        raise NotApplicable("it never has a second replica")
    for demand in demands:
        if demand.key == _HOSTNAME:
            yield from _nodes_lacking(demand, replicas, clusters)
        else:
            yield from _zones_lacking(demand, replicas, clusters, workload.resource.path)


def _zones_lacking(
    demand: _Demand, replicas: int, clusters: list[_Cluster], near: str
) -> Iterator[Problem]:
    lone = [cluster for cluster in clusters if len(cluster.zones) == 1]
    if not lone:
        return
    if len(lone) < len(clusters):
        raise UnknownValue("some clusters of the scan have one zone, others have several")
    cluster = nearest(lone, near, lambda cluster: cluster.path) or lone[0]
    zone = min(cluster.zones)
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
        tuple((group.node, "its nodes stand in one zone") for group in list(cluster.nodes)[:3]),
    )


def _nodes_lacking(demand: _Demand, replicas: int, clusters: list[_Cluster]) -> Iterator[Problem]:
    small = [cluster for cluster in clusters if cluster.most < replicas]
    if not small:
        return
    if len(small) < len(clusters):
        raise UnknownValue("some clusters of the scan have nodes enough, others have not")
    largest = max(small, key=lambda cluster: cluster.most)
    yield Problem(
        demand.node.get("topologyKey"),
        f"one pod for each node, and the cluster has {largest.most:g} nodes at most:"
        f" {replicas - largest.most:g} of {replicas} replicas stay Pending",
        tuple((group.node, f"up to {group.most:g} nodes") for group in list(largest.nodes)[:3]),
    )


def _demands(workload: Workload) -> Iterator[_Demand]:
    apart = workload.pod.get("affinity", "podAntiAffinity")
    for term in apart.get("requiredDuringSchedulingIgnoredDuringExecution").items():
        names = [same_namespace(name.text()) for name in term.get("namespaces").items()]
        elsewhere = names and same_namespace(workload.namespace) not in names
        # mismatchLabelKeys are for keeping away from others than the workload itself.
        own = not elsewhere and not term.get("mismatchLabelKeys")
        known = term.get("topologyKey").text() in (_HOSTNAME, *_ZONES)
        if known and own and _selects(term, workload):
            yield _Demand(term, 1)
    for constraint in workload.pod.get("topologySpreadConstraints").items():
        hard = constraint.get("whenUnsatisfiable").text() == "DoNotSchedule"
        by_zone = constraint.get("topologyKey").text() in _ZONES
        if hard and by_zone and _selects(constraint, workload):
            # Without minDomains one zone is all there is, and everything goes there.
            lacking = constraint.get("minDomains").number(1) > 1
            skew = max(constraint.get("maxSkew").number(1), 1)
            yield _Demand(constraint, skew if lacking else float("inf"))


def _selects(node: Node, workload: Workload) -> bool:
    selector = label_selector(node.get("labelSelector"))
    return selector is not None and selector.matches(workload.labels)


def _most_replicas(workload: Workload, inventory: Inventory) -> int:
    scaler = scaler_of(inventory, workload)
    return scaler.ceiling() if scaler is not None else replica_floor(inventory, workload)[0]


def _clusters(inventory: Inventory) -> list[_Cluster]:
    """Every cluster of the scan, and what may be another or may add nodes to one."""
    declared = inventory.of_kind(_EKS, _GKE, _AKS, _EKSCTL)
    found = [_cluster(cluster, inventory) for cluster in declared]
    return found + [
        _Cluster(resource.path, Unknown(f"{resource.address} {reason}"))
        for resource, reason in _doubts(declared, inventory)
    ]


def _doubts(clusters: list[Resource], inventory: Inventory) -> Iterator[tuple[Resource, str]]:
    for module in inventory.of_kind("module"):
        if _MAY_BE_A_CLUSTER.search(f"{module.name} {module.get('source').identity()}"):
            yield module, "was not read, and may make a cluster or its nodes"
    joined = {pool for cluster in clusters for pool in _pools(cluster, inventory)}
    for pool in inventory.of_kind(*_POOLS.values()):
        if pool not in joined:
            yield pool, "belongs to a cluster that is not known"
    for other in inventory.of_kind(*_OTHER_NODES) if clusters else ():
        yield other, "may add nodes to the cluster"
    for trace in inventory.index(_karpenter)[:1] if clusters else ():
        yield trace, "tells of Karpenter, which adds nodes as it needs them"


def _karpenter(inventory: Inventory) -> list[Resource]:
    """What names Karpenter, which is often installed from elsewhere, beside one small group."""
    return [resource for resource in inventory.resources if _names_karpenter(resource)]


def _names_karpenter(resource: Resource) -> bool:
    tags = resource.get("tags").value
    chart = resource.get("chart").identity()
    names = (resource.kind, resource.address, chart, *(tags if type(tags) is dict else ()))
    return any("karpenter" in name.lower() for name in names)


def _cluster(cluster: Resource, inventory: Inventory) -> _Cluster:
    read = {_EKS: _eks, _GKE: _gke, _AKS: _aks, _EKSCTL: _eksctl}[cluster.kind]
    try:
        nodes = tuple(read(cluster, inventory))
    except UnknownValue as doubt:
        return _Cluster(cluster.path, Unknown(str(doubt)))
    lacking = Unknown(f"the nodes of {cluster.address} are not in the scan")
    return _Cluster(cluster.path, nodes or lacking)


def _pools(cluster: Resource, inventory: Inventory) -> list[Resource]:
    """Its node groups: they refer to it, or write its name."""
    kind = _POOLS.get(cluster.kind, "")
    name = cluster.get("name").identity()
    if not kind:
        return []
    named = inventory.index(_pools_by_name).get((cluster.scope, kind, name), []) if name else []
    return list(dict.fromkeys([*inventory.referrers(cluster, kind), *named]))


def _pools_by_name(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for pool in inventory.of_kind(*_POOLS.values()):
        name = pool.get("cluster_name").identity() or pool.get("cluster").identity()
        found.setdefault((pool.scope, pool.kind, name), []).append(pool)
    return found


def _number(node: Node, times: int = 1) -> float | Unknown:
    """A number of nodes, taken ``times``."""
    try:
        if node.present:
            return node.number() * times
    except UnknownValue as doubt:
        return Unknown(str(doubt))
    return Unknown("how many nodes there are at most is not told")


def _eks(cluster: Resource, inventory: Inventory) -> Iterator[_Nodes]:
    if cluster.get("compute_config", 0, "enabled").flag():
        raise UnknownValue("EKS Auto Mode chooses the nodes and their zones")
    for pool in _pools(cluster, inventory):
        subnets = pool.get("subnet_ids")
        most = _number(pool.get("scaling_config", 0, "max_size"))
        yield _Nodes(_zones_of_subnets(pool, inventory), _counted(pool, most), subnets)


def _counted(pool: Resource, most: float | Unknown) -> float | Unknown:
    several = Unknown(f"how many instances {pool.address} has is not known")
    return several if "[*]" in pool.address else most


def _zones_of_subnets(pool: Resource, inventory: Inventory) -> frozenset[str]:
    """The zones of its subnets; of a subnet alone it is one, whatever its name."""
    items = list(pool.get("subnet_ids").items())
    subnets = inventory.references(pool, "aws_subnet")
    zones = [subnet.get("availability_zone") for subnet in subnets]
    if len(subnets) >= len(items) > 0 and all(zone.known and zone.value for zone in zones):
        return frozenset(zone.text() for zone in zones)
    # An element that is not known may be a whole list, as in ["${aws_subnet.x.*.id}"].
    lone = items[0].known if len(items) == 1 and not subnets else len(items) == len(subnets) == 1
    if lone and not any("[*]" in resource.address for resource in (pool, *subnets)):
        return frozenset([f"{_ONE_SUBNET}{pool.address}"])
    raise UnknownValue(f"the zones of {pool.address} are not known")


def _gke(cluster: Resource, inventory: Inventory) -> Iterator[_Nodes]:
    location = cluster.get("location")
    zones = _zones_of_location(location.text(), cluster.get("node_locations"))
    if cluster.get("enable_autopilot").flag():
        yield _Nodes(zones, float("inf"), location)
        return
    if cluster.get("cluster_autoscaling", 0, "enabled").flag():
        raise UnknownValue("GKE makes node pools as it needs them")
    if any(True for _ in cluster.get("node_pool").items()):
        raise UnknownValue(f"{cluster.address} declares its node pools within itself")
    if not cluster.get("remove_default_node_pool").flag():
        each = _number(cluster.get("initial_node_count"), len(zones))
        yield _Nodes(zones, each, location)
    for pool in _pools(cluster, inventory):
        own = pool.get("node_locations")
        spread = _zones_of_location("", own) if own.present else zones
        place = own if own.present else location
        yield _Nodes(spread, _counted(pool, _most_of_pool(pool, len(spread))), place)


def _zones_of_location(location: str, node_locations: Node) -> frozenset[str]:
    """A zonal cluster adds node_locations to its own; a regional one has three zones without.

    https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters
    """
    named = frozenset(zone.text() for zone in node_locations.items())
    if _GCP_ZONE.fullmatch(location):
        return named | {location}
    if not named and not location:
        raise UnknownValue("the location of the cluster is not told")
    return named or frozenset(f"zone {number} of {location}" for number in (1, 2, 3))


def _most_of_pool(pool: Resource, zones: int) -> float | Unknown:
    """Totals are of the pool, all other numbers of each zone."""
    scaling = pool.get("autoscaling", 0)
    if scaling.known and scaling.value is not None:
        total = scaling.get("total_max_node_count")
        if total.known and not total.value:
            return _number(scaling.get("max_node_count"), zones)
        return _number(total)
    fixed = pool.get("node_count")
    return _number(fixed if fixed.value is not None else pool.get("initial_node_count"), zones)


def _aks(cluster: Resource, inventory: Inventory) -> Iterator[_Nodes]:
    if cluster.get("node_provisioning_profile", 0, "mode").text() == "Auto":
        raise UnknownValue("AKS makes nodes as it needs them")
    pools = [(cluster, cluster.get("default_node_pool", 0))]
    pools += [(pool, pool.node) for pool in _pools(cluster, inventory)]
    for resource, pool in pools:
        zones = frozenset(f"zone {zone.text()}" for zone in pool.get("zones").items())
        unnamed = Unknown(f"a node pool of {cluster.address} names no zones")
        flags = (pool.get("auto_scaling_enabled"), pool.get("enable_auto_scaling"))
        scaled = any(flag.flag() for flag in flags)
        most = _number(pool.get("max_count" if scaled else "node_count"))
        yield _Nodes(zones or unnamed, _counted(resource, most), pool.get("zones"))


def _eksctl(cluster: Resource, inventory: Inventory) -> Iterator[_Nodes]:  # noqa: ARG001
    """https://eksctl.io/usage/schema/"""
    if cluster.get("fargateProfiles") or cluster.get("karpenter"):
        raise UnknownValue("Fargate or Karpenter chooses the nodes and their zones")
    if cluster.get("autoModeConfig", "enabled").flag():
        raise UnknownValue("EKS Auto Mode chooses the nodes and their zones")
    for field in ("managedNodeGroups", "nodeGroups"):
        for group in cluster.get(field).items():
            own = group.get("availabilityZones")
            zones = frozenset(zone.text() for zone in own.items())
            if not zones:
                zones = _zones_of_eksctl(cluster, group)
            yield _Nodes(zones, _number(group.get("maxSize")), own)


def _zones_of_eksctl(cluster: Resource, group: Node) -> frozenset[str]:
    """Those of the cluster, which are two at least; three if eksctl chooses."""
    if group.get("subnets") or group.get("localZones") or cluster.get("vpc", "subnets"):
        raise UnknownValue("the zones of the subnets are not told")
    named = frozenset(zone.text() for zone in cluster.get("availabilityZones").items())
    return named or frozenset(("one zone", "another zone"))
