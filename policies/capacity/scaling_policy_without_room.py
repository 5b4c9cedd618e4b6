"""An autoscaler has a range to scale in."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    AZURE_SCALER,
    GOOGLE_SCALERS,
    SCALABLE_TARGET,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_SCHEDULE = "aws_appautoscaling_scheduled_action"


@rule(
    id="CAP068",
    title="autoscaler has no room: its minimum is its maximum",
    group="weakness",
    kinds=[SCALABLE_TARGET, *GOOGLE_SCALERS, AZURE_SCALER],
    references=[
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
        "https://cloud.google.com/compute/docs/autoscaler",
        "https://learn.microsoft.com/en-us/azure/azure-monitor/autoscale/autoscale-best-practices",
    ],
)
def scaling_policy_without_room(scaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    if scaler.kind == AZURE_SCALER:
        yield from _of_azure(scaler)
        return
    owner = scaler.get("autoscaling_policy", 0) if scaler.kind in GOOGLE_SCALERS else scaler.node
    names = ("min_replicas", "max_replicas")
    if scaler.kind == SCALABLE_TARGET:
        names = ("min_capacity", "max_capacity")
    least, most = (owner.get(name) for name in names)
    if least.number() < most.number():
        return
    if most.number() == 0:
        raise NotApplicable("what it scales is switched off: its maximum is 0")
    if owner.get("mode").text() == "OFF":
        raise NotApplicable("it is switched off")
    if scaler.kind == SCALABLE_TARGET and _is_moved(scaler, inventory):
        raise NotApplicable("scheduled actions move its range")
    yield _fixed(most, " and ".join(names))


def _of_azure(scaler: Resource) -> Iterator[Problem]:
    if not scaler.get("enabled").flag(default=True):
        raise NotApplicable("it is switched off")
    ranges = [profile.get("capacity", 0) for profile in scaler.get("profile").items()]
    sizes = {part.get(name).number() for part in ranges for name in ("minimum", "maximum")}
    # Several profiles of one size each scale by the clock.
    if len(sizes) == 1 and sizes != {0}:
        yield _fixed(ranges[0].get("maximum"), "minimum and maximum")


def _fixed(most: Node, names: str) -> Problem:
    return Problem(most, f"{names} are both {most.number():g}: it cannot scale")


def _is_moved(target: Resource, inventory: Inventory) -> bool:
    """Whether a schedule sets another range at times."""
    if inventory.referrers(target, _SCHEDULE):
        return True
    name = target.get("resource_id").identity()
    return bool(inventory.index(_schedules).get((target.scope, name)))


def _schedules(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for action in inventory.of_kind(_SCHEDULE):
        found[action.scope, action.get("resource_id").identity()].append(action)
    return found
