"""A staged update must end: a partition that stays keeps the old version for ever."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    rule,
    scaler_of,
)


@rule(
    id="SAF026",
    title="StatefulSet keeps pods from updates by a partition",
    group="resilience",
    kinds=["StatefulSet"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions",
    ],
)
def sts_partition_left(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    strategy = workload.get("spec", "updateStrategy")
    if strategy.get("type").text() == "OnDelete":
        raise NotApplicable("with OnDelete a partition means nothing")
    partition = strategy.get("rollingUpdate", "partition")
    # Absent is 0: every pod is updated.
    kept = int(partition.number(0))
    if kept <= 0:
        return
    if workload.get("spec", "ordinals", "start").number(0) > 0:
        raise UnknownValue("its pods are not numbered from 0, and so the partition may leave none")
    replicas = workload.get("spec", "replicas")
    if not replicas.known or scaler_of(inventory, workload) is not None:
        yield Problem(partition, f"partition is {kept}: the first {kept} pods are never updated")
        return
    pods = workload.replicas
    if pods <= 0:
        raise NotApplicable("it is switched off: replicas is 0")
    told = f": {kept} of {pods} pods keep the version they have"
    if kept >= pods:
        told = f" and replicas {pods}: no pod is ever updated"
    yield Problem(partition, f"partition is {kept}{told}", ((replicas, f"replicas is {pods}"),))
