"""Who selects, scales and watches whom: relations between Kubernetes objects.

Each is computed for the whole inventory once, through label indexes, never pair by pair.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory, closeness, nearest, same_namespace
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource, kubernetes_kind
from prodready_infra.model.selector import Selector, equality_selector, label_selector
from prodready_infra.model.workload import Container, Workload

T = TypeVar("T")

SERVICE_MONITOR = "monitoring.coreos.com/ServiceMonitor"
POD_MONITOR = "monitoring.coreos.com/PodMonitor"
SCALED_OBJECT = "keda.sh/ScaledObject"
HPA = "HorizontalPodAutoscaler"
PDB = "PodDisruptionBudget"


@dataclass(frozen=True, slots=True)
class Selection:
    """What selects one thing: for certain, and perhaps (a label or selector is not known)."""

    certain: list[Resource] = field(default_factory=list)
    possible: list[Resource] = field(default_factory=list)

    def resolve(self) -> list[Resource]:
        """Those that select it for certain; raises when there is only a perhaps."""
        if not self.certain and self.possible:
            raise UnknownValue(f"{self.possible[0].address} may or may not select it")
        return self.certain


class LabelIndex(Generic[T]):
    """Finds the labelled things that a selector matches without looking at all of them."""

    def __init__(self, things: Iterable[T], labels_of: Callable[[T], dict[str, str]]) -> None:
        self.labelled: list[tuple[T, dict[str, str]]] = []
        self.unlabelled: list[T] = []
        self._by_pair: dict[tuple[str, str], list[tuple[T, dict[str, str]]]] = defaultdict(list)
        for thing in things:
            try:
                entry = (thing, labels_of(thing))
            except UnknownValue:
                self.unlabelled.append(thing)
                continue
            self.labelled.append(entry)
            for pair in entry[1].items():
                self._by_pair[pair].append(entry)

    def matching(self, selector: Selector) -> list[T]:
        """The things whose labels are known and match."""
        return [thing for thing, labels in self._candidates(selector) if selector.matches(labels)]

    def _candidates(self, selector: Selector) -> list[tuple[T, dict[str, str]]]:
        narrowest = self.labelled
        for key, values in selector.required_pairs():
            found = [entry for value in values for entry in self._by_pair.get((key, value), ())]
            if len(found) < len(narrowest):
                narrowest = found
        return narrowest


Namespaced = dict[str, LabelIndex[T]]


def _per_namespace(
    things: Iterable[T],
    namespace_of: Callable[[T], str],
    labels_of: Callable[[T], dict[str, str]],
) -> Namespaced[T]:
    groups: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        groups[same_namespace(namespace_of(thing))].append(thing)
    return {name: LabelIndex(group, labels_of) for name, group in groups.items()}


def _pods(inventory: Inventory) -> Namespaced[Workload]:
    return _per_namespace(inventory.workloads, lambda w: w.namespace, lambda w: w.labels)


def _services(inventory: Inventory) -> Namespaced[Resource]:
    services = inventory.of_kind("Service")
    return _per_namespace(services, lambda s: s.namespace, lambda s: s.labels)


def _select(
    selecting: Iterable[Resource],
    selector_of: Callable[[Resource], Selector | None],
    reach: Callable[[Resource], Iterable[LabelIndex[T]]],
) -> dict[T, Selection]:
    """For each thing, the resources whose selector matches it."""
    found: dict[T, Selection] = defaultdict(Selection)
    for resource in selecting:
        try:
            selector = selector_of(resource)
        except UnknownValue:
            for index in reach(resource):
                for thing in [*(t for t, _ in index.labelled), *index.unlabelled]:
                    found[thing].possible.append(resource)
            continue
        if selector is None:
            continue
        for index in reach(resource):
            for thing in index.matching(selector):
                found[thing].certain.append(resource)
            for thing in index.unlabelled:
                found[thing].possible.append(resource)
    return found


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
    return _select(
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
    return _select(
        inventory.of_kind(PDB),
        lambda budget: label_selector(budget.get("spec", "selector")),
        _own_namespace(inventory.index(_pods)),
    )


def _monitors_by_service(inventory: Inventory) -> dict[Resource, Selection]:
    return _select(
        inventory.of_kind(SERVICE_MONITOR),
        lambda monitor: label_selector(monitor.get("spec", "selector")),
        _monitored_namespaces(inventory.index(_services)),
    )


def _monitors_by_workload(inventory: Inventory) -> dict[Workload, Selection]:
    return _select(
        inventory.of_kind(POD_MONITOR),
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
    """The ServiceMonitors of prometheus-operator that select the Service."""
    return _selection(inventory, _monitors_by_service, service)


def pod_monitors_of(inventory: Inventory, workload: Workload) -> list[Resource]:
    """The PodMonitors of prometheus-operator that select the workload's pods."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Scaler:
    """An HorizontalPodAutoscaler or a KEDA ScaledObject: who it scales, between what bounds.

    ``minimum`` and ``maximum`` are nodes; the defaults of the two APIs differ, so read them
    through :meth:`floor` and :meth:`ceiling`.
    """

    resource: Resource
    target_kind: str
    target_name: str
    target: Node

    @property
    def keda(self) -> bool:
        return self.resource.kind == SCALED_OBJECT

    @property
    def minimum(self) -> Node:
        return self.resource.get("spec", "minReplicaCount" if self.keda else "minReplicas")

    @property
    def maximum(self) -> Node:
        return self.resource.get("spec", "maxReplicaCount" if self.keda else "maxReplicas")

    def floor(self) -> int:
        """The least number of replicas it keeps: 1 by default, 0 with KEDA.

        https://keda.sh/docs/latest/reference/scaledobject-spec/#minreplicacount
        """
        return int(self.minimum.number(0 if self.keda else 1))

    def ceiling(self) -> int:
        """The largest number of replicas it may start; KEDA's default is 100."""
        return int(self.maximum.number(100 if self.keda else 1))

    def key(self) -> tuple[str, str, str]:
        return (self.target_kind, same_namespace(self.resource.namespace), self.target_name)


def _scaler(resource: Resource) -> Scaler:
    target = resource.get("spec", "scaleTargetRef")
    version = target.get("apiVersion").identity()
    if resource.kind == SCALED_OBJECT:
        version = version or "apps/v1"
    kind = target.get("kind").identity() or "Deployment"
    name = target.get("name").identity()
    return Scaler(resource, kubernetes_kind(version, kind), name, target)


def scalers(inventory: Inventory) -> list[Scaler]:
    """Every autoscaler of pods, in the order they were read."""
    return inventory.index(_all_scalers)


def _all_scalers(inventory: Inventory) -> list[Scaler]:
    return [_scaler(resource) for resource in inventory.of_kind(HPA, SCALED_OBJECT)]


def _scalers_by_target(inventory: Inventory) -> dict[tuple[str, str, str], list[Scaler]]:
    found: dict[tuple[str, str, str], list[Scaler]] = defaultdict(list)
    for scaler in scalers(inventory):
        found[scaler.key()].append(scaler)
    return found


def scaler_of(inventory: Inventory, workload: Workload) -> Scaler | None:
    """The autoscaler that owns the workload's replicas; of several the nearest one.

    One that stands nearer to another workload of the same name is that one's: a tree of many
    projects has many a ``frontend``.
    """
    path = workload.resource.path
    name = (workload.kind, workload.namespace, workload.name)
    key = (workload.kind, same_namespace(workload.namespace), workload.name)
    found = []
    for scaler in inventory.index(_scalers_by_target).get(key, ()):
        place = scaler.resource.path
        target = inventory.named(*name, near=place)
        if target is None or closeness(place, path) >= closeness(place, target.path):
            found.append(scaler)
    return nearest(found, path, lambda scaler: scaler.resource.path)


def replica_floor(inventory: Inventory, workload: Workload) -> tuple[int, Node]:
    """The least number of replicas the workload is kept at, and the node that says so."""
    counted = inventory.index(_borrowers).get(_key(workload.resource), workload)
    scaler = scaler_of(inventory, counted)
    if scaler is not None:
        return scaler.floor(), scaler.minimum
    return counted.replicas, counted.get("spec", "replicas")


def _borrowers(inventory: Inventory) -> dict[tuple[str, str, str], Workload]:
    """Rollouts by the workload whose pod template they borrow, and whose pods they count.

    https://argo-rollouts.readthedocs.io/en/stable/migrating/#reference-an-existing-deployment-from-a-rollout
    """
    found: dict[tuple[str, str, str], Workload] = {}
    for rollout in inventory.of_kind("argoproj.io/Rollout"):
        borrowed = rollout.get("spec", "workloadRef")
        kind = kubernetes_kind(
            borrowed.get("apiVersion").identity(), borrowed.get("kind").identity()
        )
        name = borrowed.get("name").identity()
        if name:
            found[kind, same_namespace(rollout.namespace), name] = Workload(rollout)
    return found


def _key(resource: Resource) -> tuple[str, str, str]:
    return (resource.kind, same_namespace(resource.namespace), resource.name)


def _limit_ranges(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind("LimitRange"):
        found[same_namespace(resource.namespace)].append(resource)
    return found


def effective_request(inventory: Inventory, container: Container, resource: str) -> Node:
    """What the container will ask for: its own request, its pod's, or its namespace's default."""
    own = container.request(resource)
    if own.present:
        return own
    pod = container.workload.pod.get("resources", "requests", resource)
    return pod if pod.present else _default(inventory, container, "defaultRequest", resource, own)


def effective_limit(inventory: Inventory, container: Container, resource: str) -> Node:
    """The limit that will hold for the container: its own, its pod's, or the default."""
    own = container.limit(resource)
    if own.present:
        return own
    pod = container.workload.pod.get("resources", "limits", resource)
    return pod if pod.present else _default(inventory, container, "default", resource, own)


def _default(
    inventory: Inventory, container: Container, which: str, resource: str, absent: Node
) -> Node:
    """A LimitRange's default; ``default`` (of limits) also serves as the default request.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    namespace = same_namespace(container.workload.namespace)
    for limit_range in inventory.index(_limit_ranges).get(namespace, ()):
        for item in limit_range.get("spec", "limits").items():
            if item.get("type").text() == "Container":
                for key in (which, "default"):
                    if item.get(key, resource).present:
                        return item.get(key, resource)
    # https://istio.io/latest/docs/setup/additional-setup/gateway/#deploying-a-gateway
    if container.get("image").identity() == "auto":
        raise UnknownValue(f"the sidecar injector completes container '{container.name}'")
    return absent
