"""A database gets the fixes of its minor versions by itself."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
    setting,
)


@rule(
    id="SAF133",
    title="database is not given the fixes of minor versions",
    group="disputed",
    kinds=["aws_db_instance", "aws_rds_cluster_instance"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html",
    ],
    aliases=["checkov:CKV_AWS_226"],
)
def rds_auto_minor(instance: Resource) -> Iterator[Problem]:
    upgrade = setting(instance, "auto_minor_version_upgrade")
    if not upgrade.flag():
        yield Problem(upgrade, "auto_minor_version_upgrade is false: fixes wait for somebody")
