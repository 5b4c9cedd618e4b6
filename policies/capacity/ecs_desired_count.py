"""An ECS service that takes requests runs as more than one task."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE_TARGET,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    scalable_targets,
    setting,
    stray_scalers,
    takes_requests,
)


@rule(
    id="CAP066",
    title="ECS service that takes requests may run with a single task, or none",
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
    if not takes_requests(service):
        raise NotApplicable("no load balancer and no Service Connect sends it traffic")
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
    found = scalable_targets(service, inventory)
    for target in found:
        if not target.surely_beside(service):
            raise UnknownValue(f"{target.address} scales it, if it is there at all")
    return found


def _raise_if_set_elsewhere(service: Resource, inventory: Inventory) -> None:
    for module in inventory.referrers(service, "module"):
        raise UnknownValue(f"{module.address} is given the service, and may scale it")
    for target in stray_scalers(service, inventory, SCALABLE_TARGET):
        raise UnknownValue(f"{target.address} may be for this service")
    if service.ignores_changes("desired_count"):
        raise UnknownValue("its lifecycle.ignore_changes leaves desired_count to others")
