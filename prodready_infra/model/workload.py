"""Pods as controllers declare them: workloads, their containers and probes.

The one place that knows where each kind keeps its pod template, and the defaults that the
Kubernetes API gives to what a manifest leaves out
(https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

from prodready_infra.errors import UnknownValue
from prodready_infra.model.image import Image, parse_image
from prodready_infra.model.node import Node, is_unknown
from prodready_infra.model.resource import Resource, text_map
from prodready_infra.model.shell import split_commands

Role = Literal["app", "init", "sidecar"]
ProbeName = Literal["readiness", "liveness", "startup"]

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

_PAUSE = re.compile(r"(?:.*/)?pause(?:-amd64|-arm64)?(?:[:@].*)?")

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

_SHELL_FLAG = re.compile(r"-[a-z]*c[a-z]*")
_CONDITION = re.compile(r"\b(?:if|case)\b")
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Probe:
    """A probe with the defaults of the API (seconds, counts)."""

    def __init__(self, node: Node, container: "Container") -> None:
        self.node = node
        self._container = container

    @property
    def timeout(self) -> float:
        return self.node.get("timeoutSeconds").number(1) or 1

    @property
    def period(self) -> float:
        return self.node.get("periodSeconds").number(10) or 10

    @property
    def failure_threshold(self) -> float:
        return self.node.get("failureThreshold").number(3) or 3

    @property
    def initial_delay(self) -> float:
        return self.node.get("initialDelaySeconds").number(0)

    @property
    def window(self) -> float:
        """Seconds of failing answers until Kubernetes acts."""
        return self.period * self.failure_threshold

    def handler(self) -> tuple[str, ...]:
        """What is asked, comparable between probes; named ports are resolved."""
        node = self.node
        if node.get("httpGet").present:
            http = node.get("httpGet")
            headers = sorted(
                (h.get("name").text().lower(), h.get("value").text())
                for h in http.get("httpHeaders").items()
            )
            return (
                "http",
                http.get("scheme").text("HTTP").upper(),
                http.get("host").text(),
                self._port(http.get("port")),
                http.get("path").text() or "/",
                repr(headers),
            )
        if node.get("tcpSocket").present:
            return ("tcp", node.get("tcpSocket", "host").text(), self._port_of("tcpSocket"))
        if node.get("grpc").present:
            return ("grpc", self._port_of("grpc"), node.get("grpc", "service").text())
        return ("exec", *(word.text() for word in node.get("exec", "command").items()))

    def _port_of(self, kind: str) -> str:
        return self._port(self.node.get(kind, "port"))

    def _port(self, node: Node) -> str:
        wanted = node.text()
        for port in self._container.ports:
            if port.get("name").text() == wanted:
                return port.get("containerPort").text()
        return wanted


class EnvVar:
    """One entry of ``env``: a literal, or a reference to where its value is kept."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def name(self) -> str:
        return self.node.get("name").text()

    @property
    def value(self) -> Node:
        """The literal; absent when the variable is a reference."""
        return self.node.get("value")


class Container:
    """A container of a workload, with its role in the pod's life.

    ``sidecar`` is a native one: an init container with ``restartPolicy: Always`` (KEP-753).
    """

    def __init__(self, node: Node, workload: "Workload", role: Role) -> None:
        self.node = node
        self.workload = workload
        self.role = role

    @property
    def name(self) -> str:
        return self.node.get("name").identity()

    @property
    def kind(self) -> str:
        return self.workload.kind

    @property
    def source(self) -> str:
        return self.workload.source

    @property
    def address(self) -> str:
        return f"{self.workload.address}[{self.name}]"

    def get(self, *keys: str | int) -> Node:
        return self.node.get(*keys)

    @property
    def image(self) -> Image:
        """The image; raises :class:`UnknownValue` when it is a template or not given."""
        node = self.node.get("image")
        if not node.present:
            raise UnknownValue("the container names no image")
        return parse_image(node.text())

    @cached_property
    def ports(self) -> tuple[Node, ...]:
        return tuple(self.node.get("ports").items())

    @property
    def env(self) -> Iterator[EnvVar]:
        return map(EnvVar, self.node.get("env").items())

    def request(self, resource: str) -> Node:
        """What it asks the scheduler for; the API server copies a limit given alone."""
        asked = self.node.get("resources", "requests", resource)
        return asked if asked.present else self.limit(resource)

    def limit(self, resource: str) -> Node:
        return self.node.get("resources", "limits", resource)

    def probe(self, name: ProbeName) -> Probe | None:
        """The probe, or ``None`` when absent or empty; raises when that is unknown."""
        node = self.node.get(f"{name}Probe")
        return Probe(node, self) if node else None

    @property
    def pre_stop_sleep(self) -> float:
        """Seconds that the preStop hook is known to sleep; 0 without such a hook."""
        hook = self.node.get("lifecycle", "preStop")
        if hook.get("sleep").present:
            return hook.get("sleep", "seconds").number()
        words = [word.text() for word in hook.get("exec", "command").items()]
        return _sleep_seconds(words)


def _sleep_seconds(argv: list[str]) -> float:
    """The seconds of the ``sleep N`` commands that an argument vector is sure to run.

    A loop counts once, so this may be too little, never too much.
    """
    flag = next((i for i, word in enumerate(argv) if _SHELL_FLAG.fullmatch(word)), None)
    if flag is None:
        return _slept(argv)
    script = argv[flag + 1] if len(argv) > flag + 1 else ""
    total = sum(
        _slept(command.argv)
        for command in split_commands(script)
        if command.operator_before != "||" and command.operator_after != "&"
    )
    if total and _CONDITION.search(script):
        raise UnknownValue("the preStop hook sleeps on a condition")
    return total


def _slept(argv: Sequence[str]) -> float:
    """What one command sleeps; ``sleep`` adds up its arguments."""
    words = list(argv)
    while words and words[0].rpartition("/")[2] in ("busybox", "exec"):
        del words[0]
    if not words or words[0].rpartition("/")[2] != "sleep":
        return 0
    total = 0.0
    for word in words[1:]:
        match = _DURATION.fullmatch(word)
        if match is None:
            raise UnknownValue(f"the preStop hook sleeps '{word}'")
        total += float(match[1]) * _SECONDS[match[2]]
    return total


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
        """App containers first, then init containers and native sidecars; unreadable: none."""
        return tuple(self._containers())

    def _containers(self) -> Iterator[Container]:
        for node in _elements(self.pod.get("containers")):
            yield Container(node, self, "app")
        for node in _elements(self.pod.get("initContainers")):
            policy = node.get("restartPolicy").value
            always = not is_unknown(policy) and policy == "Always"
            yield Container(node, self, "sidecar" if always else "init")

    @property
    def holds_place(self) -> bool:
        """Whether it only keeps room on the nodes: pods of pause containers, free to be evicted.

        https://kubernetes.io/docs/tasks/administer-cluster/node-overprovisioning/
        """
        images = [container.get("image").identity() for container in self.app_containers]
        return bool(images) and all(map(_PAUSE.fullmatch, images))

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
