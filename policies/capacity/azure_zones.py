"""Machines in a region of Azure that has zones are spread over them."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_CLUSTER = "azurerm_kubernetes_cluster"
_POOL = "azurerm_kubernetes_cluster_node_pool"
_PLAN = "azurerm_service_plan"
_SCALE_SETS = (
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
)
# https://learn.microsoft.com/en-us/azure/reliability/regions-list, those with zones. A region that
# is missing here is unknown, so that a new one gives no false finding.
_WITH_ZONES = frozenset(
    [
        "australiaeast",
        "brazilsouth",
        "canadacentral",
        "centralindia",
        "centralus",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "germanywestcentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "koreacentral",
        "mexicocentral",
        "newzealandnorth",
        "northeurope",
        "norwayeast",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southcentralus",
        "southeastasia",
        "spaincentral",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "usgovvirginia",
        "westeurope",
        "westus2",
        "westus3",
    ]
)
# https://learn.microsoft.com/en-us/azure/reliability/reliability-app-service
_ZONAL_PLANS = ("P0v", "P1v", "P2v", "P3v", "P1mv", "P2mv", "P3mv", "P4mv", "P5mv", "I")
# https://learn.microsoft.com/en-us/azure/reliability/regions-list, those that have none and that no
# zones were announced for.
_WITHOUT_ZONES = frozenset(
    ["australiasoutheast", "canadaeast", "northcentralus", "southindia", "ukwest", "westus"]
)


@rule(
    id="CAP049",
    title="machines on Azure are not spread over the zones of their region",
    group="resilience",
    kinds=[_CLUSTER, _POOL, _PLAN, *_SCALE_SETS],
    references=[
        "https://learn.microsoft.com/en-us/azure/reliability/availability-zones-overview",
        "https://learn.microsoft.com/en-us/azure/aks/availability-zones",
    ],
    aliases=["checkov:CKV_AZURE_225"],
)
def azure_zones(machines: Resource, inventory: Inventory) -> Iterator[Problem]:
    if machines.kind == _PLAN:
        yield from _plan(machines, inventory)
        return
    pool = machines.get("default_node_pool", 0) if machines.kind == _CLUSTER else machines.node
    zones = _zones(pool)
    own = {zone.text() for zone in zones.items()}
    if len(own) > 1:
        return
    _raise_if_alone(machines, pool)
    for other in _partners(machines, inventory) if own else ():
        if {zone.text() for zone in _zones(other).items()} - own:
            return
    home = _location(machines, inventory)
    _raise_if_no_zones(home)
    state = f"names only zone '{min(own)}'" if own else "is not set"
    yield Problem(zones, f"zones {state}: all machines may be lost with one datacenter")


def _zones(pool: Node) -> Node:
    """The zones of a pool; the second name is that of the provider before version 3."""
    zones, old = pool.get("zones"), pool.get("availability_zones")
    return zones if zones.present or not old.present else old


def _raise_if_alone(machines: Resource, pool: Node) -> None:
    if pool.get("proximity_placement_group_id"):
        raise NotApplicable("a proximity placement group keeps it together on purpose")
    scales = pool.get("max_count").present
    number = pool.get("instances" if machines.kind in _SCALE_SETS else "node_count")
    if number.present and number.number() <= 1 and not scales:
        raise NotApplicable("it is a single machine")


def _partners(machines: Resource, inventory: Inventory) -> Iterator[Node]:
    """The other pools of a cluster: a pool a zone is a common design."""
    if machines.kind == _POOL:
        for cluster in inventory.references(machines, _CLUSTER):
            yield cluster.get("default_node_pool", 0)
            for pool in inventory.referrers(cluster, _POOL):
                if pool is not machines:
                    yield pool.node
    elif machines.kind == _CLUSTER:
        for pool in inventory.referrers(machines, _POOL):
            yield pool.node


def _location(machines: Resource, inventory: Inventory) -> Node:
    if machines.kind != _POOL:
        return machines.get("location")
    for cluster in inventory.references(machines, _CLUSTER):
        return cluster.get("location")
    raise UnknownValue("its cluster, and so its region, is not in this scan")


def _raise_if_no_zones(location: Node) -> None:
    name = location.text().replace(" ", "").lower()
    if name in _WITHOUT_ZONES:
        raise NotApplicable(f"the region {name} has no zones")
    if name not in _WITH_ZONES:
        raise UnknownValue(f"whether the region {name or 'that is not named'} has zones is unknown")


def _plan(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    balanced = plan.get("zone_balancing_enabled")
    if balanced.flag():
        return
    sku = plan.get("sku_name").text()
    if not sku.startswith(_ZONAL_PLANS) or sku in ("I1", "I2", "I3"):
        raise NotApplicable(f"a plan of the SKU {sku} is not spread over zones")
    _raise_if_no_zones(plan.get("location"))
    scales = plan.get("premium_plan_auto_scale_enabled").flag() or inventory.referrers(
        plan, "azurerm_monitor_autoscale_setting"
    )
    if not scales and plan.get("worker_count").number(default=1) <= 1:
        raise NotApplicable("it has a single worker")
    state = "false" if balanced.present else "not set"
    yield Problem(balanced, f"zone_balancing_enabled is {state}: all workers may share a zone")
