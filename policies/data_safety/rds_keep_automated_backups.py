"""The automated backups of a database outlive the database."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    is_replica,
    rule,
    setting,
)


@rule(
    id="DAT029",
    title="automated backups are deleted together with their database",
    group="disputed",
    kinds=["aws_db_instance", "aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html",
    ],
)
def rds_keep_automated_backups(database: Resource) -> Iterator[Problem]:
    if is_replica(database):
        raise NotApplicable("it is a replica: its source has the backups")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which has the backups")
    # Zero by default: documentation of aws_db_instance, provider 5.100. A cluster always has some.
    if database.kind == "aws_db_instance" and not database.get("backup_retention_period").number():
        raise NotApplicable("it is not told to make automated backups")
    deletes = setting(database, "delete_automated_backups")
    if deletes.flag():
        written = database.get("delete_automated_backups").present
        state = "true" if written else "not set, and true by default"
        yield Problem(deletes, f"delete_automated_backups is {state}: they go with the database")
