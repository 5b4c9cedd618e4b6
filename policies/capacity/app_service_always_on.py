"""A web app is not unloaded when nobody calls it for a while."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    setting,
)

# https://learn.microsoft.com/en-us/azure/app-service/configure-common
_SHARED = ("D1", "F1", "SHARED")


@rule(
    id="CAP056",
    title="web app on Azure is unloaded when it is idle",
    group="advice",
    kinds=["azurerm_linux_web_app", "azurerm_windows_web_app"],
    references=[
        "https://learn.microsoft.com/en-us/azure/app-service/configure-common",
    ],
    aliases=["checkov:CKV_AZURE_214"],
)
def app_service_always_on(app: Resource, inventory: Inventory) -> Iterator[Problem]:
    always_on = app.get("site_config", 0, "always_on")
    if setting(app, *always_on.path).flag():
        return
    plans = inventory.references(app, "azurerm_service_plan")
    if not plans:
        raise UnknownValue("its plan, which may be a free one, is not in this scan")
    if any(plan.get("sku_name").text() in _SHARED for plan in plans):
        raise NotApplicable("a free or shared plan cannot keep it loaded")
    yield Problem(always_on, "always_on is false: it is unloaded after 20 idle minutes")
