"""A probe of a port that the pod does not declare is often a port that has moved since."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import WORKLOAD_KINDS, Container, Node, NotApplicable, Problem, rule

_SHOWN = 3


@rule(
    id="SAF015",
    title="probe asks a port that no container of the pod declares",
    group="disputed",
    # Knative fills in and rewrites the ports of probes.
    kinds=WORKLOAD_KINDS - {"serving.knative.dev/Service"},
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
    ],
    aliases=[
        "kube-linter:liveness-port",
        "kube-linter:readiness-port",
        "kube-linter:startup-port",
    ],
)
def probe_port_undeclared(container: Container) -> Iterator[Problem]:
    if not container.ports:
        raise NotApplicable("the container declares no port")
    asked = _asked(container)
    for number, probes in asked.items():
        if not _declared(container, number):
            names, verb = " and ".join(probes), "asks" if len(probes) == 1 else "ask"
            yield Problem(
                next(iter(probes.values())),
                f"{names} {verb} port {number}, but the container declares {_shown(container)}",
                ((container.get("ports"), "the ports it declares"),),
            )
    for _, port in _ports(container):
        port.text()  # raises what is not known, last: it must hide no problem
    if not asked:
        raise NotApplicable("no probe asks a port of the container by its number")


def _ports(container: Container) -> Iterator[tuple[str, Node]]:
    """The ports that probes ask of the pod itself, each with the probe's name."""
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        for action in ("httpGet", "tcpSocket", "grpc"):
            asked = container.get(probe, action)
            if not asked.known or not asked.get("host").identity():
                yield probe, asked.get("port")


def _asked(container: Container) -> dict[int, dict[str, Node]]:
    """The numbers of the ports that probes ask, each with the probes that do."""
    found: dict[int, dict[str, Node]] = defaultdict(dict)
    for probe, port in _ports(container):
        if type(port.value) is int:
            found[port.value][probe] = port
    return found


def _declared(container: Container, number: int) -> bool:
    """Whether a container of the pod declares it: they share one network."""
    ports = [port for own in container.workload.containers for port in own.get("ports").items()]
    declared = {(port.get("containerPort").identity(), _protocol(port)) for port in ports}
    if (str(number), "TCP") in declared:
        return True
    for port in ports:  # raises when it may be one that is not known
        port.get("containerPort").number()
        port.get("protocol").text()
    return False


def _protocol(port: Node) -> str:
    return port.get("protocol").identity() or "TCP"


def _shown(container: Container) -> str:
    numbers = [
        port.get("containerPort").identity()
        + ("" if _protocol(port) == "TCP" else f"/{_protocol(port)}")
        for port in container.ports
    ]
    more = len(numbers) - _SHOWN
    return ", ".join(numbers[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
