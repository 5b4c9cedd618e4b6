"""A Service must send to a port that its pods have."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
    services_of,
    serving_ports,
    together,
    workloads_behind,
)

# Annotations and labels that ask for a container which no manifest shows, with ports of its own.
_INJECTION = re.compile(
    r".*(?:sidecar\.istio\.io/inject|linkerd\.io/inject|dapr\.io/enabled|connect-inject"
    r"|sidecar[./].*inject|agent-inject|inject-.*|kuma\.io/sidecar-injection)"
)
# The names of the ports of containers that a whole namespace may be given.
_INJECTED_NAMES = re.compile(r"(?:http-envoy-|linkerd-|istio-|envoy-|dapr-|proxy-).*|status-port")


@rule(
    id="SAF050",
    title="Service sends to a port that its pods do not have",
    group="availability",
    kinds=["Service"],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
        "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/",
        "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
    ],
)
def service_port_mismatch(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    if service.get("spec", "type").text() == "ExternalName":
        raise NotApplicable("it is an alias of a host outside")
    if not service.get("spec", "selector"):
        raise NotApplicable("it has no selector: somebody else keeps its endpoints")
    ports = list(service.get("spec", "ports").items())
    workloads = workloads_behind(inventory, service)
    if not ports or not workloads:
        raise NotApplicable("it has no port, or the scan holds no pods that it selects")
    doubts: list[UnknownValue] = []
    unasked: list[NotApplicable] = []
    for port in ports:
        try:
            target = port.get("targetPort").value
            if type(target) is str and target:  # an empty one is the default, as an absent one
                yield from _by_name(service, port, workloads)
            else:
                yield from _by_number(service, port, workloads, inventory)
        except UnknownValue as signal:
            doubts.append(signal)
        except NotApplicable as signal:
            unasked.append(signal)
    if doubts:  # told last: what is not known of one port must hide nothing about the others
        raise doubts[0]
    if len(unasked) == len(ports):
        raise unasked[0]


def _by_name(service: Resource, port: Node, workloads: list[Workload]) -> Iterator[Problem]:
    """A name is looked up in every container of the pod, together with the protocol.

    Where no container has it, the pod is no endpoint of that port.
    """
    target = port.get("targetPort")
    name, protocol = target.text(), _protocol(port)
    declared = [own for w in workloads for c in _listening(w) for own in c.ports]
    # A placeholder in one port must not hide that another one is what is looked for.
    known = [own for own in declared if own.get("name").known and own.get("protocol").known]
    if any((own.get("name").text(), _protocol(own)) == (name, protocol) for own in known):
        return
    namesake = next((own for own in declared if own.get("name").text() == name), None)
    _doubt(service, workloads, name)
    pods = workloads[0].address
    if name.isdecimal():
        told = f'targetPort "{name}" in quotes is the name of a port, and none the API accepts'
    elif namesake is not None:
        told = f"targetPort '{name}' is {protocol}, but {_protocol(namesake)} in {pods}"
    else:
        told = f"no container of {pods} has a port named '{name}': nobody gets an answer there"
    own = workloads[0].pod.get("containers", 0, "ports")
    yield Problem(target, told, ((own, "the ports of its pods"),) if own else ())


def _by_number(
    service: Resource, port: Node, workloads: list[Workload], inventory: Inventory
) -> Iterator[Problem]:
    """Containers need not declare what they serve: only the one port of all is told as wrong."""
    target = port.get("targetPort" if port.get("targetPort") else "port")
    wanted = target.text()
    if service.get("spec", "clusterIP").text() == "None":
        raise NotApplicable("it is headless: callers dial its pods, on whatever port they like")
    ports = [own for w in workloads for c in _listening(w) for own in c.ports]
    declared = {own.get("containerPort").text() for own in ports}
    if not declared:
        raise NotApplicable("its containers declare no port, and need not")
    if wanted in declared:
        return
    only = _only_port(service, workloads, inventory)
    if only is None:
        raise UnknownValue(f"no container declares port {wanted}, which it need not")
    _doubt(service, workloads, wanted)
    container = _listening(workloads[0])[0]
    if _mentions(container, wanted):
        raise UnknownValue(f"the container does not declare port {wanted}, but speaks of it")
    given = "targetPort is" if port.get("targetPort") else "targetPort defaults to"
    yield Problem(
        target,
        f"{given} {wanted}, but the only port of {workloads[0].address} is"
        f" {only.get('containerPort').text()}",
        ((only, "the port of its pods"),),
    )


def _only_port(service: Resource, workloads: list[Workload], inventory: Inventory) -> Node | None:
    """The one port of the one container behind a Service with one port; ``None`` with any more.

    A Service beside another that leads to that port is for a second one.
    """
    if len(workloads) > 1 or len(list(service.get("spec", "ports").items())) > 1:
        return None
    containers = _listening(workloads[0])
    ports = list(containers[0].ports) if len(containers) == 1 else []
    if len(ports) != 1 or not serving_ports(service.get("spec", "ports").items()):
        return None
    number, name = ports[0].get("containerPort").text(), ports[0].get("name").text()
    for other in services_of(inventory, workloads[0]):
        for port in other.get("spec", "ports").items():
            sent = port.get("targetPort").text() or port.get("port").text()
            if sent == number or (name and sent == name):
                return None
    return ports[0]


def _doubt(service: Resource, workloads: list[Workload], port: str) -> None:
    """Raises where the pods may have more ports than the manifests show."""
    if port.isupper() or "<" in port:
        raise UnknownValue(f"'{port}' looks like a place to fill in")
    if _INJECTED_NAMES.fullmatch(port):
        raise UnknownValue(f"port '{port}' may be one of an injected sidecar")
    for workload in workloads:
        if workload.kind not in WORKLOAD_KINDS:
            raise UnknownValue(f"the controller of {workload.address} may add ports")
        if not together(service, workload.resource):
            raise UnknownValue(f"{workload.address} of another folder may not be what it is for")
        if any(map(_INJECTION.fullmatch, (*workload.annotations, *workload.labels))):
            raise UnknownValue(f"a sidecar is injected into {workload.address}")
        for container in _listening(workload):
            image = container.get("image")
            if not image.present or image.text() == "auto":
                raise UnknownValue(f"container '{container.name}' is completed by somebody else")


def _listening(workload: Workload) -> list[Container]:
    """The containers that run while the pod serves, native sidecars included."""
    return [container for container in workload.containers if container.role != "init"]


def _mentions(container: Container, number: str) -> bool:
    """Whether a probe, an argument or a variable of the container has the number in it."""
    word = re.compile(rf"(?<!\d){re.escape(number)}(?!\d)")
    parts = ("command", "args", "env", "envFrom", "readinessProbe", "livenessProbe", "startupProbe")
    return any(word.search(node.text()) for part in parts for node in _leaves(container.get(part)))


def _leaves(node: Node) -> Iterator[Node]:
    return (each for each in node.walk() if type(each.value) not in (dict, list))


def _protocol(port: Node) -> str:
    return port.get("protocol").text("TCP")
