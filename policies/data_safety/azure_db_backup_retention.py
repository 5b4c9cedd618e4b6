"""The backups of an Azure database are kept for a week."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, is_replica, rule

# Left out, each of them is 7 days.
_DAYS: dict[str, tuple[str | int, ...]] = {
    "azurerm_mssql_database": ("short_term_retention_policy", 0, "retention_days"),
    "azurerm_mssql_managed_database": ("short_term_retention_days",),
    "azurerm_mysql_flexible_server": ("backup_retention_days",),
    "azurerm_postgresql_flexible_server": ("backup_retention_days",),
}


@rule(
    id="DAT049",
    title="backups of the Azure database are kept for too few days",
    group="data-loss",
    kinds=_DAYS,
    references=[
        "https://learn.microsoft.com/en-us/azure/mysql/flexible-server/concepts-backup-restore",
        "https://learn.microsoft.com/en-us/azure/azure-sql/database/automated-backups-overview",
    ],
)
def azure_db_backup_retention(database: Resource, *, days: int = 7) -> Iterator[Problem]:
    retention = database.get(*_DAYS[database.kind])
    if retention.known and retention.number(7) >= days:
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if database.get("long_term_retention_policy", 0, "weekly_retention"):
        return
    kept = retention.number(7)
    if kept < days:
        state = f"is {kept:g}" if retention.present else f"is not set: {kept:g} by default"
        yield Problem(retention, f"{_DAYS[database.kind][-1]} {state}, less than {days}")
