"""A database that is destroyed leaves a last snapshot behind."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule

_SOURCE = {
    "aws_db_instance": "replicate_source_db",
    "aws_neptune_cluster": "replication_source_identifier",
    "aws_rds_cluster": "replication_source_identifier",
}


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
    if _is_replica(database):
        raise NotApplicable("it is a replica, which cannot leave a final snapshot")
    if database.kind == "aws_db_instance" and database.get("engine").identity().startswith(
        "aurora"
    ):
        raise NotApplicable("it belongs to an Aurora cluster, which leaves the snapshot")
    if skip.flag():
        yield Problem(skip, "skip_final_snapshot is true: destroying it destroys the data")


def _is_replica(database: Resource) -> bool:
    """Whether it copies another database; naming one makes it so, whatever its name will be."""
    name = _SOURCE.get(database.kind)
    if name is None:
        return False
    source = database.get(name)
    if source.known:
        return bool(source)
    return any(r.node.path[0] == name for r in database.references) or source.present
