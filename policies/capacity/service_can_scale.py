"""What a load balancer sends requests to grows with their number."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_ECS = "aws_ecs_service"
_TARGET = "aws_appautoscaling_target"
_POLICIES = ("aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action")
_GOOGLE_SCALERS = ("google_compute_autoscaler", "google_compute_region_autoscaler")
_AZURE_SCALER = "azurerm_monitor_autoscale_setting"
# The attribute with the number of instances, and what changes it.
_SIZE = {
    _ECS: "desired_count",
    "google_compute_instance_group_manager": "target_size",
    "google_compute_region_instance_group_manager": "target_size",
    "azurerm_linux_virtual_machine_scale_set": "instances",
    "azurerm_windows_virtual_machine_scale_set": "instances",
    "azurerm_orchestrated_virtual_machine_scale_set": "instances",
}
_BALANCED_BY = (
    "google_compute_backend_service",
    "google_compute_region_backend_service",
)
_BALANCERS = (
    "google_compute_target_pool",
    "azurerm_lb_backend_address_pool",
    "azurerm_application_gateway",
)
_STATEFUL = ("stateful_disk", "stateful_internal_ip", "stateful_external_ip")
# What else an aws_appautoscaling_target is written for.
_OTHER_NAMESPACES = ("dynamodb", "elasticache", "lambda", "rds", "sagemaker")
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
    if any(_is_there(scaler, service) for scaler in scalers):
        return
    if service.get("scheduling_strategy").text() == "DAEMON":
        raise NotApplicable("it runs once on each instance of its cluster")
    if any(True for name in _STATEFUL if service.get(name)):
        raise NotApplicable("its instances keep state: it is of a fixed size")
    if not _takes_traffic(service, inventory):
        raise NotApplicable("no load balancer of this scan sends it traffic")
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
        return inventory.referrers(service, *_GOOGLE_SCALERS, _AZURE_SCALER)
    name = service.get("name").identity()
    named = inventory.index(_by_service).get((service.scope, name), []) if name else []
    found = [*inventory.referrers(service, _TARGET, *_POLICIES), *named]
    found = [one for one in found if _is_for(one, service)]
    for target in [one for one in found if one.kind == _TARGET]:
        found += inventory.referrers(target, *_POLICIES)
    return [one for one in found if one.kind in _POLICIES]


def _is_for(scaler: Resource, service: Resource) -> bool:
    """Whether it is for this one of several instances, where their names are known."""
    named, name = scaler.get("resource_id"), service.get("name")
    if not (named.known and name.known and named.identity()):
        return True
    return named.identity().rpartition("/")[2] == name.identity()


def _is_there(scaler: Resource, service: Resource) -> bool:
    """Whether it is surely made where the service is; `[*]` is a number that is not known."""
    return "[*]" not in scaler.address or "[*]" in service.address


def _by_service(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """By scope and the name of the service, what scales one whose name is written out."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in inventory.of_kind(_TARGET, *_POLICIES):
        kind, _, rest = one.get("resource_id").identity().partition("/")
        if kind == "service":
            found[one.scope, rest.rpartition("/")[2]].append(one)
    return found


def _takes_traffic(service: Resource, inventory: Inventory) -> bool:
    if service.kind == _ECS:
        return any(True for _ in service.get("load_balancer").items())
    by_it = inventory.references(service, *_BALANCERS)
    return bool(by_it or inventory.referrers(service, *_BALANCED_BY))


def _raise_if_scaled_elsewhere(service: Resource, inventory: Inventory) -> None:
    for other in inventory.referrers(service, *_MAY_SCALE):
        raise UnknownValue(f"{other.address} is given the service, and may scale it")
    for scaler in inventory.index(_unresolved).get((service.scope, _cloud(service)), ()):
        raise UnknownValue(f"{scaler.address} may be for this service")
    if service.ignores_changes(_SIZE[service.kind]):
        raise UnknownValue("its lifecycle.ignore_changes leaves its size to others")


def _cloud(resource: Resource) -> str:
    return resource.kind.partition("_")[0]


def _unresolved(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """By scope and cloud, the scalers of something that is not known."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    named_by = {_TARGET: "resource_id", _AZURE_SCALER: "target_resource_id"}
    named_by |= dict.fromkeys(_POLICIES, "resource_id") | dict.fromkeys(_GOOGLE_SCALERS, "target")
    for kind, attribute in named_by.items():
        for scaler in inventory.of_kind(kind):
            if scaler.get("service_namespace").identity() in _OTHER_NAMESPACES:
                continue
            if not scaler.get(attribute).known and not _names_something(scaler, attribute):
                found[scaler.scope, _cloud(scaler)].append(scaler)
    return found


def _names_something(scaler: Resource, attribute: str) -> bool:
    """Whether it refers to what it scales; a cluster may be named beside a service."""
    named = [ref.target for ref in scaler.references if ref.node.path[0] == attribute]
    return any("aws_ecs_cluster." not in target for target in named)
