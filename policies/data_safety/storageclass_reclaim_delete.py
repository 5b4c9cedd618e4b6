"""A class that deletes the disk with its claim makes one wrong delete final."""

from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    beside,
    rule,
    same_namespace,
)

_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
# What Velero leaves out on purpose holds nothing that anybody would miss.
_OPT_OUT = "velero.io/exclude-from-backup"


@rule(
    id="DAT007",
    title="StorageClass deletes the disk as soon as its claim is deleted",
    group="advice",
    kinds=["StorageClass"],
    references=[
        "https://kubernetes.io/docs/concepts/storage/storage-classes/#reclaim-policy",
        "https://kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy/",
    ],
)
def storageclass_reclaim_delete(storage: Resource, inventory: Inventory) -> Iterator[Problem]:
    if storage.get("provisioner").text() == "kubernetes.io/no-provisioner":
        raise NotApplicable("volumes of the class are made by hand, each with its own policy")
    claims = inventory.index(_claims).get(storage, [])
    if not claims:
        raise NotApplicable("no claim of the scan is of this class")
    policy = storage.get("reclaimPolicy")
    # Absent is Delete.
    if policy.text("Delete") != "Delete":
        return
    claims = [claim for claim in claims if not _is_backed_up(claim, inventory)]
    if not claims:
        return
    count = f"{len(claims)} claims" if len(claims) > 1 else claims[0].address
    yield Problem(
        policy,
        f"reclaimPolicy is Delete{'' if policy.present else ' by default'}: deleting a claim"
        f" destroys its data ({count})",
        tuple((claim.get("metadata", "name"), "this claim is of it") for claim in claims[:3]),
    )


def _claims(inventory: Inventory) -> dict[Resource, list[Resource]]:
    """The claims and StatefulSets that take their volumes from each class of the scan."""
    classes = inventory.of_kind("StorageClass")
    defaults = [c for c in classes if c.annotations.get(_DEFAULT_CLASS) == "true"]
    found: dict[Resource, list[Resource]] = defaultdict(list)
    for holder in inventory.of_kind("PersistentVolumeClaim", "StatefulSet"):
        for claim in _specs(holder):
            annotated = claim.get("metadata", "annotations", _CLASS)
            named = claim.get("spec", "storageClassName")
            name = (annotated if named.value is None else named).identity()
            storage = inventory.named("StorageClass", "", name, holder.path) if name else None
            if not name and named.value is None and len(defaults) == 1:
                storage = defaults[0]
            if storage is not None and not (
                not beside(storage.path, holder.path)
                or _is_left_out(claim)
                or _is_bound(claim, holder, inventory)
            ):
                found[storage].append(holder)
                break
    return found


def _specs(holder: Resource) -> Iterator[Node]:
    templates = holder.get("spec", "volumeClaimTemplates")
    if holder.kind == "PersistentVolumeClaim":
        yield holder.node
    elif type(templates.value) is list:
        yield from templates.items()


def _is_bound(claim: Node, holder: Resource, inventory: Inventory) -> bool:
    """Whether somebody made its volume, which then has a policy of its own."""
    spec = claim.get("spec")
    key = same_namespace(holder.namespace), claim.get("metadata", "name").identity()
    chosen = spec.get("volumeName").value or spec.get("selector").value
    return chosen is not None or key in inventory.index(_claims_of_volumes)


def _claims_of_volumes(inventory: Inventory) -> set[tuple[str, str]]:
    wanted = (v.get("spec", "claimRef") for v in inventory.of_kind("PersistentVolume"))
    return {
        (same_namespace(w.get("namespace").identity()), w.get("name").identity()) for w in wanted
    }


def _is_left_out(claim: Node) -> bool:
    return claim.get("metadata", "labels", _OPT_OUT).identity() == "true"


def _is_backed_up(claim: Resource, inventory: Inventory) -> bool:
    return any(_takes(schedule, claim) for schedule in inventory.of_kind("velero.io/Schedule"))


def _takes(schedule: Resource, claim: Resource) -> bool:
    """Whether it takes the namespace; what else it leaves out is another rule's question."""
    template = schedule.get("spec", "template")
    included = [name.text() for name in template.get("includedNamespaces").items()]
    excluded = [name.text() for name in template.get("excludedNamespaces").items()]
    if schedule.get("spec", "paused").flag():
        return False
    if not claim.namespace and included not in ([], ["*"]):
        raise UnknownValue(f"{claim.address} names no namespace, and the Schedules list theirs")
    return _has(included or ["*"], claim.namespace) and not _has(excluded, claim.namespace)


def _has(patterns: list[str], namespace: str) -> bool:
    return any(fnmatchcase(namespace, pattern) for pattern in patterns)
