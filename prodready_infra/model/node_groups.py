"""Node groups as EKS, GKE, AKS and eksctl declare them: where, how many, and of what size."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node, Unknown
from prodready_infra.model.node_sizes import NodeSize, node_size
from prodready_infra.model.resource import Resource

T = TypeVar("T")
P = ParamSpec("P")

EKS, GKE, AKS = "aws_eks_cluster", "google_container_cluster", "azurerm_kubernetes_cluster"
EKSCTL = "eksctl.io/ClusterConfig"
POOLS = {
    EKS: "aws_eks_node_group",
    GKE: "google_container_node_pool",
    AKS: "azurerm_kubernetes_cluster_node_pool",
}
# A zone without a known name: that of the only subnet of a group.
ONE_SUBNET = "the subnet of "
# The names of one argument before and since version 4 of the provider.
_AKS_SCALED = ("auto_scaling_enabled", "enable_auto_scaling")
_GCP_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Nodes of one sort: a node group or pool, or the default pool of a cluster.

    ``zones`` are the names of the zones they stand in, empty where it names none, and one that
    starts with ``ONE_SUBNET`` where only the number of zones is known. ``most`` is how many nodes
    there are at most, in all zones together. ``sizes`` are those of the machine types that a node
    may have. Each is :class:`Unknown` where nobody can tell: any use of it raises
    :class:`UnknownValue`. ``place`` and ``machine`` are where zones and machine types stand.
    """

    zones: frozenset[str] | Unknown
    most: float | Unknown
    sizes: tuple[NodeSize, ...] | Unknown
    place: Node
    machine: Node


def node_groups(cluster: Resource, inventory: Inventory) -> tuple[NodeGroup, ...]:
    """Those of a cluster; raises where it has nodes that no file tells of."""
    return tuple(_READERS[cluster.kind](cluster, inventory))


def pools_of(cluster: Resource, inventory: Inventory) -> list[Resource]:
    """The resources that are its node groups: they refer to it, or write its name."""
    kind = POOLS.get(cluster.kind, "")
    name = cluster.get("name").identity()
    if not kind:
        return []
    named = inventory.index(_pools_by_name).get((cluster.scope, kind, name), []) if name else []
    return list(dict.fromkeys([*inventory.referrers(cluster, kind), *named]))


def _pools_by_name(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for pool in inventory.of_kind(*POOLS.values()):
        name = pool.get("cluster_name").identity() or pool.get("cluster").identity()
        found.setdefault((pool.scope, pool.kind, name), []).append(pool)
    return found


def attempt(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Unknown:
    """What is read, or why nobody can tell."""
    try:
        return read(*args, **kwargs)
    except UnknownValue as doubt:
        return Unknown(doubt.reason)


def expect_own(resource: Resource, node: Node) -> None:
    """Raises where ``ignore_changes`` leaves the argument, or what it stands in, to others."""
    ignored = resource.get("lifecycle", 0, "ignore_changes")
    texts = [ignored] if ignored.known and ignored.value == "all" else ignored.items()
    names = {_INDEX.sub("", each.text()) for each in texts}
    keys = [key for key in node.path if isinstance(key, str)]
    wholes = {".".join(keys[:length]) for length in range(1, len(keys) + 1)}
    if not names.isdisjoint(wholes | {"all"}):
        raise UnknownValue(
            f"lifecycle.ignore_changes of {resource.address} leaves {keys[-1]} to others"
        )


def _number(resource: Resource, node: Node, times: int = 1) -> float:
    """A largest number of nodes, taken ``times``."""
    if "[*]" in resource.address:
        raise UnknownValue(f"how many instances {resource.address} has is not known")
    if not node.present:
        raise UnknownValue("how many nodes there are at most is not told")
    expect_own(resource, node)
    return node.number() * times


def _size(resource: Resource, node: Node, default: str = "") -> tuple[NodeSize, ...]:
    """That of the machine type at ``node``, or of the one that the cloud takes."""
    expect_own(resource, node)
    machine = node.text() or default
    if not machine:
        raise UnknownValue(f"{resource.address} names no machine type")
    return (node_size(machine),)


def _eks(cluster: Resource, inventory: Inventory) -> Iterator[NodeGroup]:
    if cluster.get("compute_config", 0, "enabled").flag():
        raise UnknownValue("EKS Auto Mode chooses the nodes and their zones")
    for pool in pools_of(cluster, inventory):
        yield NodeGroup(
            attempt(_zones_of_subnets, pool, inventory),
            attempt(_number, pool, pool.get("scaling_config", 0, "max_size")),
            attempt(_eks_sizes, pool, inventory),
            pool.get("subnet_ids"),
            pool.get("instance_types"),
        )


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
        return frozenset([f"{ONE_SUBNET}{pool.address}"])
    raise UnknownValue(f"the zones of {pool.address} are not known")


def _eks_sizes(pool: Resource, inventory: Inventory) -> tuple[NodeSize, ...]:
    """Of its own types, or of its launch template; t3.medium where none is written.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
    """
    types = list(pool.get("instance_types").items())
    if types:
        return tuple(size for item in types for size in _size(pool, item))
    if not pool.get("launch_template").present:
        return _size(pool, pool.get("instance_types"), "t3.medium")
    templates = inventory.references(pool, "aws_launch_template")
    if len(templates) != 1:
        raise UnknownValue(f"the launch template of {pool.address} is not known")
    return _size(templates[0], templates[0].get("instance_type"))


def _gke(cluster: Resource, inventory: Inventory) -> Iterator[NodeGroup]:
    location = cluster.get("location")
    zones = attempt(_zones_of_location, location, cluster.get("node_locations"))
    if cluster.get("enable_autopilot").flag():
        chosen = Unknown("GKE Autopilot chooses the nodes as it needs them")
        yield NodeGroup(zones, float("inf"), chosen, location, location)
        return
    if cluster.get("cluster_autoscaling", 0, "enabled").flag():
        raise UnknownValue("GKE makes node pools as it needs them")
    if any(True for _ in cluster.get("node_pool").items()):
        raise UnknownValue(f"{cluster.address} declares its node pools within itself")
    if not cluster.get("remove_default_node_pool").flag():
        most = attempt(_of_each_zone, cluster, cluster.get("initial_node_count"), zones)
        yield _gke_group(cluster, zones, most, location)
    for pool in pools_of(cluster, inventory):
        own = pool.get("node_locations")
        spread = attempt(_zones_of_pool, own, zones)
        place = location if own.known and own.value is None else own
        yield _gke_group(pool, spread, attempt(_most_of_pool, pool, spread), place)


def _gke_group(
    resource: Resource, zones: frozenset[str] | Unknown, most: float | Unknown, place: Node
) -> NodeGroup:
    """https://cloud.google.com/kubernetes-engine/docs/concepts/node-pools"""
    machine = resource.get("node_config", 0, "machine_type")
    sizes = attempt(_size, resource, machine, "e2-medium")
    return NodeGroup(zones, most, sizes, place, machine)


def _zones_of_pool(own: Node, zones: frozenset[str] | Unknown) -> frozenset[str] | Unknown:
    return _zones_of_location(Node("", (), own.origin), own) if own.present else zones


def _zones_of_location(location: Node, node_locations: Node) -> frozenset[str]:
    """A zonal cluster adds node_locations to its own; a regional one has three zones without.

    https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters
    """
    place = location.text()
    named = frozenset(zone.text() for zone in node_locations.items())
    if _GCP_ZONE.fullmatch(place):
        return named | {place}
    if not named and not place:
        raise UnknownValue("the location of the cluster is not told")
    return named or frozenset(f"zone {number} of {place}" for number in (1, 2, 3))


def _of_each_zone(resource: Resource, node: Node, zones: frozenset[str] | Unknown) -> float:
    return _number(resource, node, len(zones))


def _most_of_pool(pool: Resource, zones: frozenset[str] | Unknown) -> float:
    """Totals are of the pool, all other numbers of each zone."""
    scaling = pool.get("autoscaling", 0)
    if scaling.known and scaling.value is not None:
        total = scaling.get("total_max_node_count")
        if total.known and not total.value:
            return _of_each_zone(pool, scaling.get("max_node_count"), zones)
        return _number(pool, total)
    fixed = pool.get("node_count")
    fixed = fixed if fixed.value is not None else pool.get("initial_node_count")
    return _of_each_zone(pool, fixed, zones)


def _aks(cluster: Resource, inventory: Inventory) -> Iterator[NodeGroup]:
    if cluster.get("node_provisioning_profile", 0, "mode").text() == "Auto":
        raise UnknownValue("AKS makes nodes as it needs them")
    pools = [(cluster, cluster.get("default_node_pool", 0))]
    pools += [(pool, pool.node) for pool in pools_of(cluster, inventory)]
    for resource, pool in pools:
        zones, machine = pool.get("zones"), pool.get("vm_size")
        yield NodeGroup(
            attempt(_zones_by_number, zones),
            attempt(_most_of_aks, resource, pool),
            attempt(_size, resource, machine),
            zones,
            machine,
        )


def _zones_by_number(zones: Node) -> frozenset[str]:
    return frozenset(f"zone {zone.text()}" for zone in zones.items())


def _most_of_aks(resource: Resource, pool: Node) -> float:
    scaled = any(pool.get(name).flag() for name in _AKS_SCALED)
    return _number(resource, pool.get("max_count" if scaled else "node_count"))


def _eksctl(cluster: Resource, inventory: Inventory) -> Iterator[NodeGroup]:  # noqa: ARG001
    """https://eksctl.io/usage/schema/"""
    if cluster.get("fargateProfiles") or cluster.get("karpenter"):
        raise UnknownValue("Fargate or Karpenter chooses the nodes and their zones")
    if cluster.get("autoModeConfig", "enabled").flag():
        raise UnknownValue("EKS Auto Mode chooses the nodes and their zones")
    for field in ("managedNodeGroups", "nodeGroups"):
        for group in cluster.get(field).items():
            yield NodeGroup(
                attempt(_zones_of_eksctl, cluster, group),
                attempt(_number, cluster, group.get("maxSize")),
                attempt(_eksctl_sizes, cluster, group),
                group.get("availabilityZones"),
                group.get("instanceType"),
            )


def _zones_of_eksctl(cluster: Resource, group: Node) -> frozenset[str]:
    """Its own; else those of the cluster, which are two at least, three if eksctl chooses."""
    own = frozenset(zone.text() for zone in group.get("availabilityZones").items())
    if own:
        return own
    if group.get("subnets") or group.get("localZones") or cluster.get("vpc", "subnets"):
        raise UnknownValue("the zones of the subnets are not told")
    named = frozenset(zone.text() for zone in cluster.get("availabilityZones").items())
    return named or frozenset(("one zone", "another zone"))


def _eksctl_sizes(cluster: Resource, group: Node) -> tuple[NodeSize, ...]:
    """Of one type, m5.large by default, or of several; a selector or a template may choose any."""
    if group.get("instanceSelector") or group.get("launchTemplate"):
        raise UnknownValue("a selector or a launch template chooses the machine types")
    mixed = (group.get("instanceTypes"), group.get("instancesDistribution", "instanceTypes"))
    types = [item for several in mixed for item in several.items()]
    if types:
        return tuple(size for item in types for size in _size(cluster, item))
    machine = group.get("instanceType")
    if machine.text() == "mixed":
        raise UnknownValue("which machine types are mixed is not told")
    return _size(cluster, machine, "m5.large")


_READERS: dict[str, Callable[[Resource, Inventory], Iterator[NodeGroup]]] = {
    EKS: _eks,
    GKE: _gke,
    AKS: _aks,
    EKSCTL: _eksctl,
}
CLUSTER_KINDS = tuple(_READERS)
