"""When nodes run out of room, priorities decide who stays."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Inventory,
    Problem,
    UnknownValue,
    Workload,
    rule,
)


@rule(
    id="CAP033",
    title="pods have no priority class",
    group="disputed",
    kinds=WORKLOAD_KINDS,
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    ],
    aliases=[
        "kube-linter:priority-class-name",
        "polaris:priorityClassNotSet",
    ],
)
def priority_class_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    name = workload.pod.get("priorityClassName")
    if name.text():
        return
    for default in inventory.of_kind("PriorityClass"):
        if default.get("globalDefault").flag():
            return
    if not workload.app_containers:
        raise UnknownValue("it has no containers: it is a part of a manifest")
    yield Problem(
        name,
        f"the pods of '{workload.name}' have no priorityClassName, like most pods",
    )
