"""A rolling update needs room to roll: some pods that stay, or some that may come on top."""

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
    share,
)

_ALL = 100
# What the API fills in (maxUnavailable, maxSurge).
_DEFAULTS = {
    "Deployment": ("25%", "25%"),
    "argoproj.io/Rollout": ("25%", "25%"),
    "DaemonSet": ("1", "0"),
}


@rule(
    id="SAF024",
    title="rolling update has no room to roll",
    group="availability",
    kinds=_DEFAULTS,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
        "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
        "https://argo-rollouts.readthedocs.io/en/stable/features/canary/",
    ],
)
def rollout_no_surge_room(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    rolling = _rolling(workload)
    away, extra = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    default_away, default_extra = _DEFAULTS[workload.kind]
    none_away = _written(away, default_away) == 0
    none_extra = _written(extra, default_extra) == 0
    if none_away and none_extra:
        yield Problem(
            away if away.present else extra,
            "maxUnavailable and maxSurge are both 0: the API rejects it, for no pod could move",
        )
    elif workload.kind == "DaemonSet" and not none_away and not none_extra:
        default = "" if away.present else " by default"
        yield Problem(
            extra,
            f"maxSurge is {extra.text()} and maxUnavailable {away.text(default_away)}{default}:"
            " the API rejects both above 0",
        )
    elif away.present and not _in_steps(workload):
        yield from _all_at_once(workload, away, inventory)


def _rolling(workload: Workload) -> Node:
    """The bounds; where the workload does not roll, there is nothing to ask."""
    if workload.kind == "argoproj.io/Rollout":
        strategy = workload.get("spec", "strategy")
        if strategy.get("blueGreen").present:
            raise NotApplicable("a blue-green Rollout switches between two full sets of pods")
        return strategy.get("canary")
    name = "strategy" if workload.kind == "Deployment" else "updateStrategy"
    strategy = workload.get("spec", name)
    if strategy.get("type").text() in ("Recreate", "OnDelete"):
        raise NotApplicable(f"its strategy is {strategy.get('type').text()}")
    return strategy.get("rollingUpdate")


def _in_steps(workload: Workload) -> bool:
    return workload.kind == "argoproj.io/Rollout" and bool(
        workload.get("spec", "strategy", "canary", "steps")
    )


def _written(bound: Node, default: str) -> int:
    """The number, or the percentage as a number, which is what the API compares with 0."""
    return share(bound if bound.present else Node(default, (), bound.origin), _ALL, round_up=True)


def _all_at_once(workload: Workload, away: Node, inventory: Inventory) -> Iterator[Problem]:
    """``maxUnavailable`` of a share rounds down, and counts of the least number of replicas."""
    text = away.text()
    related: tuple[tuple[Node, str], ...] = ()
    if workload.kind == "DaemonSet":
        if not text.endswith("%") or _written(away, "") < _ALL:
            return
        shown = f"{text} of the nodes"
    else:
        floor, origin = replica_floor(inventory, workload)
        if floor < 2:
            raise NotApplicable("it may run with one pod, which no update can spare anyway")
        if share(away, floor, round_up=False) < floor:
            return
        shown = f"{text} of {floor} replicas"
        related = ((origin, f"{floor} replicas"),)
    services = callers_of(inventory, workload)
    if not services:
        raise NotApplicable("all its pods may go at once, and no Service sends it requests")
    yield Problem(
        away,
        f"maxUnavailable is {shown}: a deploy stops every pod before a new one is ready",
        (*related, (services[0].node, "this Service sends it requests")),
    )
