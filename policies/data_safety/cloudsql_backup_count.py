"""A Cloud SQL instance keeps its backups and its logs for a week."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule


@rule(
    id="DAT042",
    title="Cloud SQL instance keeps its backups for too few days",
    group="data-loss",
    kinds=["google_sql_database_instance"],
    references=[
        "https://cloud.google.com/sql/docs/postgres/backup-recovery/backups",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/sql_database_instance",
    ],
)
def cloudsql_backup_count(instance: Resource, *, days: int = 7) -> Iterator[Problem]:
    backup = instance.get("settings", 0, "backup_configuration", 0)
    if not backup.get("enabled").flag():
        raise NotApplicable("it is not backed up by its own settings at all")
    # Left out, both are 7, and more in the Enterprise Plus edition.
    kept = backup.get("backup_retention_settings", 0, "retained_backups")
    if kept.present and kept.number() < days:
        yield Problem(kept, f"retained_backups is {kept.number():g}: one a day, fewer than {days}")
    logs = backup.get("transaction_log_retention_days")
    recovers = ("binary_log_enabled", "point_in_time_recovery_enabled")
    if logs.present and logs.number() < days and any(backup.get(name).flag() for name in recovers):
        yield Problem(
            logs, f"transaction_log_retention_days is {logs.number():g}, less than {days}"
        )
