"""Which queries load a database can be seen afterwards."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    rule,
)

_NAME = "performance_insights_enabled"


# Small instances of some engines cannot have it, and others trace queries by other means.
@rule(
    id="OBS013",
    title="database keeps no record of what loads it",
    group="disputed",
    kinds=["aws_db_instance", "aws_rds_cluster_instance"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.html",
    ],
    aliases=["checkov:CKV_AWS_353", "trivy:AWS-0133"],
)
def rds_performance_insights(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    enabled = database.get(_NAME)
    if enabled.flag():
        return
    for cluster in inventory.references(database, "aws_rds_cluster"):
        if not enabled.present and cluster.get(_NAME).flag():
            return
    state = "is false" if enabled.present else "is not set"
    yield Problem(enabled, f"{_NAME} {state}: what loads it leaves no trace")
