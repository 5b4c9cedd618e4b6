"""Pods that forbid their eviction keep their nodes from being emptied, renewed or removed."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    NotApplicable,
    Problem,
    Workload,
    replica_floor,
    rule,
)

_PINS = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
    "karpenter.sh/do-not-evict": "true",  # its name before Karpenter 0.32
}


@rule(
    id="SAF038",
    title="pods of a replicated workload pin their nodes",
    group="advice",
    kinds=SCALABLE,
    references=[
        "https://karpenter.sh/docs/concepts/disruption/",
        "https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md",
    ],
)
def eviction_pinned(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    annotations = workload.template.get("metadata", "annotations")
    pins = [name for name, value in _PINS.items() if annotations.get(name).text() == value]
    if not pins:
        return
    floor, origin = replica_floor(inventory, workload)
    if floor < 2:
        raise NotApplicable("it may have one pod, whose eviction would be an outage")
    for name in pins:
        yield Problem(
            annotations.get(name),
            f"{name} is {_PINS[name]}: no node of its {floor} pods is scaled down",
            ((origin, f"keeps {floor} replicas"),),
        )
