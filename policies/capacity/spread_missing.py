"""Replicas on one node fail together."""

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
    label_selector,
    replica_floor,
    rule,
    same_namespace,
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A constraint that keeps apart the pods that it selects."""

    node: Node
    anti_affinity: bool

    def concerns(self, workload: Workload) -> bool:
        """Whether it selects the pods of the workload itself.

        ``matchLabelKeys`` narrow it to pods with the same values, which these always have.
        """
        selector = label_selector(self.node.get("labelSelector"))
        if selector is None or not selector.matches(workload.labels):
            return False
        return not self.anti_affinity or self._reaches(workload.namespace)

    def _reaches(self, namespace: str) -> bool:
        """Namespaces of an affinity term; without any it means the pod's own."""
        names = [same_namespace(name.text()) for name in self.node.get("namespaces").items()]
        if not names or self.node.get("namespaceSelector").present:
            return True
        return not namespace or same_namespace(namespace) in names


def _wishes(pod: Node) -> Iterator[_Wish]:
    for node in _elements(pod.get("topologySpreadConstraints")):
        yield _Wish(node, anti_affinity=False)
    apart = pod.get("affinity", "podAntiAffinity")
    for node in _elements(apart.get("requiredDuringSchedulingIgnoredDuringExecution")):
        yield _Wish(node, anti_affinity=True)
    for node in _elements(apart.get("preferredDuringSchedulingIgnoredDuringExecution")):
        yield _Wish(node.get("podAffinityTerm"), anti_affinity=True)


def _elements(node: Node) -> Iterator[Node]:
    """A list that is not known counts as one element that is not: another may decide."""
    yield from node.items() if node.known else (node,)


@rule(
    id="CAP008",
    title="nothing keeps the replicas on different nodes",
    group="resilience",
    kinds=SCALABLE,
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
    ],
    aliases=[
        "kube-linter:no-anti-affinity",
        "kube-score:deployment-has-host-podantiaffinity",
        "kube-score:statefulset-has-host-podantiaffinity",
        "polaris:topologySpreadConstraint",
    ],
)
def spread_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    doubt: UnknownValue | None = None
    astray: list[Node] = []
    for wish in _wishes(workload.pod):
        try:
            if wish.concerns(workload):
                return
        except UnknownValue as unknown:
            doubt = unknown
            continue
        if not wish.anti_affinity:
            astray.append(wish.node.get("labelSelector"))
    floor, counted = replica_floor(inventory, workload)
    if floor < 2:
        raise NotApplicable("it is not kept at two replicas or more")
    if workload.holds_host_ports:
        raise NotApplicable("its pods take ports of their nodes, and cannot share one")
    if doubt:
        raise doubt
    place = workload.pod.get("topologySpreadConstraints")
    message = f"nothing keeps its {floor} replicas on different nodes"
    if astray:
        place = astray[0]
        message = "labelSelector does not select the pod's own labels, so it spreads nothing"
        if not place.present:
            message = "the constraint has no labelSelector, so it spreads nothing"
    yield Problem(place, message, ((counted, f"at least {floor} replicas"),))
