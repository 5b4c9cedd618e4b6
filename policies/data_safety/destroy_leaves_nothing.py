"""Something is left of a database that is destroyed by mistake."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
    is_replica,
    rule,
    setting,
)


@rule(
    id="DAT055",
    title="one command deletes the database together with every copy of it",
    group="data-loss",
    kinds=["aws_db_instance", "aws_docdb_cluster", "aws_neptune_cluster", "aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def destroy_leaves_nothing(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    protection = database.get("deletion_protection")
    skip = database.get("skip_final_snapshot")
    if (protection.known and protection.flag()) or (skip.known and not skip.flag()):
        return  # both false by default
    if is_replica(database):
        raise NotApplicable("it is a replica: its source holds the data")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which holds the data")
    if _keeps_backups(database):
        return
    for selection in inventory.referrers(database, "aws_backup_selection"):
        raise UnknownValue(f"AWS Backup keeps copies by the plan of {selection.address}")
    if not protection.flag() and skip.flag():
        state = "false" if protection.present else "not set"
        yield Problem(
            skip,
            f"no final snapshot, deletion_protection is {state}, and backups go with the database",
            related=((protection, "no protection here"),),
        )


def _keeps_backups(database: Resource) -> bool:
    """Whether its automated backups outlive it; none has any other way to keep them."""
    deleted = setting(database, "delete_automated_backups")
    kept = deleted.present and not deleted.flag()
    # An instance has no backups unless it asks for them; a cluster always has.
    retention = database.get("backup_retention_period")
    return kept and (database.kind != "aws_db_instance" or retention.number() > 0)
