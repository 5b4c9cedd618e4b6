"""A storage account keeps the blobs that are overwritten or deleted for some days."""

import re
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

_BACKUP = "azurerm_data_protection_backup_instance_blob_storage"
_PASSING_NAMES = frozenset(
    {"cache", "diag", "diagnostics", "log", "logging", "logs", "scratch", "temp", "tmp"}
)
# Where each kind names the account of its own working files, logs or boot pictures.
_USERS = {
    "azurerm_function_app": "storage_account_name",
    "azurerm_function_app_flex_consumption": "storage_container_endpoint",
    "azurerm_linux_function_app": "storage_account_name",
    "azurerm_linux_virtual_machine": "boot_diagnostics",
    "azurerm_logic_app_standard": "storage_account_name",
    "azurerm_monitor_diagnostic_setting": "storage_account_id",
    "azurerm_network_watcher_flow_log": "storage_account_id",
    "azurerm_virtual_machine": "boot_diagnostics",
    "azurerm_windows_function_app": "storage_account_name",
    "azurerm_windows_virtual_machine": "boot_diagnostics",
}


@rule(
    id="DAT052",
    title="storage account loses at once the blobs that are deleted in it",
    group="data-loss",
    kinds=["azurerm_storage_account"],
    references=[
        "https://learn.microsoft.com/en-us/azure/storage/blobs/soft-delete-blob-overview",
        "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/storage_account",
    ],
    aliases=["checkov:CKV2_AZURE_38", "trivy:AZU-0056"],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def azure_storage_soft_delete(account: Resource, inventory: Inventory) -> Iterator[Problem]:
    blobs = account.get("blob_properties", 0)
    # The block alone is enough: its days are 7 unless set.
    if blobs.get("delete_retention_policy").present or blobs.get("versioning_enabled").flag():
        return
    if account.get("account_kind").text() == "FileStorage":
        raise NotApplicable("it holds file shares, and no blobs")
    telling = _words(account.address, account.get("name").identity()) & _PASSING_NAMES
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
    for user in inventory.referrers(account, *_USERS):
        _raise_if_worked_in(user, account)
    for backup in inventory.referrers(account, _BACKUP):
        raise UnknownValue(f"Azure Backup turns it on by the policy of {backup.address}")
    yield Problem(
        blobs.get("delete_retention_policy"),
        "blob_properties has no delete_retention_policy: a deleted blob is gone at once",
    )


def _words(*names: str) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}


def _raise_if_worked_in(user: Resource, account: Resource) -> None:
    address = account.address.partition("[")[0]
    for reference in user.references:
        if reference.target == address and reference.node.path[0] == _USERS[user.kind]:
            raise NotApplicable(f"{user.address} keeps its own working files in it")
