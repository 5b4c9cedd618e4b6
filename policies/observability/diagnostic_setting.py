"""What an Azure data store logs goes where somebody can query it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    expect_no_module,
    expect_no_stray,
    rule,
)

_SETTING = "azurerm_monitor_diagnostic_setting"
# Azure Policy usually adds the settings to everything at once, and they do not show here.


@rule(
    id="OBS022",
    title="logs of the Azure data store go nowhere",
    group="disputed",
    kinds=[
        "azurerm_cosmosdb_account",
        "azurerm_key_vault",
        "azurerm_kubernetes_cluster",
        "azurerm_mssql_database",
        "azurerm_mysql_flexible_server",
        "azurerm_postgresql_flexible_server",
        "azurerm_redis_cache",
        "azurerm_servicebus_namespace",
    ],
    references=[
        "https://learn.microsoft.com/en-us/azure/azure-monitor/platform/diagnostic-settings",
    ],
)
def diagnostic_setting(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(store, _SETTING):
        return
    expect_no_module(store, inventory, "is given the store")
    expect_no_stray(store, inventory, _SETTING, at="target_resource_id", may="may be for it")
    yield Problem(store.node, "no diagnostic setting is declared: its logs are not kept")
