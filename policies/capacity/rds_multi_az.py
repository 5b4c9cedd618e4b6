"""A database has a standby in another availability zone."""

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
    id="CAP011",
    title="database has no standby in another availability zone",
    group="availability",
    kinds=["aws_db_instance"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html",
    ],
    aliases=["checkov:CKV_AWS_157"],
)
def rds_multi_az(instance: Resource) -> Iterator[Problem]:
    multi_az = instance.get("multi_az")
    if multi_az.known and multi_az.flag():
        return
    if is_replica(instance):
        raise NotApplicable("it is a replica: its source is what must stay up")
    if belongs_to_aurora(instance):
        raise NotApplicable("it belongs to an Aurora cluster, whose storage spans the zones")
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_SQLServerMultiAZ.html
    if instance.get("engine").identity() == "sqlserver-ex":
        raise NotApplicable("SQL Server Express cannot have a standby")
    # False by default, for a restored instance too:
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
    if not multi_az.flag():
        state = "false" if multi_az.present else "not set"
        yield Problem(multi_az, f"multi_az is {state}: the database runs in one zone only")
