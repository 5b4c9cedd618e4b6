"""A Service of type LoadBalancer or NodePort is a door of its own into the cluster."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    routes_to,
    rule,
    workloads_behind,
)

_INTERNAL = {
    "alb.ingress.kubernetes.io/scheme": "internal",
    "cloud.google.com/load-balancer-type": "internal",
    "networking.gke.io/load-balancer-type": "internal",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": "intranet",
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "service.beta.kubernetes.io/do-loadbalancer-network": "internal",
    "service.beta.kubernetes.io/oci-load-balancer-internal": "true",
    "service.beta.kubernetes.io/openstack-internal-load-balancer": "true",
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "private",
    "load-balancer.hetzner.cloud/disable-public-network": "true",
    "oci-network-load-balancer.oraclecloud.com/internal": "true",
}
_AWS = "service.beta.kubernetes.io/aws-load-balancer-"
# Where load balancers without a cloud are told their addresses.
_ADDRESSES = (
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "kube-vip.io/loadbalancerIPs",
)
# Classes and types for which the AWS controller makes internal ones unless told otherwise.
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/#lb-scheme
_AWS_CONTROLLER_TYPES = ("external", "nlb-ip")
_PRIVATE_CLASSES = ("service.k8s.aws/nlb", "tailscale")
_ANYWHERE = {"0.0.0.0/0", "::/0"}
# What lets people in by its trade: everything else should stand behind one of these.
_GATES = re.compile(r".*(?:ingress|gateway|traefik|envoy|haproxy|contour|kong|load-?balancer).*")


@rule(
    id="SEC028",
    title="Service opens a door of its own into the cluster",
    group="disputed",
    kinds=["Service"],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    ],
    aliases=["kube-linter:exposed-services", "kube-score:service-type"],
)
def service_type(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    kind = service.get("spec", "type")
    name = kind.text("ClusterIP")
    if name == "NodePort":
        if any(not backend.internal for backend in routes_to(inventory, service)):
            raise NotApplicable("load balancers of some clouds reach Services by their NodePort")
    elif name != "LoadBalancer":
        return
    if _is_gate(service, inventory):
        raise NotApplicable("it is the gate that others stand behind")
    if name == "NodePort":
        yield Problem(kind, "type NodePort opens a port for it on every node")
    elif not _internal(service) and not _limited(service):
        yield Problem(kind, "type LoadBalancer makes it an entry of its own, open to anybody")


def _is_gate(service: Resource, inventory: Inventory) -> bool:
    workloads = workloads_behind(inventory, service)
    names = [service.name, *(workload.name for workload in workloads)]
    return any(map(_GATES.fullmatch, names))


def _internal(service: Resource) -> bool:
    """Whether annotations or the class keep the load balancer inside of a private network."""
    texts = {
        key: value.text().lower()
        for key, value in service.get("metadata", "annotations").entries()
        if key in _INTERNAL or key in _ADDRESSES or key.startswith(_AWS)
    }
    given = [service.get("spec", "loadBalancerIP").text(), *map(texts.get, _ADDRESSES)]
    addresses = [each.strip() for text in given if text for each in text.split(",")]
    if addresses and all(map(_is_private, addresses)):
        return True
    if any(texts.get(key) == value for key, value in _INTERNAL.items()):
        return True
    if texts.get(f"{_AWS}internal", "false") not in ("false", ""):
        return True
    own_class = service.get("spec", "loadBalancerClass").text()
    by_controller = texts.get(f"{_AWS}type") in _AWS_CONTROLLER_TYPES
    if own_class in _PRIVATE_CLASSES or by_controller:
        return texts.get(f"{_AWS}scheme") != "internet-facing"
    return False


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def _limited(service: Resource) -> bool:
    """Whether only some addresses may connect."""
    ranges = [each.text() for each in service.get("spec", "loadBalancerSourceRanges").items()]
    return bool(ranges) and _ANYWHERE.isdisjoint(ranges)
