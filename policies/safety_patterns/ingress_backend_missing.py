"""An Ingress must lead to a Service that is there, by a port that it has."""

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from prodready_infra.sdk import (
    ROUTE_KINDS,
    Backend,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    backend_service,
    backends_of,
    routes_to,
    rule,
    same_namespace,
    together,
)

# The AWS controller looks up an annotation instead.
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#actions
_ACTION = "use-annotation"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
# ingress-nginx compares the port with the targetPort of the Service as well; these do not.
_STRICT = re.compile(r"(?:alb|azure|cilium|contour|gce|istio|kong|traefik)(?:[-/].*)?")
_SUFFIXES = re.compile(r"(?:-(?:service|svc|headless|lb|internal|external|public|http|https))+$")
_DIGITS = re.compile(r"\d+")
_ALIKE = 0.85
# Custom kinds that follow a Service, and make none.
_FOLLOWERS = re.compile(
    r"(?:monitoring\.coreos\.com|cert-manager\.io|networking\.istio\.io|argoproj\.io"
    r"|gateway\.networking\.k8s\.io|external-secrets\.io|keda\.sh|autoscaling\.k8s\.io"
    r"|security\.istio\.io|traefik\.io|traefik\.containo\.us|cilium\.io)/.*"
)


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
    route, node = backend.route, backend.node
    name = (node if type(node.value) is not dict else node.get("name")).text()
    for doubt in _doubts(backend, name, inventory):
        raise UnknownValue(doubt)
    at = node if type(node.value) is not dict else node.get("name")
    for other in inventory.index(_by_folder).get(_folder(route), []):
        if other.name == name:
            message = (
                f"Service '{name}' is in namespace '{other.namespace}': no Ingress leads there"
            )
            return Problem(at, message, ((other.get("metadata", "namespace"), "in this one"),))
        same = same_namespace(other.namespace) == same_namespace(route.namespace)
        if same and _misspelt(name, other.name) and not routes_to(inventory, other):
            message = f"there is no Service '{name}', but one named '{other.name}'"
            return Problem(at, message, ((other.get("metadata", "name"), "this one is there"),))
    raise UnknownValue(f"the scan holds no Service '{name}'")


def _doubts(backend: Backend, name: str, inventory: Inventory) -> Iterator[str]:
    """Reasons why the Service may exist although the scan does not hold it."""
    namespace = same_namespace(backend.namespace)
    for other in inventory.index(_by_name).get(name, []):
        if not (same_namespace(other.namespace) and namespace):
            yield f"only one of it and {other.address} names its namespace"
    words = name.split("-")
    for length in range(len(words), 0, -1):
        maker = inventory.index(_customs).get((namespace, "-".join(words[:length])))
        if maker is not None:
            yield f"the controller of {maker.address} may make Service '{name}'"
    unread = inventory.unread(near=backend.route.path)
    if unread is not None:
        yield f"Service '{name}' may stand in what was not read: {unread}"


def _by_folder(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[_folder(service)].append(service)
    return found


def _by_name(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.name].append(service)
    return found


def _customs(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    """Objects of operators by their names: what they make is mostly named after them."""
    return {
        (same_namespace(resource.namespace), resource.name): resource
        for resource in inventory.resources
        if resource.source == "kubernetes"
        and "/" in resource.kind
        and resource.kind not in ROUTE_KINDS
        and not _FOLLOWERS.fullmatch(resource.kind)
    }


def _misspelt(one: str, other: str) -> bool:
    """Whether two names are one but for a suffix or a letter, and not two numbers of a row."""
    if _SUFFIXES.sub("", one) == _SUFFIXES.sub("", other):
        return True
    if _DIGITS.sub("", one) == _DIGITS.sub("", other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _shown(port: str) -> str:
    return port if port.isdecimal() else f"'{port}'"


def _listed(ports: list[Node]) -> str:
    return " and ".join(port.get("port").text() for port in ports[:3]) + (
        " and more" if len(ports) > 3 else ""
    )


def _folder(resource: Resource) -> str:
    return resource.path.rpartition("/")[0]
