"""The password of a database that Secrets Manager keeps is changed now and then."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, expect_no_module, rule

_VERSION = "aws_secretsmanager_secret_version"
_DATABASES = (
    "aws_db_instance",
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_rds_cluster",
    "aws_redshift_cluster",
)


# Applications must be able to follow, and RDS can rotate by itself: good teams differ.
@rule(
    id="SEC045",
    title="database password in Secrets Manager is never rotated",
    group="disputed",
    kinds=["aws_secretsmanager_secret"],
    references=[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
    ],
    aliases=["checkov:CKV2_AWS_57"],
)
def secret_rotation(secret: Resource, inventory: Inventory, *, days: int = 90) -> Iterator[Problem]:
    # AWS knows how to change the passwords of its own databases; other secrets belong to others.
    if not _is_of_database(secret, inventory):
        raise NotApplicable("nothing says that it holds the password of a database")
    rotations = inventory.referrers(secret, "aws_secretsmanager_secret_rotation")
    for rotation in rotations:
        interval = rotation.get("rotation_rules", 0, "automatically_after_days")
        if interval.number() > days:
            yield Problem(interval, f"rotated every {interval.text()} days, more than {days}")
    if rotations:
        return
    expect_no_module(secret, inventory, "may rotate it")
    yield Problem(secret.node, "it holds the password of a database, and nothing rotates it")


def _is_of_database(secret: Resource, inventory: Inventory) -> bool:
    for version in inventory.referrers(secret, _VERSION):
        if inventory.references(version, *_DATABASES):
            return True
        for password in inventory.references(version, "random_password"):
            if inventory.referrers(password, *_DATABASES):
                return True
    return False
