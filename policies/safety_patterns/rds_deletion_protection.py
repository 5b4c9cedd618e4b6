"""A database cannot be deleted by one wrong apply or click."""

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
    id="SAF014",
    title="database can be deleted by a single command",
    group="data-loss",
    kinds=["aws_db_instance", "aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html",
    ],
    aliases=[
        "checkov:CKV_AWS_139",
        "checkov:CKV_AWS_293",
        "trivy:AWS-0177",
        "trivy:AWS-0343",
    ],
)
def rds_deletion_protection(database: Resource) -> Iterator[Problem]:
    protection = database.get("deletion_protection")
    if protection.known and protection.flag():
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source holds the data")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which has the protection")
    if not protection.flag():  # false by default: documentation of both resources, provider 5.100
        state = "false" if protection.present else "not set"
        yield Problem(protection, f"deletion_protection is {state}: one command deletes it")
