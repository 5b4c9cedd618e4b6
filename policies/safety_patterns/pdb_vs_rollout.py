"""A rollout that takes more pods down than the budget keeps up."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    replica_floor,
    rule,
    share,
    together,
    workloads_counted,
    workloads_perhaps_counted,
)

_QUARTER = "25%"


@rule(
    id="SAF044",
    title="rollouts take more pods down than the PodDisruptionBudget keeps up",
    group="advice",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets",
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable",
    ],
)
def pdb_vs_rollout(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    """Only ``minAvailable`` names pods that must be up; ``maxUnavailable`` paces drains."""
    least = budget.get("spec", "minAvailable")
    if not least.present or budget.get("spec", "maxUnavailable").present:
        raise NotApplicable("the budget does not say in minAvailable what must be up")
    # The pods of Jobs and of Helm's tests come and go.
    copies = [w for w in workloads_counted(inventory, budget) if w.kind in SERVING]
    if not copies:
        raise NotApplicable("no workload of the scan has the pods that it selects")
    first = copies[0]
    if first.kind != "Deployment" or any(w.address != first.address for w in copies):
        raise NotApplicable("it does not count the pods of one Deployment")
    problems = [_below(least, workload, inventory) for workload in copies]
    found = [problem for problem in problems if problem]
    if not found:
        return
    if len(found) < len(copies):
        raise UnknownValue(f"{len(copies)} files declare {first.address} in other ways")
    for path in (budget.path, *(workload.resource.path for workload in copies)):
        unread = inventory.unread(near=path)
        if unread is not None:
            raise UnknownValue(f"rollouts go below it with the replicas known; {unread}")
    if not together(budget, first.resource):
        raise UnknownValue(f"{first.address} may belong to another project")
    for workload in workloads_perhaps_counted(inventory, budget):
        raise UnknownValue(f"it may count the pods of {workload.address} too")
    yield found[0]


def _below(least: Node, workload: Workload, inventory: Inventory) -> Problem | None:
    if workload.get("spec", "strategy", "type").text() == "Recreate":
        raise NotApplicable("the Deployment recreates its pods all at once")
    replicas, counted = replica_floor(inventory, workload)
    kept = share(least, replicas, round_up=True)
    if kept >= replicas:
        raise NotApplicable("it allows no eviction at all")
    limit, down = _down(workload, replicas)
    if kept <= replicas - down:
        return None
    default = "" if limit.present else " (the default)"
    return Problem(
        least,
        f"it keeps {kept} of {replicas} pods, but each rollout takes {down} down at once: drains"
        " wait for it",
        (
            (limit, f"maxUnavailable is {limit.text(_QUARTER)}{default}"),
            (counted, f"{replicas} replicas"),
        ),
    )


def _down(workload: Workload, replicas: int) -> tuple[Node, int]:
    """How many pods a rollout may have down; with no surge either it takes one at a time."""
    limits = workload.get("spec", "strategy", "rollingUpdate")
    limit, surge = limits.get("maxUnavailable"), limits.get("maxSurge")
    quarter = Node(_QUARTER, limit.path, limit.origin)
    down = share(limit if limit.present else quarter, replicas, round_up=False)
    more = share(surge if surge.present else quarter, replicas, round_up=True)
    return limit, min(max(down, 0 if more else 1), replicas)
