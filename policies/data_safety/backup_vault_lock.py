"""Nobody can delete a vault's backups before their time."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    expect_no_module,
    expect_no_stray,
    rule,
)

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
    expect_no_module(vault, inventory, "may lock it")
    expect_no_stray(
        vault,
        inventory,
        _LOCK,
        at="backup_vault_name",
        of=("aws_backup_vault",),
        may="may be for this vault",
    )
    yield Problem(vault.node, f"no {_LOCK} is for this vault")


def _locked(inventory: Inventory) -> set[str]:
    return {lock.get("backup_vault_name").identity() for lock in inventory.of_kind(_LOCK)} - {""}
