"""Hard spreading rules that have no place for all replicas leave some Pending."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    replica_ceiling,
    rule,
    same_namespace,
)

_HOSTNAME = "kubernetes.io/hostname"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many pods in each domain, while there are fewer domains than ``below``."""

    node: Node
    pods: int
    below: float = float("inf")

    @property
    def key(self) -> str:
        return self.node.get("topologyKey").text()


@rule(
    id="CAP024",
    title="hard spreading rules have no place for all replicas",
    group="scaling",
    kinds=SCALABLE,
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#spread-constraint-definition",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
    ],
)
def spread_vs_replicas(
    workload: Workload, inventory: Inventory, *, zones: int = 6
) -> Iterator[Problem]:
    """``zones`` is how many a cluster has at most; no region of the large clouds has more."""
    limits = [*_one_per_domain(workload), *_below_min_domains(workload)]
    if not limits:
        raise NotApplicable("no rule of its own limits the pods of a node or zone")
    nodes = inventory.index(_nodes_by_folder).get(workload.resource.folder, 0)
    most = {_HOSTNAME: nodes, **dict.fromkeys(_ZONES, zones)}
    if not any(most.get(limit.key) for limit in limits):
        raise NotApplicable("the scan does not tell how many nodes there are")
    for limit in limits:
        domains = most.get(limit.key, 0)
        if not 0 < domains < limit.below:
            continue
        ceiling, counted = replica_ceiling(inventory, workload)
        room = limit.pods * domains
        if ceiling > room:
            unread = inventory.unread(near=workload.resource.path)
            if unread is not None:
                raise UnknownValue(f"{ceiling} replicas are too many for it; {unread}")
            where = "nodes of the scan" if limit.key == _HOSTNAME else "zones at most"
            yield Problem(
                limit.node.get("topologyKey"),
                f"{limit.pods} pod{'' if limit.pods == 1 else 's'} in each of {domains} {where}:"
                f" {ceiling - room} of {ceiling} replicas stay Pending",
                ((counted, f"up to {ceiling} replicas"),),
            )


def _one_per_domain(workload: Workload) -> Iterator[_Limit]:
    """Required anti-affinity to itself: one pod for each domain, however many there are."""
    apart = workload.pod.get("affinity", "podAntiAffinity")
    for term in apart.get("requiredDuringSchedulingIgnoredDuringExecution").items():
        names = [same_namespace(name.text()) for name in term.get("namespaces").items()]
        elsewhere = names and same_namespace(workload.namespace) not in names
        # mismatchLabelKeys are for keeping away from others than the workload itself.
        if workload.is_selected_by(term) and not elsewhere and not term.get("mismatchLabelKeys"):
            yield _Limit(term, 1)


def _below_min_domains(workload: Workload) -> Iterator[_Limit]:
    """With fewer domains than minDomains the least is taken for 0: maxSkew pods for each domain.

    That minDomains is larger than the number of replicas does no harm by itself.
    """
    for constraint in workload.pod.get("topologySpreadConstraints").items():
        wanted = constraint.get("minDomains").number()
        hard = constraint.get("whenUnsatisfiable").text() == "DoNotSchedule"
        if wanted > 1 and hard and workload.is_selected_by(constraint):
            yield _Limit(constraint, max(int(constraint.get("maxSkew").number(1)), 1), wanted)


def _nodes_by_folder(inventory: Inventory) -> dict[str, int]:
    """How many nodes the dump of a cluster holds; what other folders hold are other clusters."""
    found: dict[str, set[str]] = defaultdict(set)
    for node in inventory.of_kind("Node"):
        found[node.folder].add(node.name)
    return {folder: len(names) for folder, names in found.items()}
