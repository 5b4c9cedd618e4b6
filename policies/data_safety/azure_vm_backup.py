"""Where virtual machines are backed up to a vault, none of them is forgotten."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_MACHINES = (
    "azurerm_linux_virtual_machine",
    "azurerm_virtual_machine",
    "azurerm_windows_virtual_machine",
)
_PROTECTED = "azurerm_backup_protected_vm"


@rule(
    id="DAT050",
    title="virtual machine is left out of the backup policy that there is",
    group="advice",
    kinds=_MACHINES,
    references=[
        "https://learn.microsoft.com/en-us/azure/backup/backup-azure-vms-introduction",
    ],
    aliases=["checkov:CKV2_AZURE_12"],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def azure_vm_backup(machine: Resource, inventory: Inventory) -> Iterator[Problem]:
    policies = inventory.index(_policies)[machine.scope]
    if not policies:
        raise NotApplicable("no backup policy for virtual machines is declared beside it")
    if inventory.referrers(machine, _PROTECTED):
        return
    if machine.get("priority").text() == "Spot":
        raise NotApplicable("it is a spot machine, which Azure may take away at any time")
    unclear = inventory.index(_unresolved)[machine.scope]
    for one in (*unclear, *inventory.referrers(machine, "module")):
        raise UnknownValue(f"{one.address} may be for this machine")
    yield Problem(
        machine.get("name"),
        f"no {_PROTECTED} names it, though there is {policies[0].address}",
        related=((policies[0].node, "the backup policy"),),
    )


def _policies(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind("azurerm_backup_policy_vm"):
        found[policy.scope].append(policy)
    return found


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, what protects nobody knows which machine."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for protected in inventory.of_kind(_PROTECTED):
        unknown = not protected.get("source_vm_id").known
        if unknown and not inventory.references(protected, *_MACHINES):
            found[protected.scope].append(protected)
    return found
