"""What a container may use: its own words, its pod's, or the defaults of its namespace."""

from collections import defaultdict
from dataclasses import dataclass

from prodready_infra.errors import NotApplicable, UnknownValue
from prodready_infra.model.container import Container
from prodready_infra.model.inventory import Inventory, nearest, same_namespace
from prodready_infra.model.node import Node
from prodready_infra.model.quantity import quantity
from prodready_infra.model.resource import Resource
from prodready_infra.model.workload import Workload


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
    # A pod's limit given alone is its request too, as with a container's:
    # https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    for which in ("requests", "limits"):
        pod = container.workload.pod.get("resources", which, resource)
        if pod.present:
            return pod
    return _default(inventory, container, "defaultRequest", resource, own)


def effective_limit(inventory: Inventory, container: Container, resource: str) -> Node:
    """The limit that will hold for the container: its own, its pod's, or the default."""
    own = container.limit(resource)
    if own.present:
        return own
    pod = container.workload.pod.get("resources", "limits", resource)
    return pod if pod.present else _default(inventory, container, "default", resource, own)


def pod_request(inventory: Inventory, workload: Workload, resource: str) -> float:
    """What one pod takes of a node for the scheduler, in the base unit; 0 when it asks nothing.

    Containers and native sidecars together, or what it takes an init container to run beside the
    sidecars started before it, whichever is more. The pod's own request wins over that, its limit
    only where no container requests anything; the overhead of its runtime is added.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    overhead = quantity(workload.pod.get("overhead", resource))
    for which in ("requests", "limits"):
        whole = workload.pod.get("resources", which, resource)
        if whole.present and (
            which == "requests" or not any(c.request(resource).present for c in workload.containers)
        ):
            return quantity(whole) + overhead
    for kept in ("containers", "initContainers"):
        list(workload.pod.get(kept).items())  # raises where nobody can tell which there are
    running = sidecars = most = 0.0
    for container in workload.containers:
        asked = quantity(_request_alone(inventory, container, resource))
        if container.role == "app":
            running += asked
        elif container.role == "sidecar":
            sidecars += asked
            most = max(most, sidecars)
        elif container.role == "init":
            most = max(most, sidecars + asked)
    return max(running + sidecars, most) + overhead


def _request_alone(inventory: Inventory, container: Container, resource: str) -> Node:
    """Without what its pod requests for all of them."""
    own = container.request(resource)
    if own.present:
        return own
    return _default(inventory, container, "defaultRequest", resource, own)


def _default(
    inventory: Inventory, container: Container, which: str, resource: str, absent: Node
) -> Node:
    """A LimitRange's default, or what the API takes for it where it gives none.

    https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/v1/defaults.go
    (SetDefaults_LimitRangeItem): ``default`` is ``max``, ``defaultRequest`` is ``default``, and
    without that ``min``.
    """
    keys = ("default", "max") if which == "default" else (which, "default", "max", "min")
    namespace = same_namespace(container.workload.namespace)
    for limit_range in inventory.index(_limit_ranges).get(namespace, ()):
        for item in limit_range.get("spec", "limits").items():
            if item.get("type").text() == "Container":
                for key in keys:
                    if item.get(key, resource).present:
                        return item.get(key, resource)
    container.expect_whole()
    autopilot = inventory.index(_autopilots).get(container.workload.resource.scope)
    if autopilot is not None:
        raise UnknownValue(f"{autopilot.address}, if it is of GKE Autopilot, chooses it")
    return absent


def expect_sized_here(inventory: Inventory, container: Container, own: Node) -> None:
    """Raises where GKE Autopilot chooses what the container itself leaves out.

    That holds for objects that Terraform makes in the root module of such a cluster.
    https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests
    """
    autopilot = inventory.index(_autopilots).get(container.workload.resource.scope)
    if autopilot is not None and not own.present and not _may_be_standard(autopilot, inventory):
        raise NotApplicable(f"{autopilot.address} is of GKE Autopilot, which sizes pods itself")


def _autopilots(inventory: Inventory) -> dict[str, Resource]:
    """A cluster of GKE Autopilot of each root module that has one, or may have."""
    clusters = inventory.of_kind("google_container_cluster")
    found = {cluster.scope: cluster for cluster in clusters if _is_autopilot(cluster) is not False}
    for module in inventory.of_kind("module"):
        if "autopilot" in module.get("source").identity():
            found.setdefault(module.scope, module)
    return found


def _is_autopilot(cluster: Resource) -> bool | None:
    """None where that is not known."""
    try:
        return cluster.get("enable_autopilot").flag()
    except UnknownValue:
        return None


def _may_be_standard(autopilot: Resource, inventory: Inventory) -> bool:
    """Whether it, or another cluster where the objects may be meant to be, may have own nodes."""
    clusters = inventory.in_scope_of(autopilot, "google_container_cluster")
    return "[*]" in autopilot.address or not all(map(_is_autopilot, clusters))


@dataclass(frozen=True, slots=True)
class _Governed:
    """The workloads that each object of a kind holds for; an index."""

    kind: str

    def __call__(self, inventory: Inventory) -> dict[Resource, list[Workload]]:
        declared: dict[str, list[Resource]] = defaultdict(list)
        for resource in inventory.of_kind(self.kind):
            declared[same_namespace(resource.namespace)].append(resource)
        found: dict[Resource, list[Workload]] = defaultdict(list)
        for workload in inventory.workloads:
            place, namespace = workload.resource, same_namespace(workload.namespace)
            closest = nearest(declared.get(namespace, ()), place.path, lambda one: one.path)
            if closest is None or (not namespace and closest.folder != place.folder):
                continue
            for one in declared[namespace]:
                own = inventory.named(workload.kind, workload.namespace, workload.name, one.path)
                if one.folder == closest.folder and own is place:
                    found[one].append(workload)
        return found


def governed_by(inventory: Inventory, resource: Resource) -> list[Workload]:
    """The workloads that a ResourceQuota or a LimitRange holds for.

    Of the copies of a namespace, one for each cluster or environment, the nearest counts; and
    where no namespace is written, what stands in the same folder.
    """
    return inventory.index(_Governed(resource.kind)).get(resource, [])
