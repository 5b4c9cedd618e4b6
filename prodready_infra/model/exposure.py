"""How users reach a workload: Services, and the routes of every gateway that lead to them.

Routes differ in shape only: each is read into :class:`Backend`, and rules see no other.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory, nearest, same_namespace
from prodready_infra.model.node import Node
from prodready_infra.model.relations import services_of
from prodready_infra.model.resource import Resource
from prodready_infra.model.workload import Workload

_GATEWAY = "gateway.networking.k8s.io"
GATEWAY_ROUTES = frozenset(
    f"{_GATEWAY}/{kind}" for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
)
VIRTUAL_SERVICE = "networking.istio.io/VirtualService"
_CLUSTER_DOMAIN = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?\.?")
_SHORT_NAME = re.compile(r"[a-z0-9-]+")
_EXTERNAL_TYPES = ("LoadBalancer", "NodePort")


@dataclass(frozen=True, slots=True, eq=False)
class Backend:
    """One Service that a route sends requests to.

    ``node`` is where the route names it; ``port`` is a node with its number or name, absent where
    the route takes any. ``internal`` routes serve callers inside of the cluster only.
    """

    route: Resource
    node: Node
    namespace: str
    service: str
    port: Node
    internal: bool = False


def backends(inventory: Inventory) -> list[Backend]:
    """Every Service that any route of the scan names; routes to other things are left out."""
    return inventory.index(_all_backends)


def backends_of(route: Resource) -> list[Backend]:
    """The Services that one route names; raises when a list of them is not known."""
    reader = _READERS.get(route.kind)
    return list(reader(route)) if reader else []


def _all_backends(inventory: Inventory) -> list[Backend]:
    found: list[Backend] = []
    for route in inventory.of_kind(*_READERS):
        try:
            found += backends_of(route)
        except UnknownValue:
            continue
    return found


def _by_service(inventory: Inventory) -> dict[tuple[str, str], list[Backend]]:
    found: dict[tuple[str, str], list[Backend]] = defaultdict(list)
    for backend in backends(inventory):
        found[same_namespace(backend.namespace), backend.service].append(backend)
    return found


def backend_service(inventory: Inventory, backend: Backend) -> Resource | None:
    """The Service that a route means; of several of that name the one nearest to the route."""
    return inventory.named("Service", backend.namespace, backend.service, backend.route.path)


def routes_to(inventory: Inventory, service: Resource) -> list[Backend]:
    """The places at which routes name the Service, those for callers in the mesh included."""
    found = inventory.index(_by_service).get((same_namespace(service.namespace), service.name), ())
    return [backend for backend in found if backend_service(inventory, backend) is service]


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """A way from outside of the cluster to a workload: by a route, or by the Service itself."""

    by: Resource
    service: Resource


def exposures_of(inventory: Inventory, workload: Workload) -> list[Exposure]:
    """The ways from outside to its pods; raises when a selector or a Service's type is unknown."""
    found: list[Exposure] = []
    for service in services_of(inventory, workload):
        if service.get("spec", "type").text() in _EXTERNAL_TYPES:
            found.append(Exposure(service, service))
        found += [
            Exposure(backend.route, service)
            for backend in routes_to(inventory, service)
            if not backend.internal
        ]
    return found


def nearest_exposure(inventory: Inventory, workload: Workload) -> Exposure | None:
    """One of them to show, or ``None``."""
    found = exposures_of(inventory, workload)
    return nearest(found, workload.resource.path, lambda exposure: exposure.by.path)


def _ingress(route: Resource) -> Iterator[Backend]:
    """``networking.k8s.io/v1``, and the ``serviceName`` of the versions before it."""
    spec = route.get("spec")
    nodes = [spec.get("defaultBackend"), spec.get("backend")]
    for each in spec.get("rules").items():
        nodes += [path.get("backend") for path in each.get("http", "paths").items()]
    for node in nodes:
        service = node.get("service")
        if service.present:
            port = service.get("port", "number")
            port = port if port.present else service.get("port", "name")
            yield Backend(route, service, route.namespace, service.get("name").identity(), port)
        elif node.get("serviceName").present:
            name = node.get("serviceName")
            yield Backend(route, name, route.namespace, name.identity(), node.get("servicePort"))


def _gateway_route(route: Resource) -> Iterator[Backend]:
    """``backendRefs``: kind Service of the core group by default.

    https://gateway-api.sigs.k8s.io/reference/spec/#backendobjectreference
    """
    for each in route.get("spec", "rules").items():
        for node in each.get("backendRefs").items():
            if node.get("kind").text("Service") == "Service" and not node.get("group").text():
                namespace = node.get("namespace").identity() or route.namespace
                yield Backend(route, node, namespace, node.get("name").identity(), node.get("port"))


def _virtual_service(route: Resource) -> Iterator[Backend]:
    """``destination.host``: a short name means the route's own namespace.

    https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
    """
    gateways = [gateway.text() for gateway in route.get("spec", "gateways").items()]
    internal = set(gateways) <= {"mesh"}
    for protocol in ("http", "tls", "tcp"):
        for each in route.get("spec", protocol).items():
            for node in each.get("route").items():
                host = node.get("destination", "host")
                found = service_of_host(host.identity(), route.namespace)
                if found:
                    port = node.get("destination", "port", "number")
                    yield Backend(route, host, *found, port, internal)


def service_of_host(host: str, namespace: str) -> tuple[str, str] | None:
    """Namespace and name of the Service that a mesh's host means, if it can be one."""
    match = _CLUSTER_DOMAIN.fullmatch(host)
    if match:
        return match[2], match[1]
    return (namespace, host) if _SHORT_NAME.fullmatch(host) else None


def _traefik(route: Resource) -> Iterator[Backend]:
    for each in route.get("spec", "routes").items():
        for node in each.get("services").items():
            if node.get("kind").text("Service") == "Service":
                namespace = node.get("namespace").identity() or route.namespace
                yield Backend(route, node, namespace, node.get("name").identity(), node.get("port"))


def _contour(route: Resource) -> Iterator[Backend]:
    spec = route.get("spec")
    for each in (*spec.get("routes").items(), *spec.get("tcpproxy").items()):
        for node in each.get("services").items():
            name = node.get("name").identity()
            yield Backend(route, node, route.namespace, name, node.get("port"))


def _openshift(route: Resource) -> Iterator[Backend]:
    spec = route.get("spec")
    for node in (*spec.get("to").items(), *spec.get("alternateBackends").items()):
        if node.get("kind").text("Service") == "Service":
            port = spec.get("port", "targetPort")
            yield Backend(route, node, route.namespace, node.get("name").identity(), port)


def _target_group(route: Resource) -> Iterator[Backend]:
    node = route.get("spec", "serviceRef")
    if node.present:
        name = node.get("name").identity()
        yield Backend(route, node, route.namespace, name, node.get("port"))


_READERS: dict[str, Callable[[Resource], Iterator[Backend]]] = {
    "Ingress": _ingress,
    **dict.fromkeys(sorted(GATEWAY_ROUTES), _gateway_route),
    VIRTUAL_SERVICE: _virtual_service,
    "traefik.io/IngressRoute": _traefik,
    "traefik.io/IngressRouteTCP": _traefik,
    "traefik.containo.us/IngressRoute": _traefik,
    "traefik.containo.us/IngressRouteTCP": _traefik,
    "projectcontour.io/HTTPProxy": _contour,
    "route.openshift.io/Route": _openshift,
    "elbv2.k8s.aws/TargetGroupBinding": _target_group,
}
ROUTE_KINDS = frozenset(_READERS)
