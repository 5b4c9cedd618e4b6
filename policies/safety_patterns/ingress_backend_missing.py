"""An Ingress must lead to a Service that is there, by a port that it has."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Backend,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    backend_service,
    backends_of,
    meant_service,
    rule,
    together,
)

# The AWS controller looks up an annotation instead.
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#actions
_ACTION = "use-annotation"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
# ingress-nginx compares the port with the targetPort of the Service as well; these do not.
_STRICT = re.compile(r"(?:alb|azure|cilium|contour|gce|istio|kong|traefik)(?:[-/].*)?")


@rule(
    id="SAF051",
    title="Ingress leads to a Service or port that is not there",
    group="availability",
    kinds=["Ingress"],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/ingress/",
        "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/",
    ],
    aliases=[
        "kube-linter:dangling-ingress",
        "kube-score:ingress-targets-service",
        "kubescape:C-0298",
    ],
)
def ingress_backend_missing(ingress: Resource, inventory: Inventory) -> Iterator[Problem]:
    backends = [b for b in backends_of(ingress) if b.port.identity() != _ACTION]
    if not backends:
        raise NotApplicable("no backend of it is a Service")
    told = set()
    doubts = []
    for backend in backends:
        wanted = (backend.service, backend.port.identity())
        if wanted in told:
            continue  # many paths lead to one backend
        told.add(wanted)
        try:
            service = backend_service(inventory, backend)
            if service is None:
                yield _missing(backend, inventory)
            else:
                yield from _port(backend, service)
        except UnknownValue as signal:
            doubts.append(signal)
    if doubts:  # told last: what is not known of one backend must hide nothing about the others
        raise doubts[0]


def _port(backend: Backend, service: Resource) -> Iterator[Problem]:
    if service.get("spec", "type").text() == "ExternalName":
        return
    wanted = backend.port.text()
    ports = list(service.get("spec", "ports").items())
    numbers = {port.get("port").text() for port in ports}
    names = {port.get("name").text() for port in ports if port.get("name").present}
    if not ports or not wanted or wanted in numbers | names:
        return
    if not together(backend.route, service):
        raise UnknownValue(f"{service.address} of another folder may not be the one it means")
    if wanted in {port.get("targetPort").text() for port in ports}:
        own_class = _class(backend.route)
        if "nginx" in own_class:
            return
        if not _STRICT.fullmatch(own_class):
            raise UnknownValue(f"port {wanted} is a targetPort, which only ingress-nginx accepts")
    yield Problem(
        backend.port,
        f"Service '{service.name}' has no port {_shown(wanted)}: it has {_listed(ports)}",
        ((service.get("spec", "ports"), "its ports"),),
    )


def _class(ingress: Resource) -> str:
    name = ingress.get("spec", "ingressClassName")
    return name.text() if name.present else ingress.annotations.get(_CLASS_ANNOTATION, "")


def _missing(backend: Backend, inventory: Inventory) -> Problem:
    """The problem, where something beside the route says what was meant; else not known."""
    node = backend.node
    at = node.get("name") if type(node.value) is dict else node
    name = at.text()
    other = meant_service(inventory, backend)
    if other.name == name:
        message = f"Service '{name}' is in namespace '{other.namespace}': no Ingress leads there"
        return Problem(at, message, ((other.get("metadata", "namespace"), "in this one"),))
    message = f"there is no Service '{name}', but one named '{other.name}'"
    return Problem(at, message, ((other.get("metadata", "name"), "this one is there"),))


def _shown(port: str) -> str:
    return port if port.isdecimal() else f"'{port}'"


def _listed(ports: list[Node]) -> str:
    return " and ".join(port.get("port").text() for port in ports[:3]) + (
        " and more" if len(ports) > 3 else ""
    )
