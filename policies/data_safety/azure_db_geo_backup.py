"""The backups of an Azure database are in a second region too."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, is_replica, rule


@rule(
    id="DAT048",
    title="backups of the database are in its own region only",
    group="disputed",
    kinds=[
        "azurerm_mssql_database",
        "azurerm_mysql_flexible_server",
        "azurerm_postgresql_flexible_server",
    ],
    references=[
        "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-backup-restore",
        "https://learn.microsoft.com/en-us/azure/azure-sql/database/automated-backups-overview",
    ],
    aliases=["checkov:CKV_AZURE_136"],
)
def azure_db_geo_backup(database: Resource) -> Iterator[Problem]:
    if database.kind == "azurerm_mssql_database":
        yield from _of_sql_database(database)
        return
    redundant = database.get("geo_redundant_backup_enabled")
    if redundant.known and redundant.flag():
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if not redundant.flag():  # false by default, and fixed once the server is made
        state = "false" if redundant.present else "not set"
        yield Problem(
            redundant, f"geo_redundant_backup_enabled is {state}: a lost region takes the backups"
        )


def _of_sql_database(database: Resource) -> Iterator[Problem]:
    kind = database.get("storage_account_type")
    if kind.text("Geo") not in ("Local", "Zone"):
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what is backed up")
    yield Problem(kind, f"storage_account_type is {kind.text()}: a lost region takes the backups")
