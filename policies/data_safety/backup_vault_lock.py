"""Nobody can delete a vault's backups before their time."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, UnknownValue, rule

_LOCK = "aws_backup_vault_lock_configuration"


@rule(
    id="DAT033",
    title="backups can be deleted before their time",
    group="disputed",
    kinds=["aws_backup_vault"],
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html",
    ],
)
def backup_vault_lock(vault: Resource, inventory: Inventory) -> Iterator[Problem]:
    name = vault.get("name").identity()
    if inventory.referrers(vault, _LOCK) or name in inventory.index(_locked):
        return
    for module in inventory.referrers(vault, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may lock it")
    for lock in inventory.index(_unresolved).get(vault.scope, ()):
        raise UnknownValue(f"{lock.address} may be for this vault")
    yield Problem(vault.node, f"no {_LOCK} is for this vault")


def _locked(inventory: Inventory) -> set[str]:
    return {lock.get("backup_vault_name").identity() for lock in inventory.of_kind(_LOCK)} - {""}


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the locks of a vault that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for lock in inventory.of_kind(_LOCK):
        named = inventory.references(lock, "aws_backup_vault")
        if not lock.get("backup_vault_name").known and not named:
            found[lock.scope].append(lock)
    return found
