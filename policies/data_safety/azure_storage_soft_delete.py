"""A storage account keeps the blobs that are overwritten or deleted for some days."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_lasting,
    rule,
)

_BACKUP = "azurerm_data_protection_backup_instance_blob_storage"
_DIAGNOSTICS = ("diag", "diagnostics")
# An account has no dashes in its name to tell words by.
_PASSING_PARTS = ("cache", "diag", "logs", "scratch")
# Where each kind names the account of its own working files, logs or boot pictures.
_USERS = {
    "azurerm_function_app": "storage_account_name",
    "azurerm_function_app_flex_consumption": "storage_container_endpoint",
    "azurerm_linux_function_app": "storage_account_name",
    "azurerm_linux_virtual_machine": "boot_diagnostics",
    "azurerm_linux_virtual_machine_scale_set": "boot_diagnostics",
    "azurerm_linux_web_app": "logs",
    "azurerm_log_analytics_linked_storage_account": "storage_account_ids",
    "azurerm_logic_app_standard": "storage_account_name",
    "azurerm_monitor_diagnostic_setting": "storage_account_id",
    "azurerm_mssql_database_extended_auditing_policy": "storage_endpoint",
    "azurerm_mssql_server_extended_auditing_policy": "storage_endpoint",
    "azurerm_mssql_server_security_alert_policy": "storage_endpoint",
    "azurerm_network_watcher_flow_log": "storage_account_id",
    "azurerm_virtual_machine": "boot_diagnostics",
    "azurerm_windows_function_app": "storage_account_name",
    "azurerm_windows_virtual_machine": "boot_diagnostics",
    "azurerm_windows_virtual_machine_scale_set": "boot_diagnostics",
    "azurerm_windows_web_app": "logs",
}
_BLOBS = (
    "azurerm_storage_blob",
    "azurerm_storage_container",
    "azurerm_storage_data_lake_gen2_filesystem",
)
_NO_BLOBS = ("azurerm_storage_queue", "azurerm_storage_share", "azurerm_storage_table")
_WEBSITE = "azurerm_storage_account_static_website"


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
)
def azure_storage_soft_delete(account: Resource, inventory: Inventory) -> Iterator[Problem]:
    blobs = account.get("blob_properties", 0)
    # The block alone is enough: its days are 7 unless set.
    if blobs.get("delete_retention_policy").present or blobs.get("versioning_enabled").flag():
        return
    if account.get("account_kind").text() == "FileStorage":
        raise NotApplicable("it holds file shares, and no blobs")
    name = account.get("name").identity().lower()
    expect_lasting(account.address, name, also=_DIAGNOSTICS)
    expect_lasting(name, within=_PASSING_PARTS)
    if account.get("static_website").present or inventory.referrers(account, _WEBSITE):
        raise NotApplicable("it serves a website, whose files are uploaded from elsewhere")
    if inventory.referrers(account, *_NO_BLOBS) and not inventory.referrers(account, *_BLOBS):
        raise NotApplicable("what is declared in it are shares, queues or tables, and no blobs")
    for user in inventory.referrers(account, *_USERS):
        if user.names(account, _USERS[user.kind]):
            raise NotApplicable(f"{user.address} keeps its own working files in it")
    for other in inventory.referrers(account, "azapi_resource", "azapi_update_resource", "module"):
        raise UnknownValue(f"{other.address} may turn it on")
    for backup in inventory.referrers(account, _BACKUP):
        raise UnknownValue(f"Azure Backup turns it on by the policy of {backup.address}")
    yield Problem(
        blobs.get("delete_retention_policy"),
        "blob_properties has no delete_retention_policy: a deleted blob is gone at once",
    )
