"""Volumes that a Schedule of Velero leaves out are not backed up, though everybody thinks so."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    Workload,
    label_selector,
    rule,
    same_namespace,
)

SCHEDULE = "velero.io/Schedule"
# Other tools that back up volumes. What they cover, they decide by rules of their own.
OTHER_TOOLS = (
    "config.kio.kasten.io/Policy",
    "core.kubestash.com/BackupConfiguration",
    "gemini.fairwinds.com/SnapshotGroup",
    "k8up.io/Schedule",
    "longhorn.io/RecurringJob",
    "snapscheduler.backube/SnapshotSchedule",
    "stash.appscode.com/BackupConfiguration",
    "volsync.backube/ReplicationSource",
)
_CLAIMS = frozenset({"persistentvolumeclaims", "persistentvolumeclaim", "pvc"})
_PODS = frozenset({"pods", "pod", "po"})
_OPT_IN = "backup.velero.io/backup-volumes"
_OPT_OUT = "velero.io/exclude-from-backup"


@dataclass(frozen=True, slots=True)
class _Mount:
    """A pod template that mounts the volume, under a name of its own."""

    workload: Workload
    volume: str

    @property
    def opted_in(self) -> bool:
        names = self.workload.annotations.get(_OPT_IN, "").split(",")
        return self.volume in map(str.strip, names)


@dataclass(frozen=True, slots=True)
class _Data:
    """What is to be backed up: the claims' labels, and the pods that mount them."""

    namespace: str
    labels: tuple[dict[str, str], ...]
    mounts: tuple[_Mount, ...]


def _mounts(inventory: Inventory) -> dict[tuple[str, str], list[_Mount]]:
    """Pod templates by namespace and name of the claims that they mount."""
    found: dict[tuple[str, str], list[_Mount]] = defaultdict(list)
    for workload in inventory.workloads:
        volumes = workload.pod.get("volumes")
        for volume in volumes.items() if type(volumes.value) is list else ():
            claim = volume.get("persistentVolumeClaim", "claimName").identity()
            mount = _Mount(workload, volume.get("name").identity())
            found[same_namespace(workload.namespace), claim].append(mount)
    return found


def _data(resource: Resource, inventory: Inventory) -> _Data:
    if resource.kind == "PersistentVolumeClaim":
        key = same_namespace(resource.namespace), resource.name
        mounting = inventory.index(_mounts).get(key, ())
        return _Data(resource.namespace, (resource.labels,), tuple(mounting))
    claims = list(resource.get("spec", "volumeClaimTemplates").items())
    if not claims:
        raise NotApplicable("it has no volumeClaimTemplates")
    # The controller adds the selector's labels to those of the template.
    common = _texts(resource.get("spec", "selector", "matchLabels"))
    labels = tuple({**_texts(c.get("metadata", "labels")), **common} for c in claims)
    workload = Workload(resource)
    mounts = tuple(_Mount(workload, c.get("metadata", "name").text()) for c in claims)
    return _Data(resource.namespace, labels, mounts)


def _texts(node: Node) -> dict[str, str]:
    return {key: value.text() for key, value in node.entries()}


def _words(node: Node) -> list[str]:
    return [item.text() for item in node.items()]


def _has(names: list[str], namespace: str) -> bool:
    return any(fnmatchcase(namespace, name) for name in names)


def _refusal(schedule: Resource, data: _Data) -> str:
    """Why the Schedule does not back the data up; empty when it does.

    https://velero.io/docs/main/api-types/backup/ and, for what becomes of volumes,
    internal/volumehelper in Velero 1.15: ``snapshotVolumes: false`` also turns off the data
    mover of ``snapshotMoveData``, which starts from a snapshot.
    """
    template = schedule.get("spec", "template")
    if schedule.get("spec", "paused").flag():
        return "is paused"
    return (
        _namespace_refusal(template, data.namespace)
        or _resource_refusal(template)
        or _label_refusal(template, data)
        or _volume_refusal(template, data)
    )


def _namespace_refusal(template: Node, namespace: str) -> str:
    included = _words(template.get("includedNamespaces"))
    excluded = _words(template.get("excludedNamespaces"))
    if not namespace:
        if included and "*" not in included:
            raise UnknownValue("it names no namespace, and the Schedules list theirs")
        return ""
    if included and not _has(included, namespace):
        return "does not include the namespace"
    return "excludes the namespace" if _has(excluded, namespace) else ""


def _leaves_out(template: Node, kind: frozenset[str]) -> bool:
    """Whether the filters of namespaced resources keep the kind from the backup."""
    for suffix in ("Resources", "NamespaceScopedResources"):
        included = _kinds(template.get(f"included{suffix}"))
        excluded = _kinds(template.get(f"excluded{suffix}"))
        if (included and not included & (kind | {"*"})) or excluded & (kind | {"*"}):
            return True
    return False


def _kinds(node: Node) -> set[str]:
    return {name.lower().partition(".")[0] for name in _words(node)}


def _resource_refusal(template: Node) -> str:
    return "leaves out persistentvolumeclaims" if _leaves_out(template, _CLAIMS) else ""


def _label_refusal(template: Node, data: _Data) -> str:
    """A claim comes in by its own labels, or behind a pod that comes in by its."""
    either = [template.get("labelSelector"), *template.get("orLabelSelectors").items()]
    selectors = [s for s in map(label_selector, either) if s is not None]
    if not selectors:
        return ""
    pods = () if _leaves_out(template, _PODS) else data.mounts
    candidates = [*data.labels, *(mount.workload.labels for mount in pods)]
    return "" if _any_matches(selectors, candidates) else "selects other labels"


def _any_matches(selectors: list[Selector], candidates: list[dict[str, str]]) -> bool:
    return any(s.matches(labels) for s in selectors for labels in candidates)


def _volume_refusal(template: Node, data: _Data) -> str:
    if template.get("resourcePolicy").present:
        raise UnknownValue("a resourcePolicy of the Schedule decides about volumes")
    from_files = (
        template.get("defaultVolumesToFsBackup").flag()
        or template.get("defaultVolumesToRestic").flag()
        or any(mount.opted_in for mount in data.mounts)
    )
    if from_files and not _leaves_out(template, _PODS):
        return ""
    snapshots = template.get("snapshotVolumes").flag(default=True)
    return "" if snapshots else "takes no volumes: snapshotVolumes is false"


def _schedules(inventory: Inventory) -> dict[str, list[Resource]]:
    """Schedules by each namespace that they name; those that may take any, under ``*``."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for schedule in inventory.of_kind(SCHEDULE):
        try:
            names = _words(schedule.get("spec", "template", "includedNamespaces"))
        except UnknownValue:
            names = []
        wide = not names or any("*" in name or "?" in name or "[" in name for name in names)
        for name in {"*"} if wide else set(names):
            found[name].append(schedule)
    return found


def _candidates(inventory: Inventory, namespace: str) -> list[Resource]:
    by_namespace = inventory.index(_schedules)
    if not namespace:
        return inventory.of_kind(SCHEDULE)
    return [*by_namespace.get(namespace, ()), *by_namespace.get("*", ())]


def _installs_velero(inventory: Inventory) -> Iterator[Resource]:
    """Charts of Velero carry Schedules in their values."""
    for kind in ("helm.toolkit.fluxcd.io/HelmRelease", "argoproj.io/Application", "helm_release"):
        for resource in inventory.of_kind(kind):
            if "velero" in resource.name:
                yield resource


@rule(
    id="DAT005",
    title="no backup schedule covers the volume",
    group="data-loss",
    kinds=["PersistentVolumeClaim", "StatefulSet"],
    references=[
        "https://velero.io/docs/main/api-types/schedule/",
        "https://velero.io/docs/main/resource-filtering/",
        "https://velero.io/docs/main/file-system-backup/",
    ],
)
def backup_covers_namespace(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    data = _data(resource, inventory)
    if any(labels.get(_OPT_OUT) == "true" for labels in data.labels):
        raise NotApplicable(f"it is labelled {_OPT_OUT}: true")
    if not inventory.of_kind(SCHEDULE):
        raise UnknownValue(
            "no Velero Schedule is in the scan; scan the repository that holds them as well"
        )
    doubts: list[UnknownValue] = []
    refusals: list[tuple[Resource, str]] = []
    for schedule in _candidates(inventory, data.namespace):
        try:
            refusal = _refusal(schedule, data)
        except UnknownValue as doubt:
            doubts.append(doubt)
            continue
        if not refusal:
            return
        refusals.append((schedule, refusal))
    if doubts:
        raise doubts[0]
    _raise_when_elsewhere(inventory)
    yield _problem(resource, refusals)


def _problem(resource: Resource, refusals: list[tuple[Resource, str]]) -> Problem:
    claim = resource.kind == "PersistentVolumeClaim"
    at = resource.get("metadata", "name") if claim else resource.get("spec", "volumeClaimTemplates")
    message = "no Velero Schedule backs up its volume"
    if not refusals:
        message = f"no Velero Schedule takes namespace '{resource.namespace}'"
    elif len(refusals) == 1:
        message += f": '{refusals[0][0].name}' {refusals[0][1]}"
    related = [(s.get("metadata", "name"), f"this Schedule {why}") for s, why in refusals[:3]]
    return Problem(at, message, tuple(related))


def _raise_when_elsewhere(inventory: Inventory) -> None:
    for tool in inventory.of_kind(*OTHER_TOOLS):
        raise UnknownValue(f"{tool.address} may back it up")
    for installer in _installs_velero(inventory):
        raise UnknownValue(f"{installer.address} may hold further Schedules in its values")
    unread = inventory.unread()
    if unread is not None:
        raise UnknownValue(f"a Schedule may stand in what was not read: {unread}")
