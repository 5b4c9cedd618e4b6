"""What holds data besides RDS can be taken back to a state of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    backup_of,
    is_replica,
    restored_from,
    rule,
    setting,
)

# Where each kind says for how many days it keeps the backups that it makes by itself.
_RETENTION = {
    "aws_docdb_cluster": "backup_retention_period",
    "aws_fsx_lustre_file_system": "automatic_backup_retention_days",
    "aws_fsx_ontap_file_system": "automatic_backup_retention_days",
    "aws_fsx_openzfs_file_system": "automatic_backup_retention_days",
    "aws_fsx_windows_file_system": "automatic_backup_retention_days",
    "aws_memorydb_cluster": "snapshot_retention_limit",
    "aws_neptune_cluster": "backup_retention_period",
    "aws_redshift_cluster": "automated_snapshot_retention_period",
}


@rule(
    id="DAT020",
    title="backups of a data store are kept for too few days, or not made at all",
    group="data-loss",
    kinds=list(_RETENTION),
    references=[
        "https://docs.aws.amazon.com/documentdb/latest/developerguide/backup_restore.html",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshots.html",
        "https://docs.aws.amazon.com/fsx/latest/WindowsGuide/using-backups.html",
        "https://docs.aws.amazon.com/memorydb/latest/devguide/snapshots-automatic.html",
    ],
    aliases=["checkov:CKV_AWS_343", "checkov:CKV_AWS_360", "checkov:CKV_AWS_361"],
)
def datastore_backup_retention(
    store: Resource, inventory: Inventory, *, days: int = 7
) -> Iterator[Problem]:
    name = _RETENTION[store.kind]
    retention = setting(store, name)
    if retention.known and retention.number() >= days:
        return
    _raise_if_not_its_own(store, inventory)
    selection = backup_of(store, inventory)
    if selection is not None:
        raise UnknownValue(f"AWS Backup keeps copies by the plan of {selection.address}")
    written = store.get(name).present
    restored = "" if written else restored_from(store)
    if restored:
        raise UnknownValue(f"{name} may come with what {restored} restores")
    kept = retention.number()
    if kept < days:
        state = "is" if written else "is not set, by default"
        length = "0: there are no backups" if kept == 0 else f"{_days(kept)}, less than {days}"
        yield Problem(retention, f"{name} {state} {length}")


def _days(count: float) -> str:
    return f"{count:g} day" if count == 1 else f"{count:g} days"


def _is_given(node: Node) -> bool:
    return not node.known or node.present


def _raise_if_not_its_own(store: Resource, inventory: Inventory) -> None:
    """The data stands somewhere else too, where it is backed up."""
    if is_replica(store):
        raise NotApplicable("it is a replica: its source is what is backed up")
    # A secondary of DocumentDB takes its users from the primary; one of Neptune cannot be told.
    primary = _is_given(store.get("master_username"))
    if _is_given(store.get("global_cluster_identifier")) and not primary:
        raise UnknownValue("it may be a secondary of a global cluster, whose primary is backed up")
    if store.kind == "aws_fsx_lustre_file_system":
        # https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html
        if setting(store, "deployment_type").text().startswith("SCRATCH"):
            raise NotApplicable("a scratch file system cannot be backed up")
        linked = inventory.referrers(store, "aws_fsx_data_repository_association")
        if linked or _is_given(store.get("import_path")):
            raise NotApplicable("it is linked to a bucket, and cannot be backed up by itself")
