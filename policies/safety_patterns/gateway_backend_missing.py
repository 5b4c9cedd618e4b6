"""A route of a gateway or a mesh must lead to a Service that is there and lets it in."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    GATEWAY_ROUTES,
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
    beside,
    meant_service,
    rule,
    same_namespace,
    service_of_host,
    together,
)

_GATEWAY = "gateway.networking.k8s.io"
_GRANTS = (f"{_GATEWAY}/ReferenceGrant", f"{_GATEWAY}/ReferencePolicy")
_VIRTUAL_SERVICE = "networking.istio.io/VirtualService"
_OPENSHIFT = "route.openshift.io/Route"


@rule(
    id="SAF052",
    title="route leads to a Service, port or subset that is not there",
    group="availability",
    kinds=ROUTE_KINDS - {"Ingress"},
    references=[
        "https://gateway-api.sigs.k8s.io/api-types/httproute/",
        "https://gateway-api.sigs.k8s.io/api-types/referencegrant/",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
    ],
    aliases=["kubescape:C-0302"],
)
def gateway_backend_missing(route: Resource, inventory: Inventory) -> Iterator[Problem]:
    backends = [backend for backend in backends_of(route) if _asked(backend, inventory)]
    if not backends:
        raise NotApplicable("no backend of it is a Service")
    told = set()
    doubts = []
    for backend in backends:
        wanted = (backend.namespace, backend.service, backend.port.identity(), _subset(backend))
        if wanted in told:
            continue  # many matches lead to one backend
        told.add(wanted)
        try:
            service = backend_service(inventory, backend)
            if service is None:
                yield _missing(backend, inventory)
                continue
            yield from _port(backend, service)
            if route.kind in GATEWAY_ROUTES:
                yield from _grant(backend, service, inventory)
            if route.kind == _VIRTUAL_SERVICE:
                yield from _subset_missing(backend, inventory)
        except UnknownValue as signal:
            doubts.append(signal)
    if doubts:  # told last: what is not known of one backend must hide nothing about the others
        raise doubts[0]


def _asked(backend: Backend, inventory: Inventory) -> bool:
    """Whether requests go there now, and the name is that of a Service."""
    weight = _entry(backend).get("weight")
    if weight.present and weight.text() == "0":
        return False
    hosts = inventory.index(_external_hosts) if backend.route.kind == _VIRTUAL_SERVICE else ()
    return "@" not in backend.service and backend.node.identity() not in hosts


def _entry(backend: Backend) -> Node:
    """The element of the list of backends: with Istio what the host stands in, two levels up."""
    node = backend.node
    if backend.route.kind != _VIRTUAL_SERVICE:
        return node
    return backend.route.get(*node.path[len(backend.route.node.path) : -2])


def _external_hosts(inventory: Inventory) -> set[str]:
    """https://istio.io/latest/docs/reference/config/networking/service-entry/"""
    entries = inventory.of_kind("networking.istio.io/ServiceEntry")
    hosts = [entry.get("spec", "hosts") for entry in entries]
    return {host.identity() for each in hosts if type(each.value) is list for host in each.items()}


def _port(backend: Backend, service: Resource) -> Iterator[Problem]:
    if service.get("spec", "type").text() == "ExternalName" or backend.route.kind == _OPENSHIFT:
        return
    wanted = backend.port.text()
    ports = list(service.get("spec", "ports").items())
    numbers = {port.get("port").text() for port in ports}
    names = {port.get("name").text() for port in ports if port.get("name").present}
    if not ports or not wanted or wanted in numbers | names:
        return
    if not _sure(backend, service):
        raise UnknownValue(f"{service.address} of another folder may not be the one it means")
    listed = " and ".join(port.get("port").text() for port in ports[:3])
    yield Problem(
        backend.port,
        f"Service '{service.name}' has no port {wanted}: it has {listed}"
        f"{' and more' if len(ports) > 3 else ''}",
        ((service.get("spec", "ports"), "its ports"),),
    )


def _sure(backend: Backend, service: Resource) -> bool:
    """Whether the Service is the one meant: deployed with the route, and where it spells out."""
    if same_namespace(backend.namespace) != same_namespace(backend.route.namespace):
        return beside(backend.route.path, service.path)
    return together(backend.route, service)


def _grant(backend: Backend, service: Resource, inventory: Inventory) -> Iterator[Problem]:
    """https://gateway-api.sigs.k8s.io/api-types/referencegrant/"""
    route, namespace = backend.route, same_namespace(backend.namespace)
    if namespace == same_namespace(route.namespace):
        return
    if not (route.namespace and service.namespace):
        raise UnknownValue("only one of route and Service names its namespace")
    grants = inventory.index(_grants).get(namespace, [])
    if any(_allows(grant, route, service) for grant in grants):
        return
    for path in (service.path, route.path):
        unread = inventory.unread(near=path)
        if unread is not None:
            raise UnknownValue(f"a ReferenceGrant may stand in what was not read: {unread}")
    message = f"no ReferenceGrant of '{backend.namespace}' lets it reach Service '{service.name}'"
    related = [(grant.get("spec"), "this one does not") for grant in grants[:2]]
    yield Problem(backend.node.get("namespace"), message, ((service.node, "the Service"), *related))


def _grants(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for grant in inventory.of_kind(*_GRANTS):
        found[same_namespace(grant.namespace)].append(grant)
    return found


def _allows(grant: Resource, route: Resource, service: Resource) -> bool:
    kind = route.kind.rpartition("/")[2]
    froms = [
        (each.get("group").text(), each.get("kind").text(), each.get("namespace").text())
        for each in grant.get("spec", "from").items()
    ]
    targets = [
        (each.get("group").text(), each.get("kind").text(), each.get("name").text(service.name))
        for each in grant.get("spec", "to").items()
    ]
    return (_GATEWAY, kind, route.namespace) in froms and ("", "Service", service.name) in targets


def _subset(backend: Backend) -> str:
    return _subset_node(backend).identity()


def _subset_node(backend: Backend) -> Node:
    return _entry(backend).get("destination", "subset")


def _subset_missing(backend: Backend, inventory: Inventory) -> Iterator[Problem]:
    """A subset that no DestinationRule of the host has answers 503.

    https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset
    """
    subset = _subset_node(backend)
    if not subset.present:
        return
    host = (same_namespace(backend.namespace), backend.service)
    rules = inventory.index(_destination_rules).get(host, [])
    names = [each.get("name") for r in rules for each in r.get("spec", "subsets").items()]
    if any(name.identity() == subset.text() for name in names):
        return
    near = [r for r in rules if together(backend.route, r)]
    if not near:
        raise UnknownValue(f"the scan holds no DestinationRule of '{backend.service}' beside it")
    known = list(dict.fromkeys(name.text() for name in names))
    unread = inventory.unread(near=backend.route.path)
    if unread is not None:
        raise UnknownValue(f"the subset may stand in what was not read: {unread}")
    has = ", ".join(known[:3]) or "none"
    yield Problem(
        subset,
        f"no DestinationRule of '{backend.service}' has a subset '{subset.text()}': it has {has}",
        ((near[0].get("spec", "subsets"), "the subsets that are there"),),
    )


def _destination_rules(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind("networking.istio.io/DestinationRule"):
        host = service_of_host(resource.get("spec", "host").identity(), resource.namespace)
        if host:
            found[same_namespace(host[0]), host[1]].append(resource)
    return found


def _missing(backend: Backend, inventory: Inventory) -> Problem:
    """The problem, where something beside the route says what was meant; else not known."""
    node, name, namespace = backend.node, backend.service, same_namespace(backend.namespace)
    at = node.get("name") if type(node.value) is dict else node
    at.text()
    other = meant_service(inventory, backend)
    if other.name == name:
        message = f"Service '{name}' is in namespace '{other.namespace}', not in '{namespace}'"
        return Problem(at, message, ((other.get("metadata", "namespace"), "in this one"),))
    message = f"there is no Service '{name}', but one named '{other.name}'"
    return Problem(at, message, ((other.get("metadata", "name"), "this one is there"),))
