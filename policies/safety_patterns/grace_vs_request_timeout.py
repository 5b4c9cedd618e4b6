"""A pod must live as long after SIGTERM as its routes let a request take."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Backend,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Workload,
    duration,
    routes_to,
    rule,
    same_namespace,
    services_of,
    together,
)

_READ_TIMEOUT = "nginx.ingress.kubernetes.io/proxy-read-timeout"
_ENDLESS = ("infinity", "infinite")


@rule(
    id="SAF070",
    title="requests may take longer than the pod lives after SIGTERM",
    group="weakness",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "https://gateway-api.sigs.k8s.io/guides/http-timeouts/",
    ],
)
def grace_vs_request_timeout(
    workload: Workload, inventory: Inventory, *, streams_from: int = 3600
) -> Iterator[Problem]:
    limits = [
        limit
        for service in services_of(inventory, workload)
        if together(service, workload.resource)
        for backend in routes_to(inventory, service)
        if _is_sure(backend.route, service)
        for limit in _limit(backend)
    ]
    if not limits:
        raise NotApplicable("no route of this scan that leads to it sets a timeout")
    limits = [limit for limit in limits if limit[0] < streams_from]
    if not limits:
        raise NotApplicable("its routes are for streams: no grace period can wait for their end")
    seconds, node = max(limits, key=lambda limit: limit[0])
    grace = workload.grace_period
    sleep = min((container.pre_stop_sleep for container in workload.app_containers), default=0)
    if sleep >= grace:
        raise NotApplicable("its preStop hook takes the whole grace period, which is worse")
    if seconds > grace - sleep:
        given = workload.pod.get("terminationGracePeriodSeconds")
        default = "" if given.present else " (the default)"
        yield Problem(
            given,
            f"requests may take {seconds:g} s, but the pod is killed {grace - sleep:g} s{default}"
            " after SIGTERM",
            ((node, "lets a request take so long"),),
        )


def _is_sure(route: Resource, service: Resource) -> bool:
    """Namespaces that are written agree already; without them one folder must hold both."""
    return bool(same_namespace(service.namespace)) or together(route, service)


def _limit(backend: Backend) -> Iterator[tuple[float, Node]]:
    """How long the route lets one request to the Service take, if it says so."""
    route = backend.route
    start = len(route.node.path)
    each = route.get(*backend.node.path[start : start + 3])  # such as spec, rules, 0
    nodes: list[Node] = []
    if route.kind == "Ingress":
        seconds = route.get("metadata", "annotations", _READ_TIMEOUT)
        if seconds.number() > 0:
            yield seconds.number(), seconds
    elif route.kind == "networking.istio.io/VirtualService":
        nodes.append(each.get("timeout"))
        if each.get("retries", "attempts").number() > 0:
            nodes.append(each.get("retries", "perTryTimeout"))
    elif route.kind == "gateway.networking.k8s.io/HTTPRoute":
        nodes += [each.get("timeouts", "request"), each.get("timeouts", "backendRequest")]
    elif route.kind == "projectcontour.io/HTTPProxy":
        response = each.get("timeoutPolicy", "response")
        nodes += [response] if response.text() not in _ENDLESS else []
    # The pod sees single tries, so that the least of the limits ends a request there.
    limits = [(duration(node), node) for node in nodes if duration(node)]
    if limits:
        yield min(limits, key=lambda limit: limit[0])
