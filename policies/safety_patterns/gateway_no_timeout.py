"""Requests through a route of the Gateway API need an end, set by it or by its gateway."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    duration,
    nearest,
    rule,
    same_namespace,
    together,
)

_GATEWAY = "gateway.networking.k8s.io"
# What ends a request whose route says nothing, by the beginning of the controller's name; the
# API leaves it to the implementation. True means that something does.
#   Envoy Gateway, Contour   15 s of Envoy: https://gateway.envoyproxy.io/docs/tasks/traffic/http-timeouts/
#                            https://projectcontour.io/docs/main/config/request-routing/
#   GKE                      30 s: https://cloud.google.com/load-balancing/docs/backend-service
#   NGINX, Kong              60 s without a byte, of the proxies themselves
#   Istio, OpenShift         nothing: https://istio.io/latest/docs/concepts/traffic-management/
_ENDS = {
    "gateway.envoyproxy.io/": True,
    "projectcontour.io/": True,
    "networking.gke.io/": True,
    "gateway.nginx.org/": True,
    "konghq.com/": True,
    "istio.io/": False,
    "openshift.io/": False,
}
# Classes that these controllers make themselves, so that no file of the scan has them.
_OWN_CLASSES = {
    "istio": "istio.io/gateway-controller",
    "istio-remote": "istio.io/unmanaged-gateway",
    "istio-waypoint": "istio.io/mesh-controller",
}
_GKE_CLASS = "gke-l7-"


@rule(
    id="SAF068",
    title="gateway route has no timeout, or one that the API refuses",
    group="timeouts",
    kinds=[f"{_GATEWAY}/HTTPRoute"],
    references=[
        "https://gateway-api.sigs.k8s.io/guides/http-timeouts/",
        "https://gateway-api.sigs.k8s.io/geps/gep-1742/",
        "https://istio.io/latest/docs/concepts/traffic-management/#timeouts",
    ],
)
def gateway_no_timeout(route: Resource, inventory: Inventory) -> Iterator[Problem]:
    rules = [each for each in route.get("spec", "rules").items() if _sends(each)]
    if not rules:
        raise NotApplicable("none of its rules sends requests to a backend")
    for each in rules:
        yield from _contradiction(each.get("timeouts"))
    for each in rules:
        yield from _switched_off(each.get("timeouts"))
    silent = [each for each in rules if not _given(each.get("timeouts"))]
    if silent and not _ends_by_default(route, inventory):
        subject = f"{len(silent)} of {len(rules)} rules set" if len(rules) > 1 else "the rule sets"
        yield Problem(
            silent[0],
            f"{subject} no timeout, and Istio's gateway has no default: hung requests never end",
            tuple((each, "nor does this rule") for each in silent[1:]),
        )


def _sends(rule_: Node) -> bool:
    if any(each.get("type").text() == "RequestRedirect" for each in rule_.get("filters").items()):
        return False
    return any(each.get("weight").number(1) > 0 for each in rule_.get("backendRefs").items())


def _given(timeouts: Node) -> list[Node]:
    both = (timeouts.get("request"), timeouts.get("backendRequest"))
    return [each for each in both if each.present]


def _contradiction(timeouts: Node) -> Iterator[Problem]:
    """``0s`` is no limit, and so no limit of another."""
    whole, each = timeouts.get("request"), timeouts.get("backendRequest")
    if 0 < duration(whole) < duration(each):
        yield Problem(
            each,
            f"backendRequest of {each.text()} is longer than request, {whole.text()}:"
            " the API refuses the route",
            ((whole, "the whole request"),),
        )


def _switched_off(timeouts: Node) -> Iterator[Problem]:
    given = _given(timeouts)
    if given and not any(duration(each) for each in given):
        yield Problem(given[0], "0s switches the timeout off: hung requests never end")


def _ends_by_default(route: Resource, inventory: Inventory) -> bool:
    """Whether every gateway that it hangs on ends requests by itself; raises when not known."""
    parents = list(route.get("spec", "parentRefs").items())
    if not parents:
        raise NotApplicable("it hangs on no gateway")
    doubt = ""
    for parent in parents:
        try:
            if not _parent_ends(parent, route, inventory):
                return False
        except UnknownValue as signal:
            doubt = doubt or signal.reason
    if doubt:
        raise UnknownValue(doubt)
    return True


def _parent_ends(parent: Node, route: Resource, inventory: Inventory) -> bool:
    name = parent.get("name").text()
    if parent.get("kind").text("Gateway") != "Gateway":
        raise UnknownValue("it is no route of a gateway, and the mesh may have a default")
    namespace = parent.get("namespace").text() or route.namespace
    gateway = inventory.named(f"{_GATEWAY}/Gateway", namespace, name, route.path)
    if gateway is None:
        raise UnknownValue(f"Gateway '{name}' is not in this scan, and its default decides")
    if not same_namespace(namespace) and not together(gateway, route):
        raise UnknownValue(f"Gateway '{name}' of another folder may or may not be the one")
    controller = _controller(gateway, inventory)
    ends = next((ends for known, ends in _ENDS.items() if controller.startswith(known)), None)
    if ends is None:
        raise UnknownValue(f"the default timeout of {controller} is not known")
    if ends:
        _refuse_policies(route, gateway, inventory)
    return ends


def _controller(gateway: Resource, inventory: Inventory) -> str:
    name = gateway.get("spec", "gatewayClassName").text()
    if name in _OWN_CLASSES:
        return _OWN_CLASSES[name]
    if name.startswith(_GKE_CLASS):
        return "networking.gke.io/gateway"
    found = inventory.index(_classes).get(name, ())
    declared = nearest(found, gateway.path, lambda each: each.path)
    if declared is None:
        raise UnknownValue(f"GatewayClass '{name}' is not in this scan, and its default decides")
    return declared.get("spec", "controllerName").text()


def _classes(inventory: Inventory) -> dict[str, list[Resource]]:
    """By name alone: they belong to the cluster, whatever namespace a deployment sets."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for each in inventory.of_kind(f"{_GATEWAY}/GatewayClass"):
        found[each.name].append(each)
    return found


def _refuse_policies(route: Resource, gateway: Resource, inventory: Inventory) -> None:
    """A policy of Envoy Gateway may take the default away."""
    places = {same_namespace(route.namespace), same_namespace(gateway.namespace)}
    for policy in inventory.of_kind("gateway.envoyproxy.io/BackendTrafficPolicy"):
        limit = policy.get("spec", "timeout", "http", "requestTimeout")
        if same_namespace(policy.namespace) in places and limit.present and not duration(limit):
            raise UnknownValue(f"{policy.address} may switch its timeout off")
