"""During a rollout a strict constraint counts the pods that are about to go."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Workload,
    label_selector,
    replica_ceiling,
    rule,
)

_REVISION = "pod-template-hash"


@rule(
    id="CAP025",
    title="a strict spread constraint counts the pods of the old release too",
    group="advice",
    kinds=["Deployment"],
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#spread-constraint-definition",
    ],
)
def spread_rollout_skew(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    """``matchLabelKeys`` are known to Kubernetes, and on by default, since 1.27."""
    strict = [
        constraint
        for constraint in workload.pod.get("topologySpreadConstraints").items()
        if _is_strict(constraint, workload)
    ]
    if not strict:
        raise NotApplicable("it has no DoNotSchedule constraint with maxSkew 1 for its own pods")
    if workload.get("spec", "strategy", "type").text() == "Recreate":
        raise NotApplicable("the old pods are gone before the new ones start")
    if replica_ceiling(inventory, workload)[0] < 2:
        raise NotApplicable("a single replica cannot be spread")
    for constraint in strict:
        keys = constraint.get("matchLabelKeys")
        if _REVISION not in [key.text() for key in keys.items()]:
            yield Problem(
                keys,
                f"matchLabelKeys lack {_REVISION}: old pods count too, and a rollout ends uneven",
            )


def _is_strict(constraint: Node, workload: Workload) -> bool:
    if constraint.get("whenUnsatisfiable").text() != "DoNotSchedule":
        return False
    selector = label_selector(constraint.get("labelSelector"))
    # One that counts every pod of the namespace is not about releases.
    if selector is None or not selector.requirements or not selector.matches(workload.labels):
        return False
    return constraint.get("maxSkew").number() == 1
