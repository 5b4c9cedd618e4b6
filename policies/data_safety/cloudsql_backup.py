"""A Cloud SQL instance is backed up every day."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_enterprise_plus,
    is_replica,
    rule,
)

# What backs an instance up on a schedule of its own.
_MAKERS = (
    "google_backup_dr_backup_plan_association",
    "google_cloud_scheduler_job",
    "google_workflows_workflow",
)


@rule(
    id="DAT040",
    title="Cloud SQL instance is not backed up",
    group="data-loss",
    kinds=["google_sql_database_instance"],
    references=[
        "https://cloud.google.com/sql/docs/postgres/backup-recovery/backups",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/sql_database_instance",
    ],
    aliases=["checkov:CKV_GCP_14", "trivy:GCP-0024"],
)
def cloudsql_backup(instance: Resource, inventory: Inventory) -> Iterator[Problem]:
    enabled = instance.get("settings", 0, "backup_configuration", 0, "enabled")
    if enabled.known and enabled.flag():
        return
    _raise_if_not_asked(instance)
    for other in inventory.referrers(instance, *_MAKERS, "module"):
        if other.kind in _MAKERS or "backup" in f"{other.address} {other.get('source').identity()}":
            raise UnknownValue(f"{other.address} may back it up")
    if enabled.present:
        if not enabled.flag():
            yield Problem(enabled, "backups are not enabled: backup_configuration.enabled is false")
        return
    _raise_if_given_by_google(instance)
    yield Problem(enabled, "backups are not enabled: settings.backup_configuration does not say so")


def _raise_if_not_asked(instance: Resource) -> None:
    if is_replica(instance):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if instance.get("instance_type").identity() == "ON_PREMISES_INSTANCE":
        raise NotApplicable("it stands for a server outside Cloud SQL")


def _raise_if_given_by_google(instance: Resource) -> None:
    """What is left out may be given: by the source of a clone, or by the edition."""
    if instance.get("clone"):
        raise UnknownValue("its backups are set as those of the instance that it is cloned from")
    if is_enterprise_plus(instance):
        raise UnknownValue("the Enterprise Plus edition turns backups on by itself")
