"""What a namespace may grow to must fit into its quota, or growth ends in refused pods."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    effective_limit,
    effective_request,
    governed_by,
    quantity,
    replica_ceiling,
    rule,
)

# The sum over pods that the quota of each name bounds; "" counts the pods themselves.
_SUMS = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
    "pods": ("", ""),
    "count/pods": ("", ""),
}
_UNITS = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


@rule(
    id="CAP029",
    title="workloads of the namespace cannot reach their replicas within its quota",
    group="scaling",
    kinds=["ResourceQuota"],
    references=[
        "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    ],
)
def capacity_namespace(quota: Resource, inventory: Inventory) -> Iterator[Problem]:
    hard = [(name, node) for name, node in quota.get("spec", "hard").entries() if name in _SUMS]
    if not hard:
        raise NotApplicable("it counts neither cpu, memory nor pods")
    workloads = [w for w in governed_by(inventory, quota) if w.kind in SCALABLE]
    if not workloads:
        raise NotApplicable("no Deployment or StatefulSet of the scan is in its namespace")
    for field in ("scopes", "scopeSelector"):
        if quota.get("spec", field):
            raise UnknownValue(f"it counts only some pods, by its {field}")
    doubts = []
    for name, node in hard:
        needs: dict[Workload, float] = {}
        for workload in workloads:
            try:
                needs[workload] = replica_ceiling(inventory, workload)[0] * _each(
                    name, workload, inventory
                )
            except UnknownValue as doubt:
                # What is known may exceed the quota alone.
                doubts.append(doubt)
        if sum(needs.values()) > quantity(node):
            yield _problem(name, node, needs)
    if doubts:
        raise doubts[0]


def _problem(name: str, node: Node, needs: dict[Workload, float]) -> Problem:
    total = _shown(name, sum(needs.values()))
    largest = sorted(needs, key=lambda workload: -needs[workload])[:3]
    return Problem(
        node,
        f"the quota on {name} is {node.text()}, but at their largest its workloads need {total}",
        tuple(
            (workload.get("metadata", "name"), f"needs up to {_shown(name, needs[workload])}")
            for workload in largest
        ),
    )


def _shown(name: str, amount: float) -> str:
    for unit, size in _UNITS if name.endswith("memory") else ():
        if amount >= size:
            return f"{amount / size:.4g}{unit}"
    return f"{amount:.4g}"


def _each(name: str, workload: Workload, inventory: Inventory) -> float:
    """What one pod counts for at least: init containers, which may need more, are left out."""
    which, resource = _SUMS[name]
    if not which:
        return 1
    whole = workload.pod.get("resources", which, resource)
    if whole.present:
        return quantity(whole)
    effective = effective_request if which == "requests" else effective_limit
    running = (c for c in workload.containers if c.role != "init")
    return sum(quantity(effective(inventory, container, resource)) for container in running)
