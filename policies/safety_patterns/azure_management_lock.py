"""A lock keeps people and programs from deleting what holds data in Azure."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_stray,
    is_replica,
    rule,
)

_LOCK = "azurerm_management_lock"


@rule(
    id="SAF087",
    title="no lock keeps the data store from being deleted",
    group="disputed",
    kinds=[
        "azurerm_container_registry",
        "azurerm_cosmosdb_account",
        "azurerm_key_vault",
        "azurerm_managed_disk",
        "azurerm_mssql_server",
        "azurerm_mysql_flexible_server",
        "azurerm_postgresql_flexible_server",
        "azurerm_recovery_services_vault",
        "azurerm_storage_account",
    ],
    references=[
        "https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/lock-resources",
        "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/management_lock",
    ],
)
def azure_management_lock(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    if is_replica(store):
        raise NotApplicable("it is a replica: its source holds the data")
    groups = inventory.references(store, "azurerm_resource_group")
    # Both levels keep it from being deleted, and a lock of the group holds for all in it.
    if any(inventory.referrers(locked, _LOCK) for locked in (store, *groups)):
        return
    expect_no_stray(store, inventory, _LOCK, at="scope", may="may be for it")
    if not groups:
        raise UnknownValue("its resource group, which may be locked, is not in this scan")
    yield Problem(store.get("name"), f"no {_LOCK} names it or its resource group")
