"""A database cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule


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
    if _is_replica(database):
        raise NotApplicable("it is a replica: its source holds the data")
    if database.kind == "aws_db_instance" and database.get("engine").identity().startswith(
        "aurora"
    ):
        raise NotApplicable("it belongs to an Aurora cluster, which has the protection")
    if not protection.flag():  # false by default: documentation of both resources, provider 5.100
        state = "false" if protection.present else "not set"
        yield Problem(protection, f"deletion_protection is {state}: one command deletes it")


def _is_replica(database: Resource) -> bool:
    """Whether it copies another database; naming one makes it so, whatever its name will be."""
    instance = database.kind == "aws_db_instance"
    name = "replicate_source_db" if instance else "replication_source_identifier"
    source = database.get(name)
    if source.known:
        return bool(source)
    return any(r.node.path[0] == name for r in database.references) or source.present
