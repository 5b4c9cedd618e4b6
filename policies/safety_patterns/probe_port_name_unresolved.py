"""A named port is looked up in the probe's own container; not found there, the probe fails."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    rule,
)

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HOOKS = ("postStart", "preStop")


@rule(
    id="SAF016",
    title="probe asks a port by a name that its container does not declare",
    group="availability",
    # Knative fills in and rewrites the ports of probes.
    kinds=WORKLOAD_KINDS - {"serving.knative.dev/Service"},
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port",
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe",
    ],
)
def probe_port_name_unresolved(container: Container) -> Iterator[Problem]:
    asked = [(who, port) for who, port in _asked(container) if _is_name(port)]
    if not asked:
        raise NotApplicable("no probe or hook of the container asks a port by its name")
    # Unknown ones last: they must not hide what is wrong with the others.
    for who, port in sorted(asked, key=lambda pair: not pair[1].known):
        name = port.text()
        if port.path[-2] == "grpc":
            yield Problem(port, f"{who} asks gRPC port '{name}': it takes a number, never a name")
        elif not _declares(container, name):
            yield _unresolved(container, who, port)


def _asked(container: Container) -> Iterator[tuple[str, Node]]:
    """The ports that the kubelet is to ask, each with who says so."""
    for probe in _PROBES:
        for action in ("httpGet", "tcpSocket", "grpc"):
            yield probe, container.get(probe, action, "port")
    for hook in _HOOKS:
        yield hook, container.get("lifecycle", hook, "httpGet", "port")


def _is_name(port: Node) -> bool:
    if not port.known:  # of gRPC it is sure to stand for a number
        return port.path[-2] != "grpc"
    return type(port.value) is str and port.value != ""


def _declares(container: Container, name: str) -> bool:
    """Whether a port of the container has the name; its protocol does not matter here."""
    names = [port.get("name") for port in container.ports]
    return any(own.known and own.identity() == name for own in names) or any(
        own.text() == name for own in names
    )


def _unresolved(container: Container, who: str, port: Node) -> Problem:
    container.expect_whole()
    name = port.text()
    if name.isupper() or "<" in name:
        raise UnknownValue(f"'{name}' looks like a place to fill in")
    if name.isdecimal():
        return Problem(
            port, f'{who} asks port "{name}" in quotes: that is a name, and none the API accepts'
        )
    for other in container.workload.containers:
        for own in other.get("ports").items() if other.get("ports").known else ():
            if own.get("name").identity() == name:
                return Problem(
                    port,
                    f"{who} asks port '{name}', which only container '{other.name}' declares:"
                    " it always fails",
                    ((own, "declared here, where no probe of another container looks"),),
                )
    ports = container.get("ports")
    return Problem(
        port,
        f"{who} asks port '{name}', which the container does not declare: it always fails",
        ((ports, "the ports it declares"),) if ports else (),
    )
