"""A backup whose storage location does not exist, or takes no writes, fails every night."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    nearest,
    rule,
    same_namespace,
)

_LOCATION = "velero.io/BackupStorageLocation"


@rule(
    id="DAT009",
    title="backup is sent to a storage location that is missing or read-only",
    group="data-loss",
    kinds=["velero.io/Backup", "velero.io/Schedule"],
    references=[
        "https://velero.io/docs/main/locations/",
        "https://velero.io/docs/main/api-types/backupstoragelocation/",
        "https://velero.io/docs/main/api-types/schedule/",
    ],
)
def backup_storage_location(backup: Resource, inventory: Inventory) -> Iterator[Problem]:
    if backup.get("spec", "paused").flag():
        raise NotApplicable("it is paused")
    template = ("template",) if backup.kind == "velero.io/Schedule" else ()
    wanted = backup.get("spec", *template, "storageLocation")
    found = _location(wanted.text(), backup, inventory)
    if found is None:
        _raise_when_elsewhere(backup, inventory)
        yield Problem(wanted, f"no BackupStorageLocation '{wanted.text()}' is in its namespace")
        return
    mode = found.get("spec", "accessMode")
    if mode.text("ReadWrite") == "ReadOnly":
        yield Problem(
            wanted,
            f"storage location '{found.name}' is read-only: no backup can be written to it",
            ((mode, "this location takes no backups"),),
        )


def _location(name: str, backup: Resource, inventory: Inventory) -> Resource | None:
    """The location of that name; of none, the default one.

    That is the one with ``default: true``, else the one that the server is told of by
    ``--default-backup-storage-location``, which no file need say; its default is ``default``.
    """
    if name:
        return inventory.named(_LOCATION, backup.namespace, name, backup.path)
    chosen = [
        place for place in _locations(backup, inventory) if place.get("spec", "default").flag()
    ]
    location = nearest(chosen, backup.path, lambda place: place.path) or inventory.named(
        _LOCATION, backup.namespace, "default", backup.path
    )
    if location is None:
        raise UnknownValue("it names no location, and no default one is in the scan")
    return location


def _locations(backup: Resource, inventory: Inventory) -> list[Resource]:
    namespace = same_namespace(backup.namespace)
    places = inventory.of_kind(_LOCATION)
    return [place for place in places if same_namespace(place.namespace) == namespace]


def _raise_when_elsewhere(backup: Resource, inventory: Inventory) -> None:
    """Locations are made by charts, by Velero's command line and in the platform's repository."""
    if not _locations(backup, inventory):
        raise UnknownValue("no BackupStorageLocation of its namespace is in the scan")
    for kind in ("helm.toolkit.fluxcd.io/HelmRelease", "argoproj.io/Application", "helm_release"):
        for installer in inventory.of_kind(kind):
            if "velero" in installer.name:
                raise UnknownValue(f"{installer.address} may make further locations")
    unread = inventory.unread()
    if unread is not None:
        raise UnknownValue(f"the location may stand in what was not read: {unread}")
