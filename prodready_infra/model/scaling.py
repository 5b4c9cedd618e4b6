"""Who decides how many pods run: autoscalers, their bounds, and the least that is kept."""

from collections import defaultdict
from dataclasses import dataclass

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import (
    Inventory,
    closeness,
    nearest,
    same_namespace,
    together,
)
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource, kubernetes_kind
from prodready_infra.model.workload import WORKLOAD_KINDS, Workload

SCALED_OBJECT = "keda.sh/ScaledObject"
HPA = "HorizontalPodAutoscaler"


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


def scaler_made_by(inventory: Inventory, resource: Resource) -> Scaler:
    """What an autoscaler, one of ``scalers``, says."""
    return inventory.index(_by_resource)[resource]


def _by_resource(inventory: Inventory) -> dict[Resource, Scaler]:
    return {scaler.resource: scaler for scaler in scalers(inventory)}


def counted_by(inventory: Inventory, scaler: Scaler) -> Workload:
    """The workload whose pods an autoscaler counts; a Rollout may borrow those of a Deployment.

    Raises :class:`UnknownValue` where the scan does not hold it, or one of another folder.
    """
    namespace, near = scaler.resource.namespace, scaler.resource.path
    found = inventory.named(scaler.target_kind, namespace, scaler.target_name, near)
    borrowed = found.get("spec", "workloadRef") if found else None
    if borrowed:
        kind = kubernetes_kind(borrowed.get("apiVersion").text(), borrowed.get("kind").text())
        found = inventory.named(kind, namespace, borrowed.get("name").text(), near)
    if found is None or found.kind not in WORKLOAD_KINDS:
        wanted = f"{scaler.target_kind.rpartition('/')[2]}/{scaler.target_name}"
        raise UnknownValue(f"the pods of its target {wanted} are not in this scan")
    if not together(scaler.resource, found):
        raise UnknownValue(f"{found.address} of another folder may not be its target")
    return Workload(found)


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
    projects has many a ``frontend``. Raises where nobody can tell whether the two that share a
    name are deployed together.
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
    owner = nearest(found, path, lambda scaler: scaler.resource.path)
    if owner is not None and not together(owner.resource, workload.resource):
        raise UnknownValue(f"{owner.resource.address} of another folder may or may not scale it")
    return owner


def replica_floor(inventory: Inventory, workload: Workload) -> tuple[int, Node]:
    """The least number of replicas the workload is kept at, and the node that says so."""
    counted = inventory.index(_borrowers).get(_key(workload.resource), workload)
    scaler = scaler_of(inventory, counted)
    if scaler is not None:
        return scaler.floor(), scaler.minimum
    return counted.replicas, counted.get("spec", "replicas")


def replica_ceiling(inventory: Inventory, workload: Workload) -> tuple[int, Node]:
    """The most replicas the workload is scaled to, and the node that says so."""
    scaler = scaler_of(inventory, workload)
    if scaler is None:
        return replica_floor(inventory, workload)
    return scaler.ceiling(), scaler.maximum


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
