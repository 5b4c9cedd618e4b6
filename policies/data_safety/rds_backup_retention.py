"""A database can be taken back to any moment of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    backup_of,
    belongs_to_aurora,
    is_replica,
    restored_from,
    rule,
)

# Documentation of both resources, provider 5.100. For an instance the provider itself sends the
# zero, where the API alone would keep backups for a day.
_DEFAULT = {"aws_db_instance": 0, "aws_rds_cluster": 1}


@rule(
    id="DAT001",
    title="database backups are kept for too few days, or not made at all",
    group="data-loss",
    kinds=["aws_db_instance", "aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html",
    ],
    aliases=["checkov:CKV_AWS_133", "trivy:AWS-0077"],
)
def rds_backup_retention(
    database: Resource, inventory: Inventory, *, days: int = 7
) -> Iterator[Problem]:
    retention = database.get("backup_retention_period")
    if retention.known and retention.number(-1) >= days:
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which is backed up as a whole")
    selection = backup_of(database, inventory)
    if selection is not None:
        raise UnknownValue(f"AWS Backup keeps copies by the plan of {selection.address}")
    if retention.present:
        kept = retention.number()
    else:
        restored = restored_from(database)
        if restored:
            raise UnknownValue(f"backup_retention_period comes with what {restored} restores")
        kept = _DEFAULT[database.kind]
    if kept == 0:
        state = "is 0" if retention.present else "is not set, and the default is 0"
        yield Problem(retention, f"backup_retention_period {state}: there are no backups")
    elif kept < days:
        state = (
            f"is {_days(kept)}" if retention.present else f"is not set: {_days(kept)} by default"
        )
        yield Problem(retention, f"backup_retention_period {state}, less than {days}")


def _days(count: float) -> str:
    return f"{count:g} day" if count == 1 else f"{count:g} days"
