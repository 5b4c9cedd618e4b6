"""The password of a database is made, kept and changed by AWS."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    is_replica,
    rule,
)

# What each kind calls the password, and leaving it to AWS.
_ARGUMENTS = {
    "aws_db_instance": ("password", "manage_master_user_password"),
    "aws_docdb_cluster": ("master_password", "manage_master_user_password"),
    "aws_rds_cluster": ("master_password", "manage_master_user_password"),
    "aws_redshift_cluster": ("master_password", "manage_master_password"),
}


@rule(
    id="SEC044",
    title="password of the database goes through Terraform's state",
    group="advice",
    kinds=sorted(_ARGUMENTS),
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only",
    ],
)
def rds_managed_password(database: Resource) -> Iterator[Problem]:
    name, managed = _ARGUMENTS[database.kind]
    if database.get(managed).flag():
        return
    write_only = database.get(f"{name}_wo")
    if not write_only.known or write_only.value is not None:
        return
    if belongs_to_aurora(database) or is_replica(database):
        raise NotApplicable("it takes the password over from its cluster or its source")
    password = database.get(name)
    if password.known and password.value is None:
        raise NotApplicable("it is given no password: it keeps that of what it is restored from")
    # Where the value comes from does not matter: whatever it is, the state holds it.
    yield Problem(password, f"{name} is set here: the state holds it in clear text", sensitive=True)
