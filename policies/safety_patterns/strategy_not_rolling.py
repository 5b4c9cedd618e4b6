"""Updates must reach the pods one after the other, and without anybody's hand."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    callers_of,
    replica_floor,
    rule,
)

_ONE_NODE = {"ReadWriteOnce", "ReadWriteOncePod"}
# Volumes that are written by the pods of one node: disks, and the node's own folders.
_DISKS = ("awsElasticBlockStore", "azureDisk", "cinder", "gcePersistentDisk", "hostPath")


@rule(
    id="SAF006",
    title="update strategy replaces all pods at once, or none",
    group="availability",
    kinds=["Deployment", "StatefulSet", "DaemonSet"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies",
    ],
    aliases=["kube-linter:no-rolling-update-strategy", "kube-score:deployment-strategy"],
)
def strategy_not_rolling(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    # Absent is RollingUpdate for all three kinds in apps/v1.
    if workload.kind != "Deployment":
        chosen = workload.get("spec", "updateStrategy", "type")
        if chosen.text() == "OnDelete":
            yield Problem(
                chosen, "updateStrategy is OnDelete: a pod gets a new version only when deleted"
            )
        return
    chosen = workload.get("spec", "strategy", "type")
    if chosen.text() != "Recreate":
        return
    services = callers_of(inventory, workload)
    if not services:
        raise NotApplicable("it is recreated, and no Service of the scan sends it requests")
    if replica_floor(inventory, workload)[0] <= 1:
        _accept_exclusive(workload, inventory)
    yield Problem(
        chosen,
        "strategy is Recreate: each deploy stops every pod before a new one starts",
        ((services[0].node, "this Service sends it requests"),),
    )


def _accept_exclusive(workload: Workload, inventory: Inventory) -> None:
    """Signals that two of its pods could not run side by side, so that Recreate is right."""
    unread = ""
    for volume in workload.pod.get("volumes").items():
        disk = next((name for name in _DISKS if volume.get(name).present), "")
        if disk:
            raise NotApplicable(f"Recreate is right: one pod, which writes to a {disk} volume")
        claim = volume.get("persistentVolumeClaim", "claimName").text()
        if not claim:
            continue
        found = inventory.named(
            "PersistentVolumeClaim", workload.namespace, claim, workload.resource.path
        )
        if found is None:
            unread = claim
        elif {mode.text() for mode in found.get("spec", "accessModes").items()} <= _ONE_NODE:
            raise NotApplicable(f"Recreate is right: one pod, whose volume '{claim}' is its alone")
    if _host_bound(workload):
        raise NotApplicable("Recreate is right: one pod, which holds ports of its node")
    device = _device(workload)
    if device:
        raise NotApplicable(f"Recreate is right: one pod, and a second needs another {device}")
    if unread:
        raise UnknownValue(f"PersistentVolumeClaim '{unread}', perhaps for one node, is not here")


def _host_bound(workload: Workload) -> bool:
    if workload.pod.get("hostNetwork").flag():
        return True
    ports = (port for container in workload.app_containers for port in container.ports)
    return any(port.get("hostPort").present for port in ports)


def _device(workload: Workload) -> str:
    """An extended resource, such as ``nvidia.com/gpu``: a cluster seldom has one to spare."""
    limits = (c.get("resources", "limits").entries() for c in workload.app_containers)
    return next((name for entries in limits for name, _ in entries if "/" in name), "")
