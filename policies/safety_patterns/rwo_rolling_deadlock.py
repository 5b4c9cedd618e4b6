"""A volume for one node cannot be mounted by the old and the new pod of a rolling update."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    replica_floor,
    rule,
    same_namespace,
    scaler_of,
    share,
)

_ONE_NODE = {"ReadWriteOnce", "ReadWriteOncePod"}
# Storage that nothing attaches to one node (file systems of the network), or whose volumes lie on
# one node, where the scheduler then puts every pod: ReadWriteOnce holds up neither.
_UNATTACHED = re.compile(
    r"nfs|efs|filestore|azurefile|file\.csi|cephfs|gluster|quobyte|smb|samba|lustre|fsx"
    r"|local|host-?path|no-provisioner|topolvm",
    re.IGNORECASE,
)
_UNATTACHED_VOLUMES = ("nfs", "hostPath", "local", "azureFile", "cephfs", "glusterfs", "quobyte")
_HOSTNAME = "kubernetes.io/hostname"
_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@rule(
    id="SAF048",
    title="rolling update needs a volume on two nodes that only one can mount",
    group="availability",
    kinds=["Deployment"],
    references=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
    ],
)
def rwo_rolling_deadlock(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    volumes = workload.pod.get("volumes").items()
    names = [volume.get("persistentVolumeClaim", "claimName") for volume in volumes]
    names = [name for name in names if name.present]
    if not names:
        raise NotApplicable("it mounts no PersistentVolumeClaim")
    pods, counted = _most(workload, inventory)
    if pods == 0:
        raise NotApplicable("it is switched off: replicas is 0")
    if pods == 1 and not _surges(workload):
        return
    for name in names:
        claim = inventory.named(
            "PersistentVolumeClaim", workload.namespace, name.text(), workload.resource.path
        )
        if claim is None:
            raise UnknownValue(f"PersistentVolumeClaim '{name.text()}' is not in the scan")
        mode = _exclusive_mode(claim)
        if mode == "ReadWriteOnce" and (_on_one_node(workload) or not _attaches(claim, inventory)):
            continue
        if mode:
            yield _problem(name, claim, mode, pods, counted)


def _problem(name: Node, claim: Resource, mode: str, pods: int, counted: Node) -> Problem:
    nodes = "only one pod" if mode == "ReadWriteOncePod" else "only one node"
    allowed = (claim.get("spec", "accessModes"), f"{mode}: {nodes} can mount it")
    if pods > 1:
        message = f"up to {pods} pods mount claim '{name.text()}', which is {mode}: {nodes} can"
        return Problem(name, message, (allowed, (counted, f"up to {pods} pods")))
    return Problem(
        name,
        f"a rolling update starts a second pod, and {nodes} can mount '{name.text()}'",
        (allowed,),
    )


def _most(workload: Workload, inventory: Inventory) -> tuple[int, Node]:
    scaler = scaler_of(inventory, workload)
    if scaler is not None:
        return scaler.ceiling(), scaler.maximum
    return replica_floor(inventory, workload)


def _surges(workload: Workload) -> bool:
    """Whether an update starts the new pod first; absent is 25 %, rounded up."""
    strategy = workload.get("spec", "strategy")
    if strategy.get("type").text("RollingUpdate") != "RollingUpdate":
        return False
    surge = strategy.get("rollingUpdate", "maxSurge")
    return not surge.present or share(surge, 1, round_up=True) > 0


def _exclusive_mode(claim: Resource) -> str:
    """The stricter of its modes when all of them are for one node, else empty."""
    modes = {mode.text() for mode in claim.get("spec", "accessModes").items()}
    if not modes:
        raise UnknownValue(f"{claim.address} names no accessModes: it is a part of a manifest")
    return max(modes, key=len) if modes <= _ONE_NODE else ""


def _on_one_node(workload: Workload) -> bool:
    pod = workload.pod
    terms = pod.get("affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    chosen = pod.get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return (
        pod.get("nodeName").present
        or pod.get("nodeSelector", _HOSTNAME).present
        or any(term.get("topologyKey").text() == _HOSTNAME for term in terms.items())
        or any(node.value == _HOSTNAME for node in chosen.walk() if node.known)
    )


def _attaches(claim: Resource, inventory: Inventory) -> bool:
    """Whether its volume is a disk that is attached to one node at a time."""
    spec = claim.get("spec")
    name = spec.get("volumeName").text()
    volume = inventory.index(_volumes_by_claim).get((same_namespace(claim.namespace), claim.name))
    if name:
        volume = inventory.named("PersistentVolume", "", name, claim.path)
        if volume is None:
            raise UnknownValue(f"PersistentVolume '{name}' is not in the scan")
    if volume is not None:
        unattached = any(volume.get("spec", kind).present for kind in _UNATTACHED_VOLUMES)
        return not unattached and not _UNATTACHED.search(volume.get("spec", "csi", "driver").text())
    chosen = spec.get("storageClassName")
    if spec.get("selector").present or (chosen.present and not chosen.text()):
        raise UnknownValue(f"the volume of {claim.address} is made by hand, perhaps without a disk")
    class_name = chosen.text() or claim.annotations.get(_CLASS, "")
    if class_name:
        storage = inventory.named("StorageClass", "", class_name, claim.path)
    else:
        storage = inventory.index(_default_class)
    provisioner = storage.get("provisioner").text() if storage is not None else class_name
    return not _UNATTACHED.search(provisioner)


def _volumes_by_claim(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    """Volumes made for one claim, by its namespace and name."""
    found = {}
    for volume in inventory.of_kind("PersistentVolume"):
        claim = volume.get("spec", "claimRef")
        key = same_namespace(claim.get("namespace").identity()), claim.get("name").identity()
        found[key] = volume
    return found


def _default_class(inventory: Inventory) -> Resource | None:
    classes = inventory.of_kind("StorageClass")
    chosen = [c for c in classes if c.annotations.get(_DEFAULT_CLASS) == "true"]
    return chosen[0] if len(chosen) == 1 else None
