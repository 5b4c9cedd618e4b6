"""Where virtual machines are backed up to a vault, none of them is forgotten."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    strays,
)

_MACHINES = (
    "azurerm_linux_virtual_machine",
    "azurerm_virtual_machine",
    "azurerm_windows_virtual_machine",
)
_PROTECTED = "azurerm_backup_protected_vm"


@rule(
    id="DAT050",
    title="virtual machine is left out of the backups of its neighbours",
    group="advice",
    kinds=_MACHINES,
    references=[
        "https://learn.microsoft.com/en-us/azure/backup/backup-azure-vms-introduction",
    ],
    aliases=["checkov:CKV2_AZURE_12"],
)
def azure_vm_backup(machine: Resource, inventory: Inventory) -> Iterator[Problem]:
    protected = inventory.in_scope_of(machine, _PROTECTED)
    if not protected:
        raise NotApplicable("no machine beside it is backed up")
    if inventory.referrers(machine, _PROTECTED):
        return
    if machine.get("priority").text() == "Spot":
        raise NotApplicable("it is a spot machine, which Azure may take away at any time")
    unclear = strays(machine, inventory, _PROTECTED, at="source_vm_id", of=_MACHINES)
    for one in (*unclear, *inventory.referrers(machine, "module")):
        raise UnknownValue(f"{one.address} may be for this machine")
    yield Problem(
        machine.get("name"),
        f"no {_PROTECTED} names it, though there is {protected[0].address}",
        related=((protected[0].node, "another machine is backed up"),),
    )
