"""Containers that take traffic must say when they are ready for it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    nearest,
    rule,
    services_of,
    serving_ports,
)


@rule(
    id="SAF001",
    title="container takes traffic without a readiness probe",
    group="availability",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    ],
    aliases=[
        "checkov:CKV_K8S_9",
        "kube-linter:no-readiness-probe",
        "kube-score:pod-probes",
        "polaris:readinessProbeMissing",
    ],
)
def readiness_probe_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    if container.probe("readiness") is not None:
        return
    container.expect_whole()
    if container.idles:
        raise NotApplicable("the container only keeps its pod alive, and serves nothing")
    service = _sender(container, inventory)
    if service is None and not serving_ports(container.ports):
        raise NotApplicable("no Service leads to the container, and it declares no port to serve")
    related = ((service.node, "this Service sends it traffic"),) if service else ()
    yield Problem(container.node, f"container '{container.name}' has no readinessProbe", related)


def _sender(container: Container, inventory: Inventory) -> Resource | None:
    """The Service that sends requests to the container, told by its ports from its neighbours."""
    neighbours = container.workload.app_containers
    try:
        services = services_of(inventory, container.workload)
    except UnknownValue:
        if len(neighbours) == 1 and serving_ports(container.ports):
            return None
        raise
    senders = [s for s in services if serving_ports(s.get("spec", "ports").items())]
    if len(neighbours) > 1:
        if not any(_leads_to(service, other) for service in senders for other in neighbours):
            return None
        senders = [service for service in senders if _leads_to(service, container)]
        if not senders:
            raise NotApplicable("the Services of the pod lead to another container")
    return nearest(senders, container.workload.resource.path, lambda service: service.path)


def _leads_to(service: Resource, container: Container) -> bool:
    for port in serving_ports(service.get("spec", "ports").items()):
        target = port.get("targetPort").text() or port.get("port").text()
        for own in container.ports:
            if target in (own.get("name").text(), own.get("containerPort").text()):
                return True
    return False
