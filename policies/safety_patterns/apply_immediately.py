"""A change that restarts a data store waits for its maintenance window."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


@rule(
    id="SAF128",
    title="changes to a data store are applied in the middle of the day",
    group="disputed",
    kinds=[
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_docdb_cluster_instance",
        "aws_elasticache_cluster",
        "aws_elasticache_replication_group",
        "aws_mq_broker",
        "aws_neptune_cluster",
        "aws_neptune_cluster_instance",
        "aws_rds_cluster",
        "aws_rds_cluster_instance",
    ],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html",
    ],
)
def apply_immediately(store: Resource) -> Iterator[Problem]:
    immediately = store.get("apply_immediately")
    if immediately.flag():
        yield Problem(
            immediately, "apply_immediately is true: a restart does not wait for the window"
        )
