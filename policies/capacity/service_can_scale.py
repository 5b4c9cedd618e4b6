"""What a load balancer sends requests to grows with their number."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    AZURE_SCALE_SETS,
    AZURE_SCALER,
    GOOGLE_BACKENDS,
    GOOGLE_GROUPS,
    GOOGLE_SCALERS,
    SCALABLE_TARGET,
    SCALING_POLICIES,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    scaling_policies,
    stray_scalers,
    strays,
    takes_requests,
)

_ECS = "aws_ecs_service"
# The attribute with the number of instances, and what changes it.
_SIZE = {
    _ECS: "desired_count",
    **dict.fromkeys(GOOGLE_GROUPS, "target_size"),
    **dict.fromkeys(AZURE_SCALE_SETS, "instances"),
}
_BALANCERS = (
    "google_compute_target_pool",
    "azurerm_lb_backend_address_pool",
    "azurerm_application_gateway",
)
_STATEFUL = ("stateful_disk", "stateful_internal_ip", "stateful_external_ip")
# What is given the name of a service may change its size by code that no file here shows.
_MAY_SCALE = ("module", "aws_lambda_function", "aws_cloudformation_stack", "helm_release")


@rule(
    id="CAP065",
    title="service behind a load balancer has a fixed number of instances",
    group="advice",
    kinds=_SIZE,
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html",
        "https://cloud.google.com/compute/docs/autoscaler",
        "https://learn.microsoft.com/en-us/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-autoscale-overview",
    ],
)
def service_can_scale(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    scalers = _scalers(service, inventory)
    if any(scaler.surely_beside(service) for scaler in scalers):
        return
    if service.get("scheduling_strategy").text() == "DAEMON":
        raise NotApplicable("it runs once on each instance of its cluster")
    if any(True for name in _STATEFUL if service.get(name)):
        raise NotApplicable("its instances keep state: it is of a fixed size")
    if not _takes_traffic(service, inventory):
        raise NotApplicable("nothing of this scan sends it traffic")
    size = service.get(_SIZE[service.kind])
    if size.present and size.number() == 0:
        raise NotApplicable("it is switched off: its size is 0")
    for scaler in scalers:
        raise UnknownValue(f"{scaler.address} scales it, if it is there at all")
    _raise_if_scaled_elsewhere(service, inventory)
    state = f"stays at {size.number():g}" if size.present else "is not set"
    yield Problem(size, f"{_SIZE[service.kind]} {state}, and nothing scales it with its load")


def _scalers(service: Resource, inventory: Inventory) -> list[Resource]:
    if service.kind != _ECS:
        return inventory.referrers(service, *GOOGLE_SCALERS, AZURE_SCALER)
    return scaling_policies(service, inventory)


def _takes_traffic(service: Resource, inventory: Inventory) -> bool:
    if service.kind == _ECS:
        return takes_requests(service)
    by_it = inventory.references(service, *_BALANCERS)
    return bool(by_it or inventory.referrers(service, *GOOGLE_BACKENDS))


def _raise_if_scaled_elsewhere(service: Resource, inventory: Inventory) -> None:
    for other in inventory.referrers(service, *_MAY_SCALE):
        raise UnknownValue(f"{other.address} is given the service, and may scale it")
    for scaler in _strays(service, inventory):
        raise UnknownValue(f"{scaler.address} may be for this service")
    if service.ignores_changes(_SIZE[service.kind]):
        raise UnknownValue("its lifecycle.ignore_changes leaves its size to others")


def _strays(service: Resource, inventory: Inventory) -> list[Resource]:
    """The scalers of something that is not known."""
    if service.kind == _ECS:
        return stray_scalers(service, inventory, SCALABLE_TARGET, *SCALING_POLICIES)
    if service.kind.startswith("google_"):
        return strays(service, inventory, *GOOGLE_SCALERS, at="target")
    return strays(service, inventory, AZURE_SCALER, at="target_resource_id")
