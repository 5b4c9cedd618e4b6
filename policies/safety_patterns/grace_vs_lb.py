"""A pod that a load balancer drains must live until the draining has ended."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    TARGET_GROUP_BINDING,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    binds_pods,
    routes_to,
    rule,
    same_namespace,
    services_of,
    target_groups_of,
    together,
)

_ALB = "alb.ingress.kubernetes.io/"
_NLB = "service.beta.kubernetes.io/aws-load-balancer-"
_DELAY = re.compile(r"(?:^|,)\s*deregistration_delay\.timeout_seconds\s*=\s*([^,]*?)\s*(?:,|$)")
_NEG = "cloud.google.com/neg"
_BACKEND_CONFIG = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
_TERRAFORM_DEFAULT = 300
_DRAINING = ("connectionDraining", "drainingTimeoutSec")


@rule(
    id="SAF071",
    title="load balancer drains a pod for longer than it lives",
    group="weakness",
    kinds=SERVING,
    references=[
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#target-group-attributes",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay",
        "https://cloud.google.com/kubernetes-engine/docs/how-to/ingress-configuration#draining_timeout",
    ],
)
def grace_vs_lb(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    delays = [
        delay
        for service in services_of(inventory, workload)
        if together(service, workload.resource)
        for delay in (
            *_amazon(service, inventory),
            *_terraform(service, workload.grace_period, inventory),
            *_google(service, inventory),
        )
    ]
    if not delays:
        raise NotApplicable("no load balancer with pods as targets says how long it drains them")
    seconds, node = max(delays, key=lambda delay: delay[0])
    grace = workload.grace_period
    if seconds > grace:
        given = workload.pod.get("terminationGracePeriodSeconds")
        default = "" if given.present else " (the default)"
        yield Problem(
            given,
            f"the load balancer drains for {seconds:g} s, but the pod is killed after"
            f" {grace:g} s{default}",
            ((node, "lets requests under way take so long"),),
        )


def _amazon(service: Resource, inventory: Inventory) -> Iterator[tuple[float, Node]]:
    """Only targets of type ip are pods; by default, 300 s, requests mostly end long before."""
    own = service.get("metadata", "annotations")
    attributes = own.get(f"{_NLB}target-group-attributes")
    if attributes.present and (
        own.get(f"{_NLB}nlb-target-type").text() == "ip"
        or own.get(f"{_NLB}type").text() == "nlb-ip"
    ):
        yield from _delay(attributes)
    for ingress in _ingresses(service, inventory):
        theirs = ingress.get("metadata", "annotations")
        # An annotation of the Service wins, for its own target group.
        kind, attributes = (
            own.get(key) if own.get(key).present else theirs.get(key)
            for key in (f"{_ALB}target-type", f"{_ALB}target-group-attributes")
        )
        if attributes.present and kind.text() == "ip":
            yield from _delay(attributes)


def _ingresses(service: Resource, inventory: Inventory) -> list[Resource]:
    return [
        backend.route
        for backend in routes_to(inventory, service)
        if backend.route.kind == "Ingress" and together(backend.route, service)
    ]


def _terraform(
    service: Resource, grace: float, inventory: Inventory
) -> Iterator[tuple[float, Node]]:
    """Of target groups in Terraform that a TargetGroupBinding puts the pods into.

    The delay of a group is mostly lowered, for the sake of quick deploys: only one above the
    default promises something. Where the pods live half as long at least, it counts as kept.
    """
    for backend in routes_to(inventory, service):
        binding = backend.route
        if binding.kind != TARGET_GROUP_BINDING or not together(binding, service):
            continue
        for group in target_groups_of(inventory, binding):
            delay = group.get("deregistration_delay")
            seconds = delay.number()
            if seconds > _TERRAFORM_DEFAULT and binds_pods(inventory, binding):
                yield seconds if seconds > 2 * grace else grace, delay


def _delay(attributes: Node) -> Iterator[tuple[float, Node]]:
    match = _DELAY.search(attributes.text())
    if match is None:
        return
    if not match[1].isdecimal():
        raise UnknownValue(f"the draining time is '{match[1]}', no number of seconds")
    yield float(match[1]), attributes


def _google(service: Resource, inventory: Inventory) -> Iterator[tuple[float, Node]]:
    """A BackendConfig for Ingress, where pods are the targets; a policy for Gateways, always."""
    annotations = service.get("metadata", "annotations")
    if _parsed(annotations.get(_NEG)).get("ingress") is True:
        for key in _BACKEND_CONFIG:
            for name in _names(_parsed(annotations.get(key))):
                config = inventory.named(
                    "cloud.google.com/BackendConfig", service.namespace, name, service.path
                )
                if config is not None and together(config, service):
                    yield from _drained(config.get("spec", *_DRAINING))
    place = same_namespace(service.namespace), service.name
    for policy in inventory.index(_policies).get(place, ()):
        if together(policy, service):
            yield from _drained(policy.get("spec", "default", *_DRAINING))


def _parsed(node: Node) -> dict[str, object]:
    """The JSON object inside of an annotation."""
    try:
        value = json.loads(node.text() or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _names(config: dict[str, object]) -> Iterator[str]:
    ports = config.get("ports")
    for name in (config.get("default"), *(ports.values() if isinstance(ports, dict) else ())):
        if isinstance(name, str):
            yield name


def _drained(node: Node) -> Iterator[tuple[float, Node]]:
    if node.present:
        yield node.number(), node


def _policies(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind("networking.gke.io/GCPBackendPolicy"):
        target = policy.get("spec", "targetRef")
        if target.get("kind").identity() == "Service":
            found[same_namespace(policy.namespace), target.get("name").identity()].append(policy)
    return found
