"""The nodes that a cluster can have must be large enough, and enough, for what pods request."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    SCALABLE,
    WORKLOAD_KINDS,
    Cluster,
    Inventory,
    Lifecycle,
    Node,
    NodeGroup,
    NodeSize,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    clusters_of,
    expect_all_nodes,
    pod_request,
    replica_floor,
    rule,
    same_namespace,
)

_GIB = 2**30
# They hold for nodes of any size.
_COMMON_LABELS = ("kubernetes.io/os", "kubernetes.io/arch")
_AFFINITY = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
_VPA = "autoscaling.k8s.io/VerticalPodAutoscaler"


@dataclass(frozen=True, slots=True)
class _Pod:
    """What one pod requests: cores, and bytes."""

    cpu: float
    memory: float

    def per_node(self, size: NodeSize) -> int:
        """How many of them the whole machine has room for, were there nothing else on it."""
        rooms = [
            has / asks
            for has, asks in ((size.cpu, self.cpu), (size.memory, self.memory))
            if asks > 0
        ]
        return math.floor(min(rooms) + 1e-9)

    def __str__(self) -> str:
        asked = [_cpus(self.cpu)] if self.cpu > 0 else []
        asked += [_gib(self.memory)] if self.memory > 0 else []
        return " and ".join(asked)


@rule(
    id="CAP080",
    title="no node group of the cluster has room for what the pods request",
    group="scaling",
    kinds=WORKLOAD_KINDS,
    references=[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
        "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def node_groups_vs_requests(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    clusters = clusters_of(inventory)
    if not clusters:
        raise NotApplicable("the scan declares no cluster that it may run in")
    pod = _Pod(pod_request(inventory, workload, "cpu"), pod_request(inventory, workload, "memory"))
    if pod.cpu <= 0 and pod.memory <= 0:
        raise NotApplicable("its pods request neither CPU nor memory")
    problem = _too_large(workload, pod, clusters) or _too_many(workload, pod, clusters, inventory)
    if problem is None:
        return
    for cluster in clusters:
        if "[*]" in cluster.resource.address:
            raise UnknownValue(f"how many instances {cluster.resource.address} has is not known")
    expect_all_nodes(inventory)
    _expect_free_choice(workload, inventory)
    yield problem


def _too_large(workload: Workload, pod: _Pod, clusters: list[Cluster]) -> Problem | None:
    """One pod is more than any node: it is never scheduled."""
    fits = [_room(cluster, pod, 1, one_node=True) > 0 for cluster in clusters]
    if any(fits):
        if not all(fits):
            raise UnknownValue("some clusters of the scan have nodes large enough, others have not")
        return None
    groups = [group for cluster in clusters for group in cluster.nodes]
    sizes = [size for group in groups for size in group.sizes]
    cpu, memory = max(size.cpu for size in sizes), max(size.memory for size in sizes)
    if pod.cpu > cpu:
        what, asked, has = "cpu", _cpus(pod.cpu), f"no node has more than {cpu:g}"
    elif pod.memory > memory:
        what, asked, has = "memory", _gib(pod.memory), f"no node has more than {_gib(memory)}"
    else:
        what, asked, has = "memory", str(pod), "no node has both"
    harm = f"one pod requests {asked}, and {has}"
    return Problem(_asking(workload, what), f"{harm}: it is never scheduled", _related(groups))


def _per_node(pod: _Pod, group: NodeGroup) -> int:
    return max(pod.per_node(size) for size in group.sizes)


def _too_many(
    workload: Workload, pod: _Pod, clusters: list[Cluster], inventory: Inventory
) -> Problem | None:
    """The replicas that are always kept are more than all nodes together have room for."""
    if workload.kind not in SCALABLE:
        return None
    replicas, node = replica_floor(inventory, workload)
    if replicas < 2:
        return None
    rooms = [_room(cluster, pod, replicas) for cluster in clusters]
    most = max(rooms)
    if most >= replicas:
        if min(rooms) < replicas:
            raise UnknownValue("some clusters of the scan have nodes enough, others have not")
        return None
    groups = [group for cluster in clusters for group in cluster.nodes]
    return Problem(
        node,
        f"all nodes together have room for {most:g} of {replicas} replicas ({pod} each):"
        " the others stay Pending",
        _related(groups),
    )


def _room(cluster: Cluster, pod: _Pod, wanted: int, *, one_node: bool = False) -> float:
    """How many pods its nodes take at most, or enough of them; raises where nobody can tell."""
    room, doubts = 0.0, []
    for group in cluster.nodes:
        try:
            room += (1 if one_node else group.most) * _per_node(pod, group)
        except UnknownValue as doubt:
            doubts.append(doubt)
        if room >= wanted:
            return room
    if doubts:
        raise doubts[0]
    return room


def _related(groups: list[NodeGroup]) -> tuple[tuple[Node, str], ...]:
    return tuple((group.machine, _described(group)) for group in groups[:3])


def _described(group: NodeGroup) -> str:
    largest = max(group.sizes, key=lambda size: (size.cpu, size.memory))
    most = group.most if isinstance(group.most, int | float) else None
    nodes = f"up to {most:g} nodes" if most is not None else "nodes"
    return f"{nodes} of {largest.machine}: {_cpus(largest.cpu)}, {_gib(largest.memory)}"


def _cpus(count: float) -> str:
    return f"{count:g} CPU" if count == 1 else f"{count:g} CPUs"


def _gib(size: float) -> str:
    return f"{size / _GIB:.4g} GiB"


def _asking(workload: Workload, resource: str) -> Node:
    """The request to show: the pod's, or that of the first container that has one."""
    nodes = [workload.pod.get("resources", "requests", resource)]
    nodes += [container.request(resource) for container in workload.containers]
    return next((node for node in nodes if node.present), workload.pod)


def _expect_free_choice(workload: Workload, inventory: Inventory) -> None:
    """Raises where its pods may be meant for other nodes, or smaller than they are written."""
    labels = [key for key, _ in workload.pod.get("nodeSelector").entries()]
    if any(not label.endswith(_COMMON_LABELS) for label in labels):
        raise UnknownValue("its nodeSelector may choose nodes of another cluster")
    if workload.pod.get(*_AFFINITY).present:
        raise UnknownValue("its node affinity may choose nodes of another cluster")
    for toleration in workload.pod.get("tolerations").items():
        if "virtual-kubelet" in toleration.get("key").text():
            raise UnknownValue("it may run on a virtual node, which is of any size")
    place = same_namespace(workload.namespace), workload.name
    for scaler in inventory.index(_vertical).get(place, ()):
        raise UnknownValue(f"{scaler.address} sets what it requests")


def _vertical(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for scaler in inventory.of_kind(_VPA):
        target = scaler.get("spec", "targetRef", "name").identity()
        found[same_namespace(scaler.namespace), target].append(scaler)
    return found
