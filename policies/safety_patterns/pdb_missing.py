"""Several replicas need a budget, or a drain may evict all of them at once."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    budgets_of,
    replica_floor,
    rule,
)


@rule(
    id="SAF008",
    title="replicated workload has no PodDisruptionBudget",
    group="availability",
    kinds=["Deployment", "StatefulSet", "ReplicaSet", "argoproj.io/Rollout"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ],
    aliases=[
        "kube-score:deployment-has-poddisruptionbudget",
        "kube-score:statefulset-has-poddisruptionbudget",
        "polaris:missingPodDisruptionBudget",
    ],
)
def pdb_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    floor, origin = replica_floor(inventory, workload)
    if floor < 2:
        raise NotApplicable(
            f"it is kept at {floor} replica{'' if floor == 1 else 's'}: no budget can keep it up"
        )
    if workload.idles:
        raise NotApplicable("its containers only keep the pods alive")
    if budgets_of(inventory, workload):
        return
    unread = inventory.unread(near=workload.resource.path)
    if unread:
        raise UnknownValue(f"no PodDisruptionBudget was found that selects its pods; {unread}")
    yield Problem(
        workload.get("metadata", "name"),
        f"no PodDisruptionBudget selects its {floor} pods: drains may evict them all at once",
        ((origin, f"keeps {floor} replicas"),),
    )
