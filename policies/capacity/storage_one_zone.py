"""Files and objects are kept in more than one zone."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

_ACCOUNT = "azurerm_storage_account"
# Where each kind says how it is spread, and what the values of one zone begin with.
_PLACES: dict[str, tuple[str, tuple[str, ...]]] = {
    _ACCOUNT: ("account_replication_type", ("LRS",)),
    "aws_fsx_ontap_file_system": ("deployment_type", ("SINGLE_AZ",)),
    "aws_fsx_openzfs_file_system": ("deployment_type", ("SINGLE_AZ",)),
    "aws_fsx_windows_file_system": ("deployment_type", ("SINGLE_AZ",)),
    "google_filestore_instance": (
        "tier",
        ("BASIC_", "HIGH_SCALE_SSD", "PREMIUM", "STANDARD", "ZONAL"),
    ),
}
# What an account of these is for can be lost: pictures of a machine that starts, and the like.
_PASSING = (
    "azurerm_linux_virtual_machine",
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_network_watcher_flow_log",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_virtual_machine",
    "azurerm_windows_virtual_machine",
    "azurerm_windows_virtual_machine_scale_set",
)


@rule(
    id="CAP052",
    title="files are kept in one zone only",
    group="weakness",
    kinds=["aws_efs_file_system", *_PLACES],
    references=[
        "https://docs.aws.amazon.com/efs/latest/ug/availability-durability.html",
        "https://docs.aws.amazon.com/fsx/latest/WindowsGuide/high-availability-multiAZ.html",
        "https://cloud.google.com/filestore/docs/service-tiers",
        "https://learn.microsoft.com/en-us/azure/storage/common/storage-redundancy",
    ],
)
def storage_one_zone(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    if store.kind == "aws_efs_file_system":
        zone = store.get("availability_zone_name")
        if zone.present:
            yield Problem(zone, f"its files are in {zone.text()} only: it is of the One Zone class")
        return
    name, single = _PLACES[store.kind]
    written = store.get(name)
    value = setting(store, name).text()
    if not value.startswith(single):
        return
    if store.kind == _ACCOUNT:
        _raise_if_not_asked(store, inventory)
    state = f"is {value}" if written.present else f"is not set, and {value} by default"
    yield Problem(written, f"{name} {state}: its files are in one zone only")


def _raise_if_not_asked(account: Resource, inventory: Inventory) -> None:
    kind = account.get("account_kind").text("StorageV2")
    if account.get("account_tier").text() == "Premium" and kind.startswith("Storage"):
        raise NotApplicable("premium page blobs are kept in one zone always")
    if inventory.referrers(account, *_PASSING):
        raise NotApplicable("it holds the diagnostics of machines")
