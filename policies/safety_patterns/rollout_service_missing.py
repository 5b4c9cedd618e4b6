"""A Rollout shifts traffic between Services: those it names must be there."""

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
    together,
)

_FIELDS = (
    ("blueGreen", "activeService"),
    ("blueGreen", "previewService"),
    ("canary", "stableService"),
    ("canary", "canaryService"),
    ("canary", "pingPong", "pingService"),
    ("canary", "pingPong", "pongService"),
)


@rule(
    id="SAF077",
    title="Rollout names a Service that is not there",
    group="rollback",
    kinds=["argoproj.io/Rollout"],
    references=[
        "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
        "https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/",
    ],
)
def rollout_service_missing(rollout: Resource, inventory: Inventory) -> Iterator[Problem]:
    named = [rollout.get("spec", "strategy", *field) for field in _FIELDS]
    named = [node for node in named if node.text()]
    if not named:
        raise NotApplicable("it names no Service")
    there: dict[bool, list[Node]] = defaultdict(list)
    for node in named:
        service = inventory.named("Service", rollout.namespace, node.text(), rollout.path)
        if service is not None and not together(service, rollout):
            raise UnknownValue(f"{service.address} of another folder may or may not be its own")
        there[service is not None].append(node)
    missing = there[False]
    if not missing:
        return
    # Where one of its Services is declared, the others would be: else all are elsewhere.
    if not there[True]:
        raise UnknownValue(f"none of its Services is in this scan, such as '{missing[0].text()}'")
    unread = inventory.unread(near=rollout.path)
    if unread:
        raise UnknownValue(f"the Service may stand in what was not read: {unread}")
    for node in missing:
        for namesake in inventory.index(_services).get(node.text(), ()):
            if not (rollout.namespace and namesake.namespace):
                raise UnknownValue(f"only one of it and {namesake.address} names its namespace")
        text = f"{node.path[-1]} '{node.text()}' is not there, so that no new version is rolled out"
        yield Problem(node, text, ((there[True][0], "this one is there"),))


def _services(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.name].append(service)
    return found
