"""Containers of pods, their probes and variables, with the defaults of the Kubernetes API.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from prodready_infra.errors import UnknownValue
from prodready_infra.model.image import Image, parse_image
from prodready_infra.model.node import Node
from prodready_infra.model.waiting import only_waits, sleep_seconds

if TYPE_CHECKING:
    from prodready_infra.model.workload import Workload

Role = Literal["app", "init", "sidecar", "ephemeral"]
ProbeName = Literal["readiness", "liveness", "startup"]

_PAUSE = re.compile(r"(?:.*/)?pause(?:-\w+)?(?:[:@].*)?")


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
    ``ephemeral`` is one that somebody added to a running pod to look into it.
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
    def is_pause(self) -> bool:
        """Whether its image is the one that does nothing."""
        return bool(_PAUSE.fullmatch(self.node.get("image").identity()))

    @property
    def idles(self) -> bool:
        """Whether it only keeps its pod alive: a pause image, ``sleep infinity``, ``tail -f``."""
        words = [word.identity() for field in ("command", "args") for word in self._words(field)]
        return self.is_pause or only_waits(words)

    def expect_whole(self) -> None:
        """Raises where it names no image: then the manifest is a part of one, such as a patch.

        A container whose image is ``auto`` is completed by the sidecar injector of Istio:
        https://istio.io/latest/docs/setup/additional-setup/gateway/#deploying-a-gateway
        """
        image = self.node.get("image")
        if image.identity() == "auto":
            raise UnknownValue(f"the sidecar injector completes container '{self.name}'")
        if image.known and not image.present:
            raise UnknownValue("the container names no image: it is a part of a manifest")

    def _words(self, field: str) -> Iterator[Node]:
        node = self.node.get(field)
        return node.items() if type(node.value) is list else iter(())

    @property
    def pre_stop_sleep(self) -> float:
        """Seconds that the preStop hook is known to sleep; 0 without such a hook."""
        hook = self.node.get("lifecycle", "preStop")
        if hook.get("sleep").present:
            return hook.get("sleep", "seconds").number()
        words = [word.text() for word in hook.get("exec", "command").items()]
        return sleep_seconds(words)
