"""A quota on a resource makes Kubernetes refuse every pod that does not state that resource."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
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
    rule,
    same_namespace,
)

# What the quota of each name demands of every container; no other name demands anything.
_DEMANDS = {
    "cpu": ("request", "cpu"),
    "memory": ("request", "memory"),
    "requests.cpu": ("request", "cpu"),
    "requests.memory": ("request", "memory"),
    "limits.cpu": ("limit", "cpu"),
    "limits.memory": ("limit", "memory"),
}


@rule(
    id="CAP028",
    title="ResourceQuota refuses pods that do not state what it counts",
    group="availability",
    kinds=["ResourceQuota"],
    references=[
        "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
    ],
)
def quota_incomplete(quota: Resource, inventory: Inventory) -> Iterator[Problem]:
    hard = [(name, node) for name, node in quota.get("spec", "hard").entries() if name in _DEMANDS]
    if not hard:
        raise NotApplicable("it counts neither cpu nor memory")
    workloads = governed_by(inventory, quota)
    if not workloads:
        raise NotApplicable("no workload of the scan is in its namespace")
    for field in ("scopes", "scopeSelector"):
        if quota.get("spec", field):
            raise UnknownValue(f"it counts only some pods, by its {field}")
    for name, node in hard:
        refused = [c for workload in workloads for c in _silent(workload, name, inventory)][:3]
        if not refused:
            continue
        unread = inventory.unread(near=quota.path)
        if unread is not None:
            raise UnknownValue(f"a LimitRange may stand in what was not read: {unread}")
        yield _problem(name, node, refused)


def _problem(name: str, node: Node, refused: list[Container]) -> Problem:
    which, resource = _DEMANDS[name]
    first = refused[0]
    return Problem(
        node,
        f"pods of {first.workload.address} are refused: container '{first.name}' has no"
        f" {resource} {which}",
        tuple((c.get("name"), f"no {resource} {which} here") for c in refused),
    )


def _silent(workload: Workload, name: str, inventory: Inventory) -> Iterator[Container]:
    """The containers, init containers too, that state nothing, nor are given a default."""
    which, resource = _DEMANDS[name]
    effective = effective_request if which == "request" else effective_limit
    for container in workload.containers:
        if not effective(inventory, container, resource).present and not _is_given(
            workload, which, resource, inventory
        ):
            yield container


def _is_given(workload: Workload, which: str, resource: str, inventory: Inventory) -> bool:
    """Whether a LimitRange without defaults gives one all the same.

    ``max`` then is the default limit, and so the request; ``min`` is the default request
    (``SetDefaults_LimitRangeItem`` of Kubernetes, pkg/apis/core/v1/defaults.go).
    """
    bounds = ("max", "min") if which == "request" else ("max",)
    items = inventory.index(_limit_items).get(same_namespace(workload.namespace), [])
    return any(item.get(bound, resource).present for item in items for bound in bounds)


def _limit_items(inventory: Inventory) -> dict[str, list[Node]]:
    """What each namespace's LimitRanges say of containers."""
    found: dict[str, list[Node]] = defaultdict(list)
    for limit_range in inventory.of_kind("LimitRange"):
        items = limit_range.get("spec", "limits")
        for item in items.items() if type(items.value) is list else ():
            if item.get("type").identity() == "Container":
                found[same_namespace(limit_range.namespace)].append(item)
    return found
