"""Calls through Linkerd need an end, set where Linkerd really reads it."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_namespace,
    service_of_host,
    together,
    workloads_behind,
)

_ROUTES = (
    "gateway.networking.k8s.io/HTTPRoute",
    "gateway.networking.k8s.io/GRPCRoute",
    "policy.linkerd.io/HTTPRoute",
)
_PROFILE = "linkerd.io/ServiceProfile"
_TIMEOUT = re.compile(r"timeout\.linkerd\.io/(?:request|response|idle)|retry\.linkerd\.io/timeout")
_SETTING = re.compile(rf"{_TIMEOUT.pattern}|retry\.linkerd\.io/(?:http|grpc|limit)")
_INJECT = "linkerd.io/inject"
_OPAQUE = "config.linkerd.io/opaque-ports"
_HTTP_NAME = re.compile(r"(?:.*-)?(?:https?2?|h2c?|grpc|web|api|rest|graphql)(?:-.*)?")
_HTTP_PROTOCOLS = ("http", "grpc", "kubernetes.io/h2c")
_HTTP_PORTS = ("80", "8000", "8080")


@rule(
    id="SAF069",
    title="calls through Linkerd have no timeout, or one that it does not read",
    group="timeouts",
    kinds=["Service", *_ROUTES],
    references=[
        "https://linkerd.io/2-edge/reference/timeouts/",
        "https://linkerd.io/2-edge/reference/retries/",
        "https://linkerd.io/2-edge/reference/service-profiles/",
    ],
)
def linkerd_no_timeout(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    settings = _settings(resource)
    if resource.kind != "Service":
        if not settings:
            raise NotApplicable("no annotation of Linkerd is on the route")
        for name, service in _parents(resource, inventory):
            yield from _ignored(settings[0], name, service, inventory)
        return
    own = same_namespace(resource.namespace), resource.name
    if settings:
        yield from _ignored(settings[0], own, resource, inventory)
    elif not _is_meshed(resource, inventory):
        raise NotApplicable("nothing says that Linkerd carries its requests")
    if settings and _is_headless(resource):
        return
    if any(_TIMEOUT.fullmatch(str(node.path[-1])) for node in settings):
        return
    _refuse_other_protocols(resource)
    yield from _without_end(resource, own, inventory)


def _settings(resource: Resource) -> list[Node]:
    """Its annotations that set timeouts and retries."""
    annotations = resource.get("metadata", "annotations").entries()
    return [node for key, node in annotations if _SETTING.fullmatch(key)]


def _is_headless(service: Resource) -> bool:
    return service.get("spec", "clusterIP").text() == "None"


def _ignored(
    setting: Node, key: tuple[str, str], service: Resource | None, inventory: Inventory
) -> Iterator[Problem]:
    """Where Linkerd does not look at the annotations at all."""
    told = str(setting.path[-1])
    if service is not None and _is_headless(service):
        label = (service.get("spec", "clusterIP"), "headless")
        yield Problem(setting, f"{told} has no effect: Service '{key[1]}' is headless", (label,))
    for profile in inventory.index(_profiles).get(key, ()):
        yield Problem(
            setting,
            f"{told} has no effect: a ServiceProfile of '{key[1]}' replaces all such annotations",
            ((profile.get("metadata", "name"), "replaces them"),),
        )
        return


def _profiles(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """The ServiceProfiles by the Service that they are named after."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for profile in inventory.of_kind(_PROFILE):
        meant = service_of_host(profile.name, profile.namespace)
        if meant and "." in profile.name:
            found[same_namespace(meant[0]), meant[1]].append(profile)
    return found


def _parent_keys(route: Resource) -> Iterator[tuple[str, str]]:
    for parent in route.get("spec", "parentRefs").items():
        if parent.get("kind").identity() == "Service":
            namespace = parent.get("namespace").identity() or route.namespace
            yield same_namespace(namespace), parent.get("name").identity()


def _parents(
    route: Resource, inventory: Inventory
) -> Iterator[tuple[tuple[str, str], Resource | None]]:
    for key in _parent_keys(route):
        service = inventory.named("Service", *key, route.path)
        sure = service is not None and (bool(key[0]) or together(service, route))
        yield key, service if sure else None


def _attached(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """The routes by the Service that they are attached to."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for route in inventory.of_kind(*_ROUTES):
        try:
            for key in _parent_keys(route):
                found[key].append(route)
        except UnknownValue:
            continue
    return found


def _is_meshed(service: Resource, inventory: Inventory) -> bool:
    """Whether Linkerd's proxy is added to its pods, by their template or their namespace."""
    if service.get("spec", "type").text() == "ExternalName" or _is_headless(service):
        return False
    for workload in workloads_behind(inventory, service):
        told = workload.template.get("metadata", "annotations", _INJECT)
        if not told.present:
            namespace = inventory.named("Namespace", "", workload.namespace, workload.resource.path)
            told = namespace.get("metadata", "annotations", _INJECT) if namespace else told
        if told.text() in ("enabled", "ingress"):
            return True
    return False


def _refuse_other_protocols(service: Resource) -> None:
    """Timeouts are of requests: connections that Linkerd does not look into have none."""
    opaque = service.get("metadata", "annotations", _OPAQUE).text().split(",")
    ports = [
        port
        for port in service.get("spec", "ports").items()
        if port.get("port").text() not in [each.strip() for each in opaque]
    ]
    if any(_speaks_http(port) for port in ports):
        return
    if all(port.get("appProtocol").present for port in ports):
        raise NotApplicable("none of its ports carries HTTP requests")
    raise UnknownValue("nothing says whether its ports carry HTTP requests")


def _speaks_http(port: Node) -> bool:
    protocol = port.get("appProtocol")
    if protocol.present:
        return protocol.text() in _HTTP_PROTOCOLS
    name = port.get("name").text()
    return bool(_HTTP_NAME.fullmatch(name)) or port.get("port").text() in _HTTP_PORTS


def _without_end(
    service: Resource, key: tuple[str, str], inventory: Inventory
) -> Iterator[Problem]:
    name = service.get("metadata", "name")
    for profile in inventory.index(_profiles).get(key, ()):
        routes = profile.get("spec", "routes")
        if not any(route.get("timeout").present for route in routes.items()):
            told = (
                f"no route of its ServiceProfile has a timeout: calls to '{key[1]}' may never end"
            )
            yield Problem(name, told, ((routes, "and Linkerd has no default"),))
        return
    for route in inventory.index(_attached).get(key, ()):
        rules = route.get("spec", "rules")
        if any(rule_.get("timeouts").present for rule_ in rules.items()):
            return
        if any(_TIMEOUT.fullmatch(str(node.path[-1])) for node in _settings(route)):
            return
    unread = inventory.unread(near=service.path)
    if unread:
        raise UnknownValue(
            f"a route that sets its timeout may stand where nothing was read: {unread}"
        )
    yield Problem(
        name, f"Linkerd has no timeout for '{key[1]}', nor a default: calls may never end"
    )
