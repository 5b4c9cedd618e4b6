"""A load balancer asks its backends whether they are well before it sends them requests."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    GOOGLE_BACKENDS,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_INSTANCES = (
    "google_compute_instance_group",
    "google_compute_instance_group_manager",
    "google_compute_network_endpoint_group",
    "google_compute_region_instance_group_manager",
)
_UNCHECKED = (
    "google_compute_global_network_endpoint_group",
    "google_compute_region_network_endpoint_group",
)
_AZURE = "azurerm_lb_rule"


@rule(
    id="SAF120",
    title="load balancer sends requests to backends it does not check",
    group="resilience",
    kinds=[*GOOGLE_BACKENDS, _AZURE],
    references=[
        "https://cloud.google.com/load-balancing/docs/health-check-concepts",
        "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-custom-probe-overview",
    ],
)
def backend_health_check(backend: Resource, inventory: Inventory) -> Iterator[Problem]:
    if backend.kind == _AZURE:
        yield from _balancing_rule(backend, inventory)
    else:
        yield from _backend_service(backend, inventory)


def _balancing_rule(rule_: Resource, inventory: Inventory) -> Iterator[Problem]:
    probe = rule_.get("probe_id")
    if not probe.known and rule_.named_at("probe_id"):
        return
    if probe.present:
        return
    for balancer in inventory.references(rule_, "azurerm_lb"):
        if balancer.get("sku_tier").text() == "Global":
            raise NotApplicable("a global load balancer asks the regional ones by itself")
    yield Problem(probe, "probe_id is not set: a machine that is down keeps its share of flows")


def _backend_service(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    checks = service.get("health_checks")
    if not checks.known and service.named_at("health_checks"):
        return
    if any(True for _ in checks.items()):
        return
    groups = list(service.get("backend").items())
    if not groups:
        raise NotApplicable("it has no backends here")
    if any(_is_checked(one) for one in inventory.references(service, *_INSTANCES)):
        yield Problem(checks, "health_checks is not set: a backend that is down is still asked")
        return
    if inventory.references(service, *_UNCHECKED):
        raise NotApplicable("its backends are serverless or on the internet: nothing checks them")
    raise UnknownValue("whether its backends can be checked is not known")


def _is_checked(group: Resource) -> bool:
    kind = group.get("network_endpoint_type").text("GCE_VM_IP_PORT")
    return kind.startswith("GCE_VM_IP")
