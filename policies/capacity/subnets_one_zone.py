"""What has to survive the loss of a zone is given subnets of more than one."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    several_zones,
    zone_of,
)

# Where each kind is told its subnets. An application load balancer is not asked: AWS refuses one
# with a single zone.
_SUBNETS: dict[str, tuple[str | int, ...]] = {
    "aws_alb": ("subnets",),
    "aws_autoscaling_group": ("vpc_zone_identifier",),
    "aws_ecs_service": ("network_configuration", 0, "subnets"),
    "aws_eks_node_group": ("subnet_ids",),
    "aws_elb": ("subnets",),
    "aws_lambda_function": ("vpc_config", 0, "subnet_ids"),
    "aws_lb": ("subnets",),
}
_LOAD_BALANCERS = ("aws_alb", "aws_lb")
_TARGETS = ("aws_alb_target_group", "aws_elb", "aws_lb_target_group")
_MAPPING = "subnet_mapping"
_SUBNET_KINDS = ("aws_default_subnet", "aws_subnet")
# One element of a list, whatever is in it.
_ELEMENT = re.compile(r".*\[\d+\]")


@rule(
    id="CAP045",
    title="all subnets are in one availability zone",
    group="resilience",
    kinds=_SUBNETS,
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    ],
)
def subnets_one_zone(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    _raise_if_not_asked(resource)
    zones = _zones(resource, inventory)
    if not zones:
        raise NotApplicable("it is in no subnets of its own")
    if len(zones) > 1:
        return
    for other in _partners(resource, inventory):
        if several_zones(zones | _zones(other, inventory)) != zones:
            return
    _raise_if_group_a_zone(resource, inventory)
    zone = min(zones)
    where = "one subnet, and so one zone" if zone.startswith("subnet-") else f"only in {zone}"
    named = resource.get("availability_zones")
    yield Problem(named if named.present else _place(resource), f"{where}: it fails with that zone")


def _raise_if_not_asked(resource: Resource) -> None:
    kind = resource.get("load_balancer_type").text("application")
    if resource.kind in _LOAD_BALANCERS and kind == "application":
        raise NotApplicable("AWS refuses an application load balancer with one zone")
    size = None
    if resource.kind == "aws_autoscaling_group":
        size = resource.get("max_size")
    elif resource.kind == "aws_eks_node_group":
        size = resource.get("scaling_config", 0, "max_size")
    if size is not None and size.present and size.number() <= 1:
        raise NotApplicable("it has one instance at most")


def _place(resource: Resource) -> Node:
    """Where it is told its subnets; load balancers have a block for addresses as well."""
    mapping = resource.get(_MAPPING)
    if resource.kind in _LOAD_BALANCERS and mapping.present and mapping:
        return mapping
    return resource.get(*_SUBNETS[resource.kind])


def _zones(resource: Resource, inventory: Inventory) -> set[str]:
    """The zones it is in; a single subnet of an unknown zone stands for that zone."""
    named = resource.get("availability_zones")
    if resource.kind in ("aws_autoscaling_group", "aws_elb") and named.present:
        zones = several_zones(map(zone_of, named.items()))
        if zones:
            return zones
    node = _place(resource)
    subnets = _subnets(resource, node.path, inventory)
    # All instances of a block, as ``aws_subnet.private[*].id``, are unknown as one value.
    zones = {_known_zone(subnet) for subnet in subnets} - {""}
    if not node.known and len(several_zones(zones)) > 1:
        return zones
    elements = list(node.items())
    if not elements:
        return set()
    if node.path[-1] == _MAPPING:
        elements = [element.get("subnet_id") for element in elements]
    return _zones_of(elements, _written(elements, resource, inventory) or subnets)


def _zones_of(elements: list[Node], subnets: list[Resource]) -> set[str]:
    """The zones of the subnets of a list; what is not known of them raises."""
    literal = {f"subnet-{element.text()}" for element in elements if element.known}
    if len(elements) == 1 and (literal or _ELEMENT.fullmatch(elements[0].identity())):
        return {f"subnet-{elements[0].identity()}"}
    if literal:
        raise UnknownValue("the zones of subnets that are given by id are not known")
    if not 0 < len(elements) <= len(subnets):
        raise UnknownValue("its subnets are not in this scan")
    if len(subnets) == 1 and not subnets[0].address.endswith("[*]"):
        return {_known_zone(subnets[0]) or f"subnet-{subnets[0].address}"}
    zones = several_zones(map(_zone, subnets))
    if len(zones) > 1 and len(elements) < len(subnets):
        raise UnknownValue("which of the subnets it is given is not known")
    return zones


def _zone(subnet: Resource) -> str:
    zone = subnet.get("availability_zone")
    if zone.known and not zone.present:
        raise UnknownValue(f"the zone of {subnet.address} is chosen by AWS")
    return zone_of(zone)


def _known_zone(subnet: Resource) -> str:
    try:
        return zone_of(subnet.get("availability_zone"))
    except UnknownValue:
        return ""


def _written(elements: list[Node], resource: Resource, inventory: Inventory) -> list[Resource]:
    """The subnets whose ids the elements are, as ``aws_subnet.private[0].id``; all, or none."""
    by_address = inventory.index(_by_address)
    found = []
    for element in elements:
        address, _, attribute = element.identity().rpartition(".")
        subnet = by_address.get((resource.scope, address))
        if element.known or attribute != "id" or subnet is None:
            return []
        found.append(subnet)
    return found


def _by_address(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    """The subnets by their addresses, without those of unknown number: one of these is many."""
    found = (subnet for subnet in inventory.of_kind(*_SUBNET_KINDS) if "[*]" not in subnet.address)
    return {(subnet.scope, subnet.address): subnet for subnet in found}


def _subnets(
    resource: Resource, place: tuple[str | int, ...], inventory: Inventory
) -> list[Resource]:
    """The subnets of the scan that one attribute refers to, all instances of each block."""
    attribute = ".".join(key for key in place if isinstance(key, str))
    return inventory.references(resource, *_SUBNET_KINDS, at=attribute)


def _partners(resource: Resource, inventory: Inventory) -> list[Resource]:
    """What does the same work elsewhere: a group a zone is a common design."""
    found = list(inventory.index(_by_block)[resource.block])
    if resource.kind == "aws_eks_node_group":
        for cluster in inventory.references(resource, "aws_eks_cluster"):
            found += inventory.referrers(cluster, resource.kind)
        name = resource.get("cluster_name").identity()
        found += inventory.index(_node_groups).get((resource.scope, name), ()) if name else ()
    if resource.kind == "aws_autoscaling_group":
        for target in inventory.references(resource, *_TARGETS):
            found += inventory.referrers(target, resource.kind)
    return [other for other in dict.fromkeys(found) if other is not resource]


def _raise_if_group_a_zone(resource: Resource, inventory: Inventory) -> None:
    """Groups of one root module that each name another zone may well be one service."""
    if resource.kind == "aws_autoscaling_group":
        own = _places(resource, inventory)
        for place, other in inventory.index(_single_places).get(resource.scope, {}).items():
            if {place} != own:
                raise UnknownValue(f"{other.address}, in another zone, may do the same work")


def _single_places(inventory: Inventory) -> dict[str, dict[str, Resource]]:
    """By scope and place, a group of instances that is in this place only."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for group in inventory.of_kind("aws_autoscaling_group"):
        places = _places(group, inventory)
        if len(places) == 1:
            found[group.scope].setdefault(min(places), group)
    return found


def _places(group: Resource, inventory: Inventory) -> set[str]:
    """The zones, or else the subnets, that a group of instances names."""
    path = _SUBNETS[group.kind]
    given = group.get(*path)
    elements = list(given.items()) if type(given.value) is list else []
    subnets = _written(elements, group, inventory) or _subnets(group, path, inventory)
    places = {_known_zone(subnet) or subnet.address for subnet in subnets}
    for node in (group.get("availability_zones"), given):
        if type(node.value) is list:
            places |= {place for place in node.value if type(place) is str}
    return places


def _by_block(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(*_SUBNETS):
        found[resource.block].append(resource)
    return found


def _node_groups(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for group in inventory.of_kind("aws_eks_node_group"):
        found[group.scope, group.get("cluster_name").identity()].append(group)
    return found
