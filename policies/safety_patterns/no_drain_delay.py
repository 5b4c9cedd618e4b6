"""Load balancers go on sending to a pod for seconds after it was told to stop."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    TARGET_GROUP_BINDING,
    Backend,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    binds_pods,
    nearest,
    routes_to,
    rule,
    same_namespace,
    services_of,
    target_groups_of,
    together,
)

_ALB_TARGET = "alb.ingress.kubernetes.io/target-type"
_NLB = "service.beta.kubernetes.io/aws-load-balancer-"
_NEG_FOR_INGRESS = re.compile(r'"ingress"\s*:\s*true')
_GATEWAY = "gateway.networking.k8s.io"
# Words of settings with which a server itself goes on for a while after SIGTERM.
_OWN_DELAY = re.compile(r"(?i)shutdown.?(?:delay|wait)|lame.?duck|drain|pre.?stop|grace.?timeout")


@rule(
    id="SAF072",
    title="pod stops while a load balancer still sends it requests: no preStop",
    group="advice",
    kinds=SERVING,
    references=[
        "https://docs.aws.amazon.com/eks/latest/best-practices/load-balancing.html",
        "https://cloud.google.com/kubernetes-engine/docs/how-to/container-native-load-balancing",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    ],
)
def no_drain_delay(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    senders = [
        sender
        for service in services_of(inventory, workload)
        if together(service, workload.resource)
        for sender in _senders(service, inventory)
    ]
    sender = nearest(senders, workload.resource.path, lambda resource: resource.path)
    if sender is None:
        raise NotApplicable("no cloud load balancer of this scan sends to its pods directly")
    containers = [each for each in workload.containers if each.role != "init"]
    if not containers:
        raise NotApplicable("it declares no containers")
    if any(each.get("lifecycle", "preStop").present for each in containers):
        return
    for container in containers:
        words = [*container.get("args").items(), *container.get("command").items()]
        words += [variable.node.get("name") for variable in container.env]
        if any(_OWN_DELAY.search(word.identity()) for word in words):
            raise UnknownValue("its settings may have it wait after SIGTERM by itself")
    yield Problem(
        containers[0].get("lifecycle", "preStop"),
        "no preStop hook: the load balancer sends to the pod for seconds after SIGTERM",
        ((sender.node, "sends to the pods directly"), *_inferred(sender, inventory)),
    )


def _inferred(sender: Resource, inventory: Inventory) -> Iterator[tuple[Node, str]]:
    """The target group that tells of a binding without a type that its targets are pods."""
    if sender.kind == TARGET_GROUP_BINDING and not sender.get("spec", "targetType").present:
        for group in target_groups_of(inventory, sender)[:1]:
            yield group.get("target_type"), "its targets are pods"


def _senders(service: Resource, inventory: Inventory) -> Iterator[Resource]:
    """What makes a load balancer with the Service's pods as its targets.

    It learns of their end through an API of the cloud, which takes seconds; proxies inside of
    the cluster learn sooner, and mostly send again what was refused.
    """
    annotations = service.get("metadata", "annotations")
    if service.get("spec", "type").text() == "LoadBalancer" and (
        annotations.get(f"{_NLB}nlb-target-type").text() == "ip"
        or annotations.get(f"{_NLB}type").text() == "nlb-ip"
    ):
        yield service
    for backend in routes_to(inventory, service):
        if not same_namespace(service.namespace) and not together(backend.route, service):
            continue
        if _targets_pods(backend, service, inventory):
            yield backend.route


def _targets_pods(backend: Backend, service: Resource, inventory: Inventory) -> bool:
    route, annotations = backend.route, service.get("metadata", "annotations")
    if route.kind == "Ingress":
        own = annotations.get(_ALB_TARGET)
        target = own if own.present else route.get("metadata", "annotations", _ALB_TARGET)
        group = annotations.get("cloud.google.com/neg")
        return target.text() == "ip" or bool(_NEG_FOR_INGRESS.search(group.text()))
    if route.kind == TARGET_GROUP_BINDING:
        return binds_pods(inventory, route)
    if route.kind == f"{_GATEWAY}/HTTPRoute":
        return any(
            gateway.get("spec", "gatewayClassName").text().startswith("gke-l7-")
            for gateway in _gateways(route, inventory)
        )
    return False


def _gateways(route: Resource, inventory: Inventory) -> Iterator[Resource]:
    for parent in route.get("spec", "parentRefs").items():
        namespace = parent.get("namespace").identity() or route.namespace
        name = parent.get("name").identity()
        gateway = inventory.named(f"{_GATEWAY}/Gateway", namespace, name, route.path)
        if gateway is not None and (same_namespace(namespace) or together(gateway, route)):
            yield gateway
