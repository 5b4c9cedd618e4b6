"""A constraint that counts other pods than its own spreads nothing."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    replica_floor,
    rule,
    same_namespace,
)


@rule(
    id="CAP023",
    title="a topology spread constraint does not select the pod's own labels",
    group="resilience",
    kinds=[*SCALABLE, "Job", "CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#implicit-conventions",
    ],
)
def spread_selector_not_self(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    constraints = list(workload.pod.get("topologySpreadConstraints").items())
    if not constraints:
        raise NotApplicable("it has no topologySpreadConstraints")
    astray = [node for node in constraints if not workload.is_selected_by(node)]
    if not astray:
        return
    if len(astray) == len(constraints) and _told_elsewhere(workload, inventory):
        raise NotApplicable("nothing keeps its replicas apart: spread-missing tells that")
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"a constraint does not select the labels in the file; {unread}")
    for constraint in astray:
        selector, key = constraint.get("labelSelector"), constraint.get("topologyKey").identity()
        place = f"the constraint for {key}" if key else "the constraint"
        what = "selects other pods than its own" if selector.present else "has no labelSelector"
        yield Problem(
            selector,
            f"{place} {what}, so it spreads nothing",
            ((workload.template.get("metadata", "labels"), "the labels of its pods"),),
        )


def _told_elsewhere(workload: Workload, inventory: Inventory) -> bool:
    """Whether ``spread-missing`` reports the same: no other wish, and replicas to keep apart."""
    if workload.kind not in SCALABLE or workload.holds_host_ports:
        return False
    if replica_floor(inventory, workload)[0] < 2:
        return False
    return not any(_keeps_apart(term, workload) for term in _terms(workload))


def _terms(workload: Workload) -> Iterator[Node]:
    apart = workload.pod.get("affinity", "podAntiAffinity")
    yield from apart.get("requiredDuringSchedulingIgnoredDuringExecution").items()
    for preferred in apart.get("preferredDuringSchedulingIgnoredDuringExecution").items():
        yield preferred.get("podAffinityTerm")


def _keeps_apart(term: Node, workload: Workload) -> bool:
    if not workload.is_selected_by(term):
        return False
    names = [same_namespace(name.text()) for name in term.get("namespaces").items()]
    own = same_namespace(workload.namespace)
    return not names or own in names or not own or term.get("namespaceSelector").present
