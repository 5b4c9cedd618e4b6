"""A budget protects the pods that it counts, and no others."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    Workload,
    label_selector,
    related,
    replica_floor,
    rule,
    same_namespace,
    share,
    together,
    workloads_counted,
    workloads_perhaps_counted,
)

# Labels whose value is the name of one application; others are shared by many.
_NAMING = {"app", "app.kubernetes.io/name", "k8s-app", "name"}
_PREFIXES = ("pdb-",)
_SUFFIXES = ("-pdb", "-budget", "-poddisruptionbudget", "-disruption-budget")


@rule(
    id="SAF042",
    title="PodDisruptionBudget selects no pods, or those of unrelated workloads",
    group="resilience",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget",
        "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/",
    ],
)
def pdb_selector_static(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    node = budget.get("spec", "selector")
    selector = label_selector(node)
    old = budget.api_version.endswith("/v1beta1")
    if selector is None or (old and not selector.requirements):
        if not any(budget.get("spec", key).present for key in ("minAvailable", "maxUnavailable")):
            raise UnknownValue("it has neither limits nor a selector: it is a part of a manifest")
        _must_be_read(inventory, "the budget selects nothing", budget.path)
        what = "an empty selector of policy/v1beta1" if node.present else "a missing selector"
        yield Problem(node, f"{what} selects no pod: the budget protects nothing")
        return
    counted = workloads_counted(inventory, budget)
    if counted:
        yield from _swallowed(budget, counted, inventory)
        return
    for workload in workloads_perhaps_counted(inventory, budget):
        raise UnknownValue(f"it may select the pods of {workload.address}")
    yield from _astray(budget, selector, inventory)


def _must_be_read(inventory: Inventory, fact: str, *paths: str) -> None:
    for path in paths:
        unread = inventory.unread(near=path)
        if unread is not None:
            raise UnknownValue(f"{fact}; {unread}")


def _astray(budget: Resource, selector: Selector, inventory: Inventory) -> Iterator[Problem]:
    """A budget without pods: operators make pods too, so only what was clearly meant is told."""
    node = budget.get("spec", "selector")
    for workload in _meant(budget, selector, inventory):
        place = workload.get("metadata", "name")
        if same_namespace(workload.namespace) != same_namespace(budget.namespace):
            if not (workload.namespace and budget.namespace and selector.matches(workload.labels)):
                continue
            problem = Problem(
                budget.get("metadata", "namespace"),
                f"it selects no pod of '{budget.namespace}': {workload.kind} {workload.name} runs"
                f" in '{workload.namespace}'",
                ((place, "has the labels that it selects"),),
            )
        else:
            told = _difference(selector, workload)
            if not told:
                continue
            problem = Problem(node, f"it selects no pod: {told}", ((place, "has other labels"),))
        _must_be_read(inventory, "it selects no pod", budget.path, workload.resource.path)
        yield problem
        return
    raise UnknownValue("no workload of the scan has the pods that it selects")


def _meant(budget: Resource, selector: Selector, inventory: Inventory) -> Iterator[Workload]:
    """Workloads near the budget that it is named after, or whose name it selects."""
    names = [_stem(budget.name)]
    names += [
        name for key, values in selector.required_pairs() if key in _NAMING for name in values
    ]
    by_name = inventory.index(_workloads_by_name)
    for name in dict.fromkeys(names):
        for workload in by_name.get(name, ()):
            if related(budget.path, workload.resource.path) and _is_whole(workload):
                yield workload


def _stem(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _workloads_by_name(inventory: Inventory) -> dict[str, list[Workload]]:
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in inventory.workloads:
        found[workload.name].append(workload)
    return found


def _is_whole(workload: Workload) -> bool:
    """Whether all its labels are written here: its controller selects its own template."""
    selector = label_selector(workload.get("spec", "selector"))
    return selector is not None and selector.matches(workload.labels)


def _difference(selector: Selector, workload: Workload) -> str:
    """How the labels differ, when that looks like a slip: another value, or another key."""
    labels = workload.labels
    for key, values in selector.required_pairs():
        wanted = "' or '".join(sorted(values))
        if f"{labels.get(key)}-primary" in values:
            return ""  # Flagger makes those pods of this workload
        if key in labels and labels[key] not in values:
            return f"{workload.kind} {workload.name} has {key} '{labels[key]}', not '{wanted}'"
        if key not in labels:
            other = next((own for own, value in labels.items() if value in values), None)
            if other is not None:
                return f"{workload.kind} {workload.name} has '{wanted}' as {other}, not as {key}"
    return ""


def _swallowed(
    budget: Resource, counted: list[Workload], inventory: Inventory
) -> Iterator[Problem]:
    """One budget for unrelated workloads, and so wide that one may lose all its pods."""
    groups: dict[tuple[str, str], list[Workload]] = defaultdict(list)
    for workload in counted:
        known = together(budget, workload.resource)
        # The pods of Jobs and of Helm's tests come and go.
        if workload.kind in SCALABLE and known:
            groups[workload.kind, workload.name].append(workload)
    if len(groups) < 2:
        return
    floors = {key: _floor(copies, inventory) for key, copies in groups.items()}
    total = sum(floors.values())
    limit, allowed = _allowed(budget, total)
    if allowed >= total:
        return  # it is not meant to hold anything back
    for key, floor in floors.items():
        if 2 <= floor <= allowed and _unrelated(key, groups):
            paths = [workload.resource.path for workload in counted]
            _must_be_read(inventory, "it counts several workloads", budget.path, *paths)
            related = [copies[0] for other, copies in groups.items() if other != key]
            yield Problem(
                limit,
                f"it counts {len(groups)} workloads together, so that drains may evict all {floor}"
                f" pods of {key[1]} at once",
                tuple((w.get("metadata", "name"), "is counted too") for w in related[:3]),
            )
            return


def _allowed(budget: Resource, total: int) -> tuple[Node, int]:
    """How many pods may be gone when all run; percentages are rounded up."""
    most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
    if most.present:
        return most, share(most, total, round_up=True)
    if not least.present:
        return least, 0
    return least, total - share(least, total, round_up=True)


def _floor(copies: list[Workload], inventory: Inventory) -> int:
    floors = {replica_floor(inventory, workload)[0] for workload in copies}
    if len(floors) > 1:
        raise UnknownValue(f"{len(copies)} files declare {copies[0].address} with other replicas")
    return floors.pop()


def _unrelated(key: tuple[str, str], groups: dict[tuple[str, str], list[Workload]]) -> bool:
    """Whether it shares no image with the others; a canary, or a shard per zone, would."""
    own = _images(groups[key])
    return all(own.isdisjoint(_images(copies)) for other, copies in groups.items() if other != key)


def _images(copies: list[Workload]) -> set[str]:
    return {c.image.full_name for workload in copies for c in workload.app_containers}
