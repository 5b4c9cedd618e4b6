"""A LimitRange without fitting defaults reserves far too much, or refuses pods."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    governed_by,
    quantity,
    rule,
    same_namespace,
)


@rule(
    id="CAP027",
    title="LimitRange lacks a default that its containers need",
    group="resilience",
    kinds=["LimitRange"],
    references=[
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
        "https://kubernetes.io/docs/tasks/administer-cluster/manage-resources/memory-default-namespace/",
    ],
)
def limitrange_incomplete(limits: Resource, inventory: Inventory) -> Iterator[Problem]:
    containers = [
        container
        for workload in governed_by(inventory, limits)
        # What the pod states as a whole, its containers need not state.
        if not workload.pod.get("resources").present
        for container in workload.containers
    ]
    if not containers:
        raise NotApplicable("no workload of the scan is in its namespace")
    items = [i for i in limits.get("spec", "limits").items() if i.get("type").text() == "Container"]
    if not items:
        raise NotApplicable("it says nothing of containers")
    siblings = inventory.index(_by_namespace)[same_namespace(limits.namespace)]
    if sum(other.folder == limits.folder for other in siblings) > 1:
        raise UnknownValue("its namespace has several, and nobody says whose defaults are taken")
    for item in items:
        yield from _maxima_given(item, containers)
        yield from _defaults_below_requests(item, containers)


def _maxima_given(item: Node, containers: list[Container]) -> Iterator[Problem]:
    """``max`` without defaults is the default limit, and then the default request too.

    ``SetDefaults_LimitRangeItem`` of Kubernetes, pkg/apis/core/v1/defaults.go.
    """
    for resource, most in item.get("max").entries():
        given = (item.get(field, resource) for field in ("default", "defaultRequest"))
        if any(node.present for node in given):
            continue
        silent = [c for c in containers if not c.request(resource).present]
        if silent:
            yield Problem(
                most,
                f"max {resource} without a default: {_named(silent)} requests none, and so is"
                f" given {most.text()}",
                tuple((c.get("name"), f"requests {most.text()} {resource}") for c in silent[:3]),
            )


def _defaults_below_requests(item: Node, containers: list[Container]) -> Iterator[Problem]:
    for resource, default in item.get("default").entries():
        above = [c for c in containers if _is_above(c, resource, quantity(default))]
        if above:
            asked = above[0].request(resource).text()
            yield Problem(
                default,
                f"the default {resource} limit {default.text()} is below the request {asked} of"
                f" {_named(above)}: its pods are refused",
                tuple((c.request(resource), f"more than {default.text()}") for c in above[:3]),
            )


def _is_above(container: Container, resource: str, default: float) -> bool:
    stated = container.limit(resource).present
    return not stated and quantity(container.request(resource)) > default


def _named(containers: list[Container]) -> str:
    return f"'{containers[0].name}' of {containers[0].workload.address}"


def _by_namespace(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for limits in inventory.of_kind("LimitRange"):
        found[same_namespace(limits.namespace)].append(limits)
    return found
