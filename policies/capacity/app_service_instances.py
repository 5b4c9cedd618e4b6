"""An App Service plan has a second worker."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_APPS = ("azurerm_linux_web_app", "azurerm_windows_web_app")
# Dedicated plans: the others have one worker, or as many as they need.
_DEDICATED = ("B", "I", "P", "S1", "S2", "S3")


@rule(
    id="CAP055",
    title="App Service plan has one worker",
    group="resilience",
    kinds=["azurerm_service_plan"],
    references=[
        "https://learn.microsoft.com/en-us/azure/app-service/overview-hosting-plans",
        "https://learn.microsoft.com/en-us/azure/reliability/reliability-app-service",
    ],
    aliases=["checkov:CKV_AZURE_212"],
)
def app_service_instances(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    for scaler in inventory.referrers(plan, "azurerm_monitor_autoscale_setting"):
        yield from _scaled(scaler)
        return
    workers = plan.get("worker_count")
    if workers.known and workers.number() > 1:
        return
    sku = plan.get("sku_name").text()
    if not sku.startswith(_DEDICATED):
        raise NotApplicable(f"a plan of the SKU {sku} has no workers to count")
    if not inventory.referrers(plan, *_APPS):
        raise UnknownValue("no web app of it is in this scan")
    if plan.get("premium_plan_auto_scale_enabled").flag() or plan.ignores_changes("worker_count"):
        raise UnknownValue("the number of its workers is set elsewhere")
    if workers.number(default=1) <= 1:
        state = "is 1" if workers.present else "is not set, and 1 by default"
        yield Problem(workers, f"worker_count {state}: its apps restart with that worker")


def _scaled(scaler: Resource) -> Iterator[Problem]:
    for profile in scaler.get("profile").items():
        least = profile.get("capacity", 0, "minimum")
        if least.present and least.number() <= 1:
            yield Problem(least, f"autoscaling goes down to {least.text()} worker")
            return
