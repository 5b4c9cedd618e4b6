"""A budget that allows no eviction stops every node drain, and with it every upgrade."""

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
    label_selector,
    replica_floor,
    rule,
    scaler_of,
    share,
    workloads_counted,
    workloads_perhaps_counted,
)

_ALL = 100


@rule(
    id="SAF009",
    title="PodDisruptionBudget allows no pod to be evicted",
    group="availability",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ],
    aliases=[
        "kube-linter:pdb-max-unavailable",
        "kube-linter:pdb-min-available",
        "polaris:pdbDisruptionsIsZero",
        "polaris:pdbMinAvailableGreaterThanHPAMinReplicas",
    ],
)
def pdb_effective_zero(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    if label_selector(budget.get("spec", "selector")) is None:
        raise NotApplicable("the budget has no selector, and so selects nothing")
    most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
    if most.present:
        # Any share above 0 % is rounded up to one pod at least.
        if share(most, _ALL, round_up=True) == 0:
            yield Problem(most, f"maxUnavailable is {most.text()}: no drain can evict a pod")
    elif not least.present:
        raise NotApplicable("the budget sets neither minAvailable nor maxUnavailable")
    elif least.text().endswith("%") and share(least, _ALL, round_up=True) >= _ALL:
        yield Problem(least, f"minAvailable is {least.text()}: no drain can evict a pod")
    elif share(least, _ALL, round_up=True) > 0:
        yield from _against_floor(budget, least, inventory)


def _against_floor(budget: Resource, least: Node, inventory: Inventory) -> Iterator[Problem]:
    """``minAvailable`` against what the selected workloads are kept at, all of them together."""
    workloads = _selected(budget, inventory)
    if not workloads:
        raise NotApplicable("no workload of the scan has the pods that it selects")
    floors = [_floor(copies, inventory) for copies in workloads]
    pods = sum(floor for floor, _ in floors)
    if not pods:
        raise NotApplicable("what it selects is scaled to zero")
    kept = share(least, pods, round_up=True)
    if kept < pods:
        return
    paths = [budget.path, *(node.origin.path for _, (node, _) in floors)]
    unread = next(filter(None, (inventory.unread(near=path) for path in paths)), None)
    if unread is not None:
        raise UnknownValue(f"it allows no eviction from the {pods} it is known to count; {unread}")
    for workload in workloads_perhaps_counted(inventory, budget):
        raise UnknownValue(f"it may count the pods of {workload.address} too")
    asked = least.text()
    shown = f"{asked} (of {pods}: {kept})" if asked.endswith("%") else asked
    yield Problem(
        least,
        f"minAvailable is {shown}, but only {pods} {'pod is' if pods == 1 else 'pods are'} sure to"
        " run: no drain can evict one",
        tuple(origin for _, origin in floors),
    )


def _selected(budget: Resource, inventory: Inventory) -> list[list[Workload]]:
    """The workloads that it counts, each with its copies."""
    found: dict[tuple[str, str], list[Workload]] = defaultdict(list)
    for workload in workloads_counted(inventory, budget):
        found[workload.kind, workload.name].append(workload)
    return list(found.values())


def _floor(copies: list[Workload], inventory: Inventory) -> tuple[int, tuple[Node, str]]:
    """The least number of pods of a workload, with where that is said."""
    found = [_floor_of(workload, inventory) for workload in copies]
    if len({floor for floor, _ in found}) > 1:
        raise UnknownValue(f"{len(found)} files declare {copies[0].address} with other replicas")
    return found[0]


def _floor_of(workload: Workload, inventory: Inventory) -> tuple[int, tuple[Node, str]]:
    name = workload.name
    if workload.kind == "Pod":
        return 1, (workload.get("metadata", "name"), f"{name} is one pod")
    if workload.kind not in SCALABLE:
        raise UnknownValue(f"no file says how many pods {workload.address} has")
    floor, origin = replica_floor(inventory, workload)
    if scaler_of(inventory, workload) is not None:
        # Scaled to zero there is nothing to evict: its least is the first pod.
        return max(floor, 1), (origin, f"{name} is scaled down to {floor}")
    return floor, (origin, f"{name} has {floor}{'' if origin.present else ', the default'}")
