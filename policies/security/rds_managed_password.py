"""The password of a database is made, kept and changed by AWS."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
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
# The first version of the AWS provider with manage_master_user_password.
_FIRST = (4, 61)
_CONDITION = re.compile(r"(=|~>|<=|<)?\s*v?(\d+(?:\.\d+)*)$")


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
def rds_managed_password(database: Resource, inventory: Inventory) -> Iterator[Problem]:
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
    if any(_ends_before(pin, _FIRST) for pin in _pins(database, inventory)):
        raise NotApplicable("the provider is pinned to a version that does not know the argument")
    # Where the value comes from does not matter: whatever it is, the state holds it.
    yield Problem(password, f"{name} is set here: the state holds it in clear text", sensitive=True)


def _pins(database: Resource, inventory: Inventory) -> Iterator[str]:
    """What the root module, its provider blocks and the modules it calls demand of the provider."""
    for settings in inventory.in_scope_of(database, "terraform"):
        called = settings.get("called")
        for module in (settings.node, *(called.items() if called.known else ())):
            for field in ("required_providers", "provider"):
                block = module.get(field)
                for one in block.items() if block.known else ():
                    aws = one.get("aws")
                    yield (aws if isinstance(aws.value, str) else aws.get("version")).identity()


def _ends_before(constraint: str, first: tuple[int, ...]) -> bool:
    """Whether a version constraint allows only what came before a version."""
    for condition in constraint.split(","):
        found = _CONDITION.match(condition.strip())
        if found is None:
            continue
        version = tuple(map(int, found[2].split(".")))
        if found[1] == "~>":
            # The last number may grow, and so the one before it is the first to be out of reach.
            if len(version) > 1 and (*version[:-2], version[-2] + 1) <= first:
                return True
        elif version < first or (found[1] == "<" and version == first):
            return True
    return False
