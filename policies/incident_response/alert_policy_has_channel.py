"""An alert of Google Cloud or Azure tells somebody."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

# Where each kind names whom it tells.
_TELLS = {
    "azurerm_monitor_activity_log_alert": "action",
    "azurerm_monitor_metric_alert": "action",
    "azurerm_monitor_scheduled_query_rules_alert_v2": "action",
    "google_monitoring_alert_policy": "notification_channels",
}
_AZURE = tuple(kind for kind in _TELLS if kind.startswith("azurerm_"))
_PROCESSING = "azurerm_monitor_alert_processing_rule_action_group"


@rule(
    id="INC011",
    title="alert policy tells nobody",
    group="weakness",
    kinds=sorted(_TELLS),
    references=[
        "https://cloud.google.com/monitoring/support/notification-options",
        "https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/action-groups",
    ],
)
def alert_policy_has_channel(alert: Resource, inventory: Inventory) -> Iterator[Problem]:
    if not alert.get("enabled").flag(default=True):
        raise NotApplicable("it is switched off")
    name = _TELLS[alert.kind]
    told = alert.get(name)
    if any(True for _ in told.items()):
        return
    if alert.ignores_changes(name):
        raise NotApplicable(f"its lifecycle.ignore_changes leaves {name} to others")
    if alert.kind in _AZURE:
        _raise_if_passed_on(alert, inventory)
    state = "empty" if told.present else "not set"
    yield Problem(told, f"{name} is {state}: an incident is opened, and nobody is told")


def _raise_if_passed_on(alert: Resource, inventory: Inventory) -> None:
    """A processing rule adds action groups to all alerts of a subscription, from any state."""
    if alert.get(_TELLS[alert.kind]).present:
        raise UnknownValue("its actions are left to a dynamic block, which is empty here")
    for processing in inventory.of_kind(_PROCESSING):
        raise UnknownValue(f"{processing.address} may pass it on")
    beside = (one for one in inventory.of_kind(*_AZURE) if one.scope == alert.scope)
    if not any(one.get(_TELLS[one.kind]).value for one in beside):
        raise UnknownValue("no alert beside it has an action: a processing rule may hand them out")
