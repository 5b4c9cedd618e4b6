"""A rolling update should watch a new pod for a while before it goes on to the next."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Workload,
    callers_of,
    replica_floor,
    rule,
)


@rule(
    id="SAF023",
    title="rolling update goes on the moment a new pod is ready",
    group="disputed",
    kinds=["Deployment", "StatefulSet", "DaemonSet", "argoproj.io/Rollout"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#min-ready-seconds",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#minimum-ready-seconds",
    ],
)
def min_ready_seconds_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    seconds = workload.get("spec", "minReadySeconds")
    # Absent is 0 for all four kinds.
    if seconds.number(0) > 0:
        return
    strategy = _strategy(workload)
    if strategy.get("type").text() in ("Recreate", "OnDelete"):
        raise NotApplicable(f"its strategy {strategy.get('type').text()} does not wait for pods")
    if _goes_in_steps(workload):
        raise NotApplicable("the Rollout says itself when it goes on")
    services = callers_of(inventory, workload)
    if not services:
        raise NotApplicable("no Service sends it traffic")
    if workload.kind != "DaemonSet" and replica_floor(inventory, workload)[0] < 2:
        raise NotApplicable("it may run with one pod: there is no second one to hold back")
    told = "minReadySeconds is 0" if seconds.present else "no minReadySeconds"
    yield Problem(
        seconds,
        f"{told}: a new version that is ready for an instant replaces the old one everywhere",
        ((services[0].node, "this Service sends it traffic"),),
    )


def _strategy(workload: Workload) -> Node:
    return workload.get("spec", "strategy" if workload.kind == "Deployment" else "updateStrategy")


def _goes_in_steps(workload: Workload) -> bool:
    """Whether something else holds a Rollout back: steps, an analysis, or a person.

    https://argo-rollouts.readthedocs.io/en/stable/features/specification/
    """
    if workload.kind != "argoproj.io/Rollout":
        return False
    strategy = workload.get("spec", "strategy")
    switch = strategy.get("blueGreen")
    return (
        bool(strategy.get("canary", "steps"))
        or switch.get("prePromotionAnalysis").present
        or switch.get("autoPromotionSeconds").number(0) > 0
        or not switch.get("autoPromotionEnabled").flag(default=True)
    )
