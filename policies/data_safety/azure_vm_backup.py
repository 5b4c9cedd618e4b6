"""Where virtual machines are backed up to a vault, none of them is forgotten."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

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
    protected, unclear = inventory.index(_protections)[machine.scope]
    if not protected:
        raise NotApplicable("no machine beside it is backed up")
    if inventory.referrers(machine, _PROTECTED):
        return
    if machine.get("priority").text() == "Spot":
        raise NotApplicable("it is a spot machine, which Azure may take away at any time")
    for one in (*unclear, *inventory.referrers(machine, "module")):
        raise UnknownValue(f"{one.address} may be for this machine")
    yield Problem(
        machine.get("name"),
        f"no {_PROTECTED} names it, though there is {protected[0].address}",
        related=((protected[0].node, "another machine is backed up"),),
    )


def _protections(inventory: Inventory) -> dict[str, tuple[list[Resource], list[Resource]]]:
    """By scope: what protects a machine, and of that what protects nobody knows which."""
    found: dict[str, tuple[list[Resource], list[Resource]]] = defaultdict(lambda: ([], []))
    for protected in inventory.of_kind(_PROTECTED):
        every, unclear = found[protected.scope]
        every.append(protected)
        unknown = not protected.get("source_vm_id").known
        if unknown and not inventory.references(protected, *_MACHINES):
            unclear.append(protected)
    return found
