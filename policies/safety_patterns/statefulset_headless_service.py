"""The pods of a StatefulSet have names of their own only through its headless Service."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    replica_floor,
    rule,
    services_of,
    together,
)

_GIVEN_LATER = ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index")


@rule(
    id="SAF053",
    title="StatefulSet names a Service that gives its pods no names",
    group="weakness",
    kinds=["StatefulSet", "apps.kruise.io/StatefulSet"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
        "https://kubernetes.io/docs/concepts/services-networking/service/#headless-services",
    ],
    aliases=["kube-score:statefulset-has-servicename"],
)
def statefulset_headless_service(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    given = workload.get("spec", "serviceName")
    name = given.text()
    if not name:
        raise NotApplicable("it names no Service: its pods need no names of their own")
    service = inventory.named("Service", workload.namespace, name, workload.resource.path)
    if service is None:
        yield _missing(workload, name, inventory)
        return
    if not together(service, workload.resource):
        raise UnknownValue(f"{service.address} of another folder may not be the one it names")
    if service.get("spec", "type").text() == "ExternalName":
        yield Problem(given, f"Service '{name}' is an alias of a host outside, of no pods")
        return
    selector, labels = service.get("spec", "selector"), workload.labels
    if not selector:
        raise NotApplicable(f"Service '{name}' has no selector: somebody else keeps its endpoints")
    for key, value in selector.entries():
        if key in _GIVEN_LATER:
            raise UnknownValue(f"the label '{key}' is put on pods when they are made")
        if labels.get(key) != value.text():
            has = f"'{key}: {labels[key]}'" if key in labels else f"no '{key}'"
            yield Problem(
                given,
                f"Service '{name}' selects '{key}: {value.text()}', but its pods have {has}",
                ((value, "this matches none of its pods"),),
            )
            return
    if service.get("spec", "clusterIP").text() != "None":
        yield from _not_headless(workload, service, inventory)


def _not_headless(workload: Workload, service: Resource, inventory: Inventory) -> Iterator[Problem]:
    floor, _ = replica_floor(inventory, workload)
    if floor <= 1:
        raise NotApplicable("one pod needs no name apart from its Service's")
    yield Problem(
        workload.get("spec", "serviceName"),
        f"Service '{service.name}' is not headless: its {floor} pods have no names to be called by",
        ((service.get("spec", "clusterIP"), "clusterIP is not None here"),),
    )


def _missing(workload: Workload, name: str, inventory: Inventory) -> Problem:
    """The problem, where the headless Service of its pods is there under another name."""
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"Service '{name}' may stand in what was not read: {unread}")
    for service in services_of(inventory, workload):
        headless = service.get("spec", "clusterIP").text() == "None"
        if headless and together(service, workload.resource):
            return Problem(
                workload.get("spec", "serviceName"),
                f"there is no Service '{name}': the headless one of its pods is '{service.name}'",
                ((service.get("metadata", "name"), "this one is there"),),
            )
    raise UnknownValue(f"the scan holds no Service '{name}'")
