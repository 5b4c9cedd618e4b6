"""Private subnets reach the internet through a NAT gateway of their own zone."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    several_zones,
    zone_of,
)

_NAT = "aws_nat_gateway"
_TABLES = ("aws_default_route_table", "aws_route_table")


@rule(
    id="CAP048",
    title="subnets of several zones share a NAT gateway in one of them",
    group="weakness",
    kinds=[_NAT],
    references=[
        "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
    ],
)
def nat_per_az(gateway: Resource, inventory: Inventory) -> Iterator[Problem]:
    if gateway.get("connectivity_type").text() == "private":
        raise NotApplicable("it is private: nothing reaches the internet through it")
    if gateway.get("availability_mode").text() == "regional":
        return
    routes = inventory.referrers(gateway, "aws_route", *_TABLES)
    if not routes:
        raise UnknownValue("the routes through it are not in this scan")
    gateways = {gateway, *(g for route in routes for g in inventory.references(route, _NAT))}
    zones = _zones(routes, inventory)
    if any(other.address.endswith("[*]") for other in gateways):
        raise UnknownValue("the number of gateways is not known")
    if len(zones) > len(gateways):
        number = "one gateway" if len(gateways) == 1 else f"{len(gateways)} gateways"
        yield Problem(
            gateway.node,
            f"{number} for subnets in {', '.join(sorted(zones))}: the others go down with its zone",
        )


def _zones(routes: list[Resource], inventory: Inventory) -> set[str]:
    """The zones of the subnets whose route tables have one of the routes."""
    tables = dict.fromkeys(route for route in routes if route.kind in _TABLES)
    for route in routes:
        if route.kind not in _TABLES:
            tables.update(dict.fromkeys(inventory.references(route, *_TABLES)))
    subnets = dict.fromkeys(
        subnet
        for table in tables
        for association in inventory.referrers(table, "aws_route_table_association")
        for subnet in inventory.references(association, "aws_subnet", "aws_default_subnet")
    )
    if not subnets:
        raise UnknownValue("the subnets that route through it are not in this scan")
    zones = [subnet.get("availability_zone") for subnet in subnets]
    if any(zone.known and not zone.present for zone in zones):
        raise UnknownValue("the zones of the subnets that route through it are not written")
    return several_zones(map(zone_of, zones))
