"""Pods as controllers declare them.

The one place that knows where each kind keeps its pod template, and the defaults that the
Kubernetes API gives to what a manifest leaves out
(https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/).
"""

from collections.abc import Iterator
from functools import cached_property

from prodready_infra.model.container import Container
from prodready_infra.model.node import Node, is_unknown
from prodready_infra.model.resource import Resource, text_map
from prodready_infra.model.selector import label_selector

_TEMPLATE_PATH: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "argoproj.io/Rollout": ("spec", "template"),
    "apps.kruise.io/CloneSet": ("spec", "template"),
    "apps.kruise.io/StatefulSet": ("spec", "template"),
    "apps.openshift.io/DeploymentConfig": ("spec", "template"),
    "serving.knative.dev/Service": ("spec", "template"),
}
# Where custom resources of controllers like those above keep it; found by its containers.
_USUAL_PATH = ("spec", "template")

WORKLOAD_KINDS = frozenset(_TEMPLATE_PATH)
SCALABLE = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "ReplicaSet",
        "ReplicationController",
        "argoproj.io/Rollout",
        "apps.kruise.io/CloneSet",
        "apps.kruise.io/StatefulSet",
        "apps.openshift.io/DeploymentConfig",
    }
)
SERVING = SCALABLE | {"DaemonSet"}
LONG_RUNNING = SERVING | {"Pod", "serving.knative.dev/Service"}


class Workload:
    """A Kubernetes object that runs pods."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.template = resource.get(*_TEMPLATE_PATH.get(resource.kind, _USUAL_PATH))

    @property
    def kind(self) -> str:
        return self.resource.kind

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def namespace(self) -> str:
        return self.resource.namespace

    @property
    def address(self) -> str:
        return self.resource.address

    @property
    def source(self) -> str:
        return self.resource.source

    @property
    def node(self) -> Node:
        return self.resource.node

    def get(self, *keys: str | int) -> Node:
        return self.resource.node.get(*keys)

    @property
    def pod(self) -> Node:
        """The pod spec."""
        return self.template.get("spec")

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods; raises when one is unknown."""
        return text_map(self.template.get("metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of its pods; raises when one is unknown."""
        return text_map(self.template.get("metadata", "annotations"))

    @property
    def replicas(self) -> int:
        """``spec.replicas``, 1 when absent; what an autoscaler makes of it is another matter."""
        return int(self.get("spec", "replicas").number(1))

    @property
    def grace_period(self) -> float:
        """Seconds between SIGTERM and SIGKILL."""
        return self.pod.get("terminationGracePeriodSeconds").number(30)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """App containers first; what is no container that could be judged is left out."""
        return tuple(self._containers())

    def _containers(self) -> Iterator[Container]:
        for node in _elements(self.pod.get("containers")):
            yield Container(node, self, "app")
        for node in _elements(self.pod.get("initContainers")):
            policy = node.get("restartPolicy").value
            always = not is_unknown(policy) and policy == "Always"
            yield Container(node, self, "sidecar" if always else "init")
        for node in _elements(self.pod.get("ephemeralContainers")):
            yield Container(node, self, "ephemeral")

    @property
    def holds_place(self) -> bool:
        """Whether it only keeps room on the nodes: pods of pause containers, free to be evicted.

        https://kubernetes.io/docs/tasks/administer-cluster/node-overprovisioning/
        """
        return bool(self.app_containers) and all(c.is_pause for c in self.app_containers)

    @property
    def idles(self) -> bool:
        """Whether no container of it does anything but wait."""
        return bool(self.app_containers) and all(c.idles for c in self.app_containers)

    @property
    def tends_nodes(self) -> bool:
        """Whether it looks after the nodes or the cluster, which takes rights that others lack."""
        critical = self.pod.get("priorityClassName").identity().startswith("system-")
        return self.kind == "DaemonSet" or self.namespace == "kube-system" or critical

    @property
    def holds_host_ports(self) -> bool:
        """Whether its pods cannot share a node: a port of the node can be taken once."""
        host_network = self.pod.get("hostNetwork").flag()
        return any(
            port.get("hostPort").number() or host_network
            for container in self.app_containers
            for port in container.ports
        )

    def is_selected_by(self, term: Node) -> bool:
        """Whether the ``labelSelector`` of a term selects its pods; an absent one selects none."""
        selector = label_selector(term.get("labelSelector"))
        return selector is not None and selector.matches(self.labels)

    @property
    def on_windows(self) -> bool:
        """Whether its pods ask for nodes that run Windows."""
        wanted = (self.pod.get("os", "name"), self.pod.get("nodeSelector", "kubernetes.io/os"))
        return any(node.known and node.value == "windows" for node in wanted)

    @property
    def app_containers(self) -> tuple[Container, ...]:
        return tuple(container for container in self.containers if container.role == "app")


def runs_pods(resource: Resource) -> bool:
    """Whether the object has a pod template: a known kind, or a custom one shaped like them.

    A Rollout may borrow the template of a Deployment; then that one is the workload.
    """
    if resource.kind == "argoproj.io/Rollout":
        borrowed = resource.get("spec", "workloadRef")
        return borrowed.known and not borrowed
    if resource.kind in WORKLOAD_KINDS:
        return True
    if "/" not in resource.kind:
        return False
    return type(resource.get(*_USUAL_PATH, "spec", "containers").value) is list


def _elements(node: Node) -> Iterator[Node]:
    """The mappings of a list; whatever else stands there is no container anybody could judge."""
    if type(node.value) is list:
        yield from (element for element in node.items() if type(element.value) is dict)
