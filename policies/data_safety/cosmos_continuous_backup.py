"""A Cosmos DB account can be taken back to a moment of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, UnknownValue, rule


@rule(
    id="DAT051",
    title="Cosmos DB account keeps the backups of a few hours only",
    group="data-loss",
    kinds=["azurerm_cosmosdb_account"],
    references=[
        "https://learn.microsoft.com/en-us/azure/cosmos-db/continuous-backup-restore-introduction",
        "https://learn.microsoft.com/en-us/azure/cosmos-db/periodic-backup-restore-introduction",
    ],
)
def cosmos_continuous_backup(account: Resource, *, hours: int = 168) -> Iterator[Problem]:
    backup = account.get("backup")
    if not backup.present and account.get("create_mode").text() == "Restore":
        raise UnknownValue("its backups are set as those of the account that it is restored from")
    if backup.get(0, "type").text("Periodic") == "Continuous":
        return
    kept = backup.get(0, "retention_in_hours")
    # https://learn.microsoft.com/en-us/azure/cosmos-db/periodic-backup-modify-interval-retention
    if kept.number(8) >= hours:
        return
    if not backup.present:
        yield Problem(backup, "no backup block: a copy every 4 hours, and each is kept for 8")
    else:
        state = f"{kept.number():g} hours" if kept.present else "8 hours by default"
        yield Problem(kept, f"periodic backups are kept for {state}, less than {hours}")
