"""Calls through an Istio route need an end, and retries that fit into it and do no harm."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    duration,
    rule,
    service_of_host,
)

# Routes that answer by themselves, or leave everything to another VirtualService.
_ANSWERS = ("redirect", "directResponse", "delegate")
# Conditions on which Envoy sends again what has timed out; Istio's default has none of them.
_SLOW = frozenset(("5xx", "gateway-error", "reset"))
_WRITES = ("POST", "PATCH")
_PATCHED = ("HTTP_ROUTE", "VIRTUAL_HOST", "ROUTE_CONFIGURATION")
_ROOT_NAMESPACE = "istio-system"


@rule(
    id="SAF066",
    title="mesh route has no timeout, or retries that do harm",
    group="timeouts",
    kinds=["networking.istio.io/VirtualService"],
    references=[
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute",
        "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
        "https://istio.io/latest/docs/concepts/traffic-management/#timeouts",
    ],
)
def mesh_no_timeout(table: Resource, inventory: Inventory) -> Iterator[Problem]:
    routes = [route for route in table.get("spec", "http").items() if _is_asked(route)]
    if not routes:
        raise NotApplicable("none of its routes sends HTTP requests to a service")
    for route in routes:
        yield from _retries(route)
    endless = [route for route in routes if not _has_end(route)]
    if not endless:
        return
    if not table.get("spec", "hosts"):
        raise UnknownValue("the VirtualService that delegates to it may set its timeout")
    for patch in inventory.index(_timeouts_patched):
        if patch.namespace in (table.namespace, _ROOT_NAMESPACE):
            raise UnknownValue(f"{patch.address} may set its timeout")
    yield _without_end(endless, len(routes), table.namespace)


def _is_asked(route: Node) -> bool:
    """Whether it sends requests on; WebSockets, where they can be told, are to stay open."""
    if any(route.get(key).present for key in _ANSWERS) or route.get("websocketUpgrade").flag():
        return False
    matches = list(route.get("match").items())
    return not matches or not all(_asks_for_upgrade(match) for match in matches)


def _asks_for_upgrade(match: Node) -> bool:
    headers = {name.lower(): value for name, value in match.get("headers").entries()}
    return "upgrade" in headers


def _has_end(route: Node) -> bool:
    """A limit for each try bounds the whole too: no number of tries is infinite."""
    tries = route.get("retries")
    if duration(route.get("timeout")):
        return True
    return tries.get("attempts").number() > 0 and duration(tries.get("perTryTimeout")) > 0


def _without_end(endless: list[Node], asked: int, namespace: str) -> Problem:
    first = endless[0].get("timeout")
    host = _host(endless[0].get("route", 0, "destination", "host"), namespace)
    hung = f"calls to a hung '{host}' never end" if host else "calls that hang never end"
    others = tuple((route, "nor does this route") for route in endless[1:])
    if first.present:
        return Problem(first, f"a timeout of {first.text()} means none: {hung}", others)
    subject = f"{len(endless)} of {asked} routes set" if asked > 1 else "the route sets"
    return Problem(endless[0], f"{subject} no timeout, and Istio has no default: {hung}", others)


def _host(node: Node, namespace: str) -> str:
    """A short name for the message, if any is known."""
    service = service_of_host(node.identity(), namespace)
    return service[1] if service else node.identity() if node.known else ""


def _retries(route: Node) -> Iterator[Problem]:
    """Where they are written: Istio's own, two on failures to connect, are no harm."""
    attempts = route.get("retries", "attempts").number()
    causes = {cause.strip() for cause in route.get("retries", "retryOn").text().split(",")}
    if attempts <= 0:
        return
    each, whole = route.get("retries", "perTryTimeout"), route.get("timeout")
    if causes & _SLOW and 0 < duration(whole) <= attempts * duration(each):
        yield Problem(
            each,
            f"tries of {each.text()} use up the timeout of {whole.text()}:"
            f" retry {attempts:g} is never sent",
            ((whole, "ends all tries together"),),
        )
    harmful = sorted(cause for cause in causes if cause in _SLOW or _is_server_error(cause))
    methods = [match.get("method", "exact").text() for match in route.get("match").items()]
    if harmful and methods and all(method in _WRITES for method in methods):
        yield Problem(
            route.get("retries", "retryOn"),
            f"{methods[0]} is sent again on {harmful[0]}: what the first try did is done twice",
            ((route.get("match"), "only requests that write"),),
        )


def _is_server_error(cause: str) -> bool:
    return len(cause) == len("503") and cause.isdigit() and cause.startswith("5")


def _timeouts_patched(inventory: Inventory) -> list[Resource]:
    """The EnvoyFilters that change the timeouts of routes."""
    return [
        filter_
        for filter_ in inventory.of_kind("networking.istio.io/EnvoyFilter")
        if any(
            patch.get("applyTo").identity() in _PATCHED
            and any(node.path[-1] in ("timeout", "max_stream_duration") for node in patch.walk())
            for patch in _mappings(filter_.get("spec", "configPatches"))
        )
    ]


def _mappings(node: Node) -> list[Node]:
    return list(node.items()) if isinstance(node.value, list) else []
