"""Who selects, protects and watches whom: relations between Kubernetes objects.

Each is computed for the whole inventory once, through label indexes, never pair by pair.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory, nearest, same_namespace
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.selection import LabelIndex, Namespaced, Selection, per_namespace, select
from prodready_infra.model.selector import Selector, equality_selector, label_selector
from prodready_infra.model.workload import Workload

T = TypeVar("T")

# All of one shape: a selector of Services or pods, and mostly a namespaceSelector.
SERVICE_MONITORS = (
    "monitoring.coreos.com/ServiceMonitor",
    "azmonitoring.coreos.com/ServiceMonitor",
    "operator.victoriametrics.com/VMServiceScrape",
)
CLUSTER_POD_MONITORING = "monitoring.googleapis.com/ClusterPodMonitoring"
POD_MONITORS = (
    "monitoring.coreos.com/PodMonitor",
    "azmonitoring.coreos.com/PodMonitor",
    "operator.victoriametrics.com/VMPodScrape",
    "monitoring.googleapis.com/PodMonitoring",
    CLUSTER_POD_MONITORING,
)
PDB = "PodDisruptionBudget"

# What only monitoring or a developer asks there can wait.
_ASIDE = re.compile(
    r"(?:.*-)?(?:metrics|prometheus|prom|monitoring|telemetry|exporter|pprof|profil(?:er|ing)|debug"
    r"|healthz?)(?:-.*)?"
)
# Translates another program's figures for a monitoring system, which asks again a minute later.
_EXPORTER = re.compile(r"(?:.*-)?(?:exporter|kube-state-metrics|prometheus-to-sd)")


def _pods(inventory: Inventory) -> Namespaced[Workload]:
    return per_namespace(inventory.workloads, lambda w: w.namespace, lambda w: w.labels)


def _services(inventory: Inventory) -> Namespaced[Resource]:
    services = inventory.of_kind("Service")
    return per_namespace(services, lambda s: s.namespace, lambda s: s.labels)


def _own_namespace(indexes: Namespaced[T]) -> Callable[[Resource], Iterable[LabelIndex[T]]]:
    def reach(resource: Resource) -> Iterator[LabelIndex[T]]:
        index = indexes.get(same_namespace(resource.namespace))
        if index is not None:
            yield index

    return reach


def _monitored_namespaces(indexes: Namespaced[T]) -> Callable[[Resource], Iterable[LabelIndex[T]]]:
    """``namespaceSelector`` of a monitor: any, a list of names, or its own namespace.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.NamespaceSelector
    """

    def reach(resource: Resource) -> Iterable[LabelIndex[T]]:
        if resource.kind == CLUSTER_POD_MONITORING:
            return indexes.values()
        chosen = resource.get("spec", "namespaceSelector")
        try:
            if chosen.get("any").flag():
                return indexes.values()
            names = [name.text() for name in chosen.get("matchNames").items()]
        except UnknownValue:
            return indexes.values()
        wanted = names or [resource.namespace]
        return [indexes[ns] for ns in map(same_namespace, wanted) if ns in indexes]

    return reach


def _services_by_workload(inventory: Inventory) -> dict[Workload, Selection]:
    return select(
        inventory.of_kind("Service"),
        _service_selector,
        _own_namespace(inventory.index(_pods)),
    )


def _service_selector(service: Resource) -> Selector | None:
    """Its selector, which Kubernetes ignores when it only is an alias of another host."""
    if service.get("spec", "type").identity() == "ExternalName":
        return None
    return equality_selector(service.get("spec", "selector"))


def _budgets_by_workload(inventory: Inventory) -> dict[Workload, Selection]:
    return select(
        inventory.of_kind(PDB),
        budget_selector,
        _own_namespace(inventory.index(_pods)),
    )


def budget_selector(budget: Resource) -> Selector | None:
    """What a PodDisruptionBudget selects; an empty selector selected nothing before ``policy/v1``.

    https://kubernetes.io/docs/reference/using-api/deprecation-guide/#poddisruptionbudget-v125
    """
    selector = label_selector(budget.get("spec", "selector"))
    if selector is not None and not selector.requirements:
        return None if budget.api_version == "policy/v1beta1" else selector
    return selector


def _monitors_by_service(inventory: Inventory) -> dict[Resource, Selection]:
    return select(
        inventory.of_kind(*SERVICE_MONITORS),
        lambda monitor: label_selector(monitor.get("spec", "selector")),
        _monitored_namespaces(inventory.index(_services)),
    )


def _monitors_by_workload(inventory: Inventory) -> dict[Workload, Selection]:
    return select(
        inventory.of_kind(*POD_MONITORS),
        lambda monitor: label_selector(monitor.get("spec", "selector")),
        _monitored_namespaces(inventory.index(_pods)),
    )


def services_of(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The Services that send traffic to the workload's pods, the one declared nearest first."""
    found = _selection(inventory, _services_by_workload, workload)
    closest = nearest(found, workload.resource.path, lambda service: service.path)
    return found if closest is None else [closest, *(s for s in found if s is not closest)]


def budgets_of(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The PodDisruptionBudgets that count the workload's pods."""
    return _selection(inventory, _budgets_by_workload, workload)


def service_monitors_of(inventory: Inventory, service: Resource) -> list[Resource]:
    """The ServiceMonitors, of any operator that has them, that select the Service."""
    return _selection(inventory, _monitors_by_service, service)


def pod_monitors_of(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The PodMonitors, of any operator that has them, that select the workload's pods."""
    return _selection(inventory, _monitors_by_workload, workload)


def _selection(
    inventory: Inventory, build: Callable[[Inventory], dict[T, Selection]], thing: T
) -> list[Resource]:
    found = inventory.index(build).get(thing)
    return found.resolve() if found else []


def _workloads_by_service(inventory: Inventory) -> dict[Resource, list[Workload]]:
    found: dict[Resource, list[Workload]] = defaultdict(list)
    for workload, selection in inventory.index(_services_by_workload).items():
        for service in selection.certain:
            found[service].append(workload)
    return found


def workloads_behind(inventory: Inventory, service: Resource) -> list[Workload]:
    """The workloads whose pods the Service is known to select."""
    return inventory.index(_workloads_by_service).get(service, [])


def _workloads_by_budget(inventory: Inventory) -> dict[tuple[Resource, bool], list[Workload]]:
    found: dict[tuple[Resource, bool], list[Workload]] = defaultdict(list)
    for workload, selection in inventory.index(_budgets_by_workload).items():
        for budget in selection.certain:
            found[budget, True].append(workload)
        for budget in selection.possible:
            found[budget, False].append(workload)
    return found


def workloads_counted(inventory: Inventory, budget: Resource) -> list[Workload]:
    """The workloads whose pods the PodDisruptionBudget is known to count."""
    return inventory.index(_workloads_by_budget).get((budget, True), [])


def workloads_perhaps_counted(inventory: Inventory, budget: Resource) -> list[Workload]:
    """The workloads whose labels, or the budget's selector, are not known."""
    return inventory.index(_workloads_by_budget).get((budget, False), [])


def serving_ports(ports: Iterable[Node]) -> list[Node]:
    """The ports that users or other services call; those for metrics and debugging are left out."""
    return [port for port in ports if not _ASIDE.fullmatch(port.get("name").text())]


def callers_of(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The Services that send the workload requests, not only those of a monitoring system."""
    return [service for service in services_of(inventory, workload) if _is_called(service)]


def _is_called(service: Resource) -> bool:
    if _EXPORTER.fullmatch(service.name):
        return False
    ports = service.get("spec", "ports")
    return not ports or bool(serving_ports(ports.items()))
