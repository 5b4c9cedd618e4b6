"""An ECS service that takes requests runs as more than one task."""

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
    setting,
)

_TARGET = "aws_appautoscaling_target"
# What else one is written for.
_OTHER_NAMESPACES = ("dynamodb", "elasticache", "lambda", "rds", "sagemaker")


@rule(
    id="CAP066",
    title="ECS service behind a load balancer may run with a single task, or none",
    group="availability",
    kinds=["aws_ecs_service"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/availability.html",
    ],
)
def ecs_desired_count(
    service: Resource, inventory: Inventory, *, minimum: int = 2
) -> Iterator[Problem]:
    if service.get("scheduling_strategy").text() == "DAEMON":
        raise NotApplicable("it runs once on each instance of its cluster")
    if not any(True for _ in service.get("load_balancer").items()):
        raise NotApplicable("no load balancer sends it traffic")
    targets = _targets(service, inventory)
    if targets:
        yield from _too_low([target.get("min_capacity") for target in targets], minimum)
        return
    count = service.get("desired_count")
    if count.present and count.number() >= minimum:
        return
    _raise_if_set_elsewhere(service, inventory)
    if count.present and count.number() == 0:
        raise NotApplicable("it is switched off: its desired_count is 0")
    if count.present:
        yield Problem(count, f"desired_count is {count.number():g}: no second task takes over")
    else:
        number = setting(service, "desired_count").number()
        yield Problem(count, f"desired_count is not set: it is {number:g} by default")


def _too_low(floors: list[Node], minimum: int) -> Iterator[Problem]:
    """An autoscaler goes down to its minimum, whatever the service starts with."""
    for floor in floors:
        if floor.number() < minimum:
            yield Problem(
                floor, f"min_capacity is {floor.number():g}: it scales down to less than {minimum}"
            )
            return


def _targets(service: Resource, inventory: Inventory) -> list[Resource]:
    name = service.get("name").identity()
    named = inventory.index(_by_service).get((service.scope, name), []) if name else []
    found = [*inventory.referrers(service, _TARGET), *named]
    found = list(dict.fromkeys(target for target in found if _is_for(target, service)))
    for target in found:
        if "[*]" in target.address and "[*]" not in service.address:
            raise UnknownValue(f"{target.address} scales it, if it is there at all")
    return found


def _is_for(target: Resource, service: Resource) -> bool:
    """Whether it is for this one of several instances, where their names are known."""
    named, name = target.get("resource_id"), service.get("name")
    if not (named.known and name.known):
        return True
    return named.identity().rpartition("/")[2] == name.identity()


def _by_service(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """By scope and the name of the service, the targets whose service is written out."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for target in inventory.of_kind(_TARGET):
        kind, _, rest = target.get("resource_id").identity().partition("/")
        if kind == "service":
            found[target.scope, rest.rpartition("/")[2]].append(target)
    return found


def _raise_if_set_elsewhere(service: Resource, inventory: Inventory) -> None:
    for module in inventory.referrers(service, "module"):
        raise UnknownValue(f"{module.address} is given the service, and may scale it")
    for target in inventory.index(_unresolved).get(service.scope, ()):
        raise UnknownValue(f"{target.address} may be for this service")
    if service.ignores_changes("desired_count"):
        raise UnknownValue("its lifecycle.ignore_changes leaves desired_count to others")


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the targets for something that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for target in inventory.of_kind(_TARGET):
        if target.get("service_namespace").identity() in _OTHER_NAMESPACES:
            continue
        if not target.get("resource_id").known and not _names_a_service(target):
            found[target.scope].append(target)
    return found


def _names_a_service(target: Resource) -> bool:
    """Whether it refers to what it scales; the cluster alone may be named beside the service."""
    named = [ref.target for ref in target.references if ref.node.path[0] == "resource_id"]
    return any("aws_ecs_cluster." not in address for address in named)
