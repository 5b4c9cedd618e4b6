"""A pod that two budgets count cannot be evicted at all."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    budgets_of,
    nearest,
    related,
    rule,
    same_namespace,
    workloads_counted,
    workloads_perhaps_counted,
)

_Overlap = tuple[Resource, Workload]


@rule(
    id="SAF041",
    title="pods are counted by more than one PodDisruptionBudget",
    group="availability",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/#how-api-initiated-eviction-works",
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors",
    ],
)
def pdb_overlap(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    overlaps = inventory.index(_overlaps).get(budget, [])
    sure = [pair for pair in overlaps if _together(budget, *pair)]
    if sure:
        others = list(dict.fromkeys(other for other, _ in sure))
        yield Problem(
            budget.get("spec", "selector"),
            f"the pods of {sure[0][1].address} are counted by {others[0].address} too: no drain can"
            " evict them",
            tuple((other.get("metadata", "name"), "counts them too") for other in others),
        )
        return
    for other, workload in overlaps:
        raise UnknownValue(
            f"{other.address} counts {workload.address} too, but may belong to another project"
        )
    if not _selects(budget):
        raise NotApplicable("an empty selector of policy/v1beta1 selects nothing")
    counted = workloads_counted(inventory, budget)
    for workload in workloads_perhaps_counted(inventory, budget):
        for other in _counting(inventory, workload):
            raise UnknownValue(f"{other.address} counts {workload.address}, and it may too")
        if not counted:
            raise UnknownValue(f"it may or may not count {workload.address}")
    if not counted:
        raise NotApplicable("no workload of the scan has the pods that it selects")


def _overlaps(inventory: Inventory) -> dict[Resource, list[_Overlap]]:
    """By the budget that counts more, or of two alike the later: what others count too."""
    order = {b: position for position, b in enumerate(inventory.of_kind("PodDisruptionBudget"))}
    found: dict[Resource, list[_Overlap]] = defaultdict(list)

    def breadth(budget: Resource) -> tuple[int, int]:
        return len(workloads_counted(inventory, budget)), order[budget]

    for workload in inventory.workloads:
        for pair in combinations(_counting(inventory, workload), 2):
            other, blamed = sorted(pair, key=breadth)
            found[blamed].append((other, workload))
    return found


def _counting(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The budgets that count its pods; of copies of one budget, the nearest."""
    if workload.kind == "DaemonSet":
        return []  # a drain leaves its pods where they are
    copies: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    try:
        budgets = budgets_of(inventory, workload)
    except UnknownValue:
        return []
    for budget in filter(_selects, budgets):
        copies[same_namespace(budget.namespace), budget.name].append(budget)
    place = workload.resource.path
    found = (nearest(group, place, lambda budget: budget.path) for group in copies.values())
    return [budget for budget in found if budget is not None]


def _selects(budget: Resource) -> bool:
    """In ``policy/v1beta1`` an empty selector selects nothing; since ``v1`` everything."""
    old = budget.get("apiVersion").identity().endswith("/v1beta1")
    selector = budget.get("spec", "selector")
    named = selector.get("matchLabels"), selector.get("matchExpressions")
    return not old or any(not part.known or bool(part) for part in named)


def _together(budget: Resource, other: Resource, workload: Workload) -> bool:
    """Whether the three are sure to meet in one cluster, and the two not to be alternatives."""
    if same_namespace(budget.namespace):
        return related(budget.path, other.path)
    return budget.folder == other.folder and related(budget.path, workload.resource.path)
