"""A database that is destroyed leaves a last snapshot behind."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    is_replica,
    rule,
)


@rule(
    id="DAT002",
    title="database is destroyed without a final snapshot",
    group="data-loss",
    kinds=[
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_neptune_cluster",
        "aws_rds_cluster",
        "aws_redshift_cluster",
    ],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
        "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/db_instance",
    ],
)
def rds_final_snapshot(database: Resource) -> Iterator[Problem]:
    # False by default for all five. A snapshot without a name is no problem: the provider then
    # refuses to destroy the database.
    skip = database.get("skip_final_snapshot")
    if skip.known and not skip.flag():
        return
    if is_replica(database):
        raise NotApplicable("it is a replica, which cannot leave a final snapshot")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which leaves the snapshot")
    if skip.flag():
        yield Problem(skip, "skip_final_snapshot is true: destroying it destroys the data")
