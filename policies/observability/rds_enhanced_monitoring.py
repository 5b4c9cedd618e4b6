"""The operating system below a database is measured."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    rule,
)

_NAME = "monitoring_interval"


# CloudWatch's own metrics are enough for many: good teams differ.
@rule(
    id="OBS014",
    title="database host is not measured below the minute",
    group="disputed",
    kinds=["aws_db_instance", "aws_rds_cluster_instance"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.html",
    ],
    aliases=["checkov:CKV_AWS_118"],
)
def rds_enhanced_monitoring(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    interval = database.get(_NAME)
    if interval.number() > 0:
        return
    for cluster in inventory.references(database, "aws_rds_cluster"):
        if not interval.present and cluster.get(_NAME).number() > 0:
            return
    state = "is 0" if interval.present else "is not set"
    yield Problem(interval, f"{_NAME} {state}: processes, swap and disk queues are not seen")
