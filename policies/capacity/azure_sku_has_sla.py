"""A service of Azure is of a tier that Microsoft promises an availability for."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
    setting,
)

# What the tiers without a promise begin with, and where each kind names its tier:
# https://www.microsoft.com/licensing/docs/view/Service-Level-Agreements-SLA-for-Online-Services
_TIERS: dict[str, tuple[tuple[str | int, ...], tuple[str, ...]]] = {
    "azurerm_api_management": (("sku_name",), ("Developer_",)),
    "azurerm_app_configuration": (("sku",), ("free",)),
    "azurerm_kubernetes_cluster": (("sku_tier",), ("Free",)),
    "azurerm_kusto_cluster": (("sku", 0, "name"), ("Dev(No SLA)_",)),
    "azurerm_lb": (("sku",), ("Basic",)),
    "azurerm_search_service": (("sku",), ("free",)),
    "azurerm_service_plan": (("sku_name",), ("D1", "F1", "SHARED")),
    "azurerm_signalr_service": (("sku", 0, "name"), ("Free_",)),
    "azurerm_web_pubsub": (("sku",), ("Free_",)),
}
_REPLICAS = 2


@rule(
    id="CAP050",
    title="Azure service is of a tier without a promised availability",
    group="weakness",
    kinds=_TIERS,
    references=[
        "https://learn.microsoft.com/en-us/azure/aks/free-standard-pricing-tiers",
        "https://learn.microsoft.com/en-us/azure/search/search-reliability",
        "https://learn.microsoft.com/en-us/azure/api-management/api-management-features",
    ],
    aliases=[
        "checkov:CKV_AZURE_170",
        "checkov:CKV_AZURE_175",
        "checkov:CKV_AZURE_180",
        "checkov:CKV_AZURE_196",
        "checkov:CKV_AZURE_208",
        "checkov:CKV_AZURE_209",
    ],
)
def azure_sku_has_sla(service: Resource) -> Iterator[Problem]:
    path, without = _TIERS[service.kind]
    written = service.get(*path)
    tier = setting(service, *path).text()
    name = "sku" if len(path) > 1 else path[0]
    if tier.startswith(without):
        state = f"is {tier}" if written.present else f"is not set, and {tier} by default"
        yield Problem(written, f"{name} {state}: Microsoft promises no availability")
    elif service.kind == "azurerm_search_service":
        replicas = setting(service, "replica_count")
        if replicas.number() < _REPLICAS:
            yield Problem(replicas, "one replica: search has no SLA before there are two")
