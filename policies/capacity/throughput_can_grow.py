"""A gateway or a stream that many services share takes more throughput when it needs it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

_GATEWAY, _EVENTS = "azurerm_application_gateway", "azurerm_eventhub_namespace"


@rule(
    id="CAP071",
    title="gateway or event stream has a fixed throughput",
    group="weakness",
    kinds=[_GATEWAY, _EVENTS],
    references=[
        "https://learn.microsoft.com/en-us/azure/application-gateway/application-gateway-autoscaling-zone-redundant",
        "https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-auto-inflate",
    ],
)
def throughput_can_grow(shared: Resource) -> Iterator[Problem]:
    if shared.kind == _GATEWAY:
        yield from _of_gateway(shared)
    else:
        yield from _of_events(shared)


def _of_gateway(gateway: Resource) -> Iterator[Problem]:
    scaling = gateway.get("autoscale_configuration", 0)
    capacity = gateway.get("sku", 0, "capacity")
    if not scaling.present:
        tier = gateway.get("sku", 0, "tier").text()
        if not tier.endswith("_v2"):
            raise NotApplicable(f"the tier '{tier}' cannot scale by itself")
        fixed = (
            f"fixed at {capacity.number():g}" if capacity.known and capacity.present else "fixed"
        )
        yield Problem(capacity, f"capacity is {fixed}: there is no autoscale_configuration")
        return
    # Where there is no maximum, Azure chooses one.
    least, most = scaling.get("min_capacity"), scaling.get("max_capacity")
    if most.present and most.number() <= least.number():
        yield Problem(most, f"min_capacity and max_capacity are both {most.number():g}")


def _of_events(namespace: Resource) -> Iterator[Problem]:
    tier = namespace.get("sku").text()
    if tier != "Standard":
        raise NotApplicable(f"the tier '{tier}' has no auto-inflate")
    if namespace.get("dedicated_cluster_id").present:
        raise NotApplicable("it runs on a cluster of its own")
    inflates = namespace.get("auto_inflate_enabled")
    if not setting(namespace, "auto_inflate_enabled").flag():
        state = "false" if inflates.present else "not set, and off by default"
        yield Problem(inflates, f"auto_inflate_enabled is {state}: senders are throttled")
        return
    most = namespace.get("maximum_throughput_units")
    if most.present and most.number() <= namespace.get("capacity").number(1):
        yield Problem(
            most, f"maximum_throughput_units is {most.number():g}, no more than the capacity"
        )
