"""A ServiceMonitor scrapes the Services whose labels it names, by the ports that they have."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    label_selector,
    rule,
    same_namespace,
    service_monitors_of,
    together,
)

_MONITORS = (
    "azmonitoring.coreos.com/ServiceMonitor",
    "monitoring.coreos.com/ServiceMonitor",
    "operator.victoriametrics.com/VMServiceScrape",
)


@rule(
    id="OBS003",
    title="ServiceMonitor finds nothing to scrape",
    group="detection",
    kinds=_MONITORS,
    references=[
        "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor",
        "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.NamespaceSelector",
    ],
    aliases=["kube-linter:dangling-servicemonitor"],
)
def servicemonitor_selects_nothing(monitor: Resource, inventory: Inventory) -> Iterator[Problem]:
    selector = label_selector(monitor.get("spec", "selector"))
    if selector is None:
        raise NotApplicable("it has no selector")
    services = inventory.index(_by_monitor).get(monitor, [])
    if services:
        yield from _ports(monitor, services, inventory)
        return
    _refuse_partial_view(monitor, inventory)
    yield _nothing(monitor, selector, inventory)


def _by_monitor(inventory: Inventory) -> dict[Resource, list[Resource]]:
    found: dict[Resource, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        try:
            monitors = service_monitors_of(inventory, service)
        except UnknownValue:
            continue
        for monitor in monitors:
            found[monitor].append(service)
    return found


def _ports(monitor: Resource, services: list[Resource], inventory: Inventory) -> Iterator[Problem]:
    """Each endpoint names a port of one of the Services; one without a name takes every port."""
    names = {p.get("name").text() for s in services for p in s.get("spec", "ports").items()}
    for endpoint in monitor.get("spec", "endpoints").items():
        port = endpoint.get("port")
        if endpoint.get("targetPort").present or not port.present or port.text() in names:
            continue
        if monitor.get("spec", "namespaceSelector", "any").flag():
            raise UnknownValue(f"a Service elsewhere may have a port '{port.text()}'")
        _refuse_partial_view(monitor, inventory)
        beside = [service for service in services if together(service, monitor)]
        if not beside:
            raise UnknownValue(f"{services[0].address} may not be the one that it is for")
        yield Problem(
            port,
            f"Service '{beside[0].name}' has no port of the name '{port.text()}'",
            ((beside[0].get("spec", "ports"), "these are the ports of the selected Service"),),
        )


def _refuse_partial_view(monitor: Resource, inventory: Inventory) -> None:
    unread = inventory.unread(near=monitor.path)
    if unread is not None:
        raise UnknownValue(f"its Service may stand where nothing was read: {unread}")


def _nothing(monitor: Resource, selector: Selector, inventory: Inventory) -> Problem:
    """That the scan holds no such Service says little; that one is missed by a hair says all."""
    named = monitor.get("spec", "namespaceSelector", "matchNames")
    for service in inventory.index(_beside).get(monitor.folder, []):
        own = service.labels
        if _reaches(monitor, service):
            pods = dict(_pairs(service))
            if together(service, monitor) and pods and selector.matches(pods):
                return Problem(
                    monitor.get("spec", "selector"),
                    f"Service '{service.name}' has these labels in its selector, not as its own",
                    ((service.get("metadata"), "the Service's own labels are these"),),
                )
        elif service.namespace and monitor.namespace and not named and selector.matches(own):
            return Problem(
                monitor.get("spec", "namespaceSelector"),
                f"it looks in namespace '{monitor.namespace}', and Service '{service.name}' is in"
                f" '{service.namespace}'",
                ((service.get("metadata", "namespace"), "this Service has the labels"),),
            )
    raise UnknownValue("no Service of the scan has the labels that it selects")


def _pairs(service: Resource) -> Iterator[tuple[str, str]]:
    for key, value in service.get("spec", "selector").entries():
        yield key, value.text()


def _reaches(monitor: Resource, service: Resource) -> bool:
    chosen = monitor.get("spec", "namespaceSelector")
    if chosen.get("any").flag():
        return True
    names = [name.text() for name in chosen.get("matchNames").items()] or [monitor.namespace]
    return same_namespace(service.namespace) in map(same_namespace, names)


def _beside(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.folder].append(service)
    return found
