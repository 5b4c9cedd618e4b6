"""What a namespace may grow to must fit into its quota, or growth ends in refused pods."""

from collections import defaultdict
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
    nearest,
    quantity,
    replica_floor,
    rule,
    same_namespace,
    scaler_of,
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
    workloads = inventory.index(_workloads).get(quota, [])
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
                needs[workload] = _most(workload, inventory) * _each(name, workload, inventory)
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


def _most(workload: Workload, inventory: Inventory) -> int:
    scaler = scaler_of(inventory, workload)
    return scaler.ceiling() if scaler is not None else replica_floor(inventory, workload)[0]


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


def _workloads(inventory: Inventory) -> dict[Resource, list[Workload]]:
    """The workloads with replicas that each quota counts.

    Of the copies of a namespace, one for each cluster or environment, the nearest counts; and
    where no namespace is written, what stands in the same folder.
    """
    quotas: dict[str, list[Resource]] = defaultdict(list)
    for quota in inventory.of_kind("ResourceQuota"):
        quotas[same_namespace(quota.namespace)].append(quota)
    found: dict[Resource, list[Workload]] = defaultdict(list)
    for workload in inventory.workloads:
        path = workload.resource.path
        namespace = same_namespace(workload.namespace)
        closest = nearest(quotas.get(namespace, ()), path, lambda quota: quota.path)
        if closest is None or (not namespace and _folder(closest.path) != _folder(path)):
            continue
        for quota in quotas[namespace] if workload.kind in SCALABLE else ():
            own = inventory.named(workload.kind, workload.namespace, workload.name, quota.path)
            if _folder(quota.path) == _folder(closest.path) and own is workload.resource:
                found[quota].append(workload)
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
