"""Pods whose connections are restricted must still be able to ask the cluster's DNS."""

import ipaddress
from collections.abc import Callable, Iterator

from prodready_infra.sdk import (
    CILIUM_CLUSTERWIDE,
    CILIUM_POLICY,
    NETWORK_POLICY,
    Inventory,
    NetworkPolicy,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    label_selector,
    policies_of,
    policies_perhaps_of,
    rule,
    together,
)

# The port of DNS, and those on which pods of CoreDNS listen at OpenShift and Gardener: policies
# see the connection after the Service's port has become that of a pod.
_PORTS = (53, 5353, 8053)
_NAMESPACES = frozenset({"kube-system", "openshift-dns", "coredns", "dns", "kube-dns"})
# What labels of namespaces are called whose value is the name.
_NAME_LABELS = frozenset({"kubernetes.io/metadata.name", "name", "namespace", "ns"})
_ENTITIES = frozenset({"all", "cluster", "host", "remote-node"})
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
# Clusters use these too, but a rule for the whole internet is not meant for them.
_SELDOM = tuple(map(ipaddress.ip_network, ("100.64.0.0/10", "169.254.20.10/32")))
_CILIUM_NAMESPACE = "io.kubernetes.pod.namespace"

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@rule(
    id="SAF055",
    title="network policies let the pods ask no DNS",
    group="availability",
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
        "https://docs.cilium.io/en/stable/security/policy/language/",
    ],
)
def netpol_blocks_dns(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    policies = [p for p in policies_of(inventory, workload) if p.isolates("egress")]
    if not policies:
        raise NotApplicable("no network policy restricts where its pods connect to")
    _refuse_other_names(workload)
    rules = [(policy, each) for policy in policies for each in policy.rules("egress")]
    doubts: list[str] = []
    if any(_allows(policy, each, doubts) for policy, each in rules):
        return
    if not rules:
        raise NotApplicable("its policies allow no connection at all: there is nothing to look up")
    for doubt in doubts:
        raise UnknownValue(doubt)
    _refuse_partial_view(workload, policies, inventory)
    if all(_by_address(each) for _, each in rules):
        raise UnknownValue("all that it may reach has a fixed address, and may need no name")
    policy, by_tcp = policies[0], _by_tcp(rules)
    yield Problem(
        by_tcp or policy.spec.get("egress"),
        "port 53 is allowed by TCP only, but names are asked for by UDP"
        if by_tcp
        else f"no policy lets the pods of '{workload.name}' reach UDP port 53 of the cluster's DNS",
        ((workload.get("metadata", "name"), "these pods are restricted"),),
    )


def _refuse_other_names(workload: Workload) -> None:
    if workload.pod.get("hostNetwork").flag():
        raise NotApplicable("it uses the network of its node, which pod selectors do not reach")
    if workload.pod.get("dnsPolicy").text() in ("Default", "None"):
        raise NotApplicable("its pods do not ask the cluster's DNS")


def _refuse_partial_view(
    workload: Workload, policies: list[NetworkPolicy], inventory: Inventory
) -> None:
    """Another policy may allow it: they add up."""
    for policy in policies_perhaps_of(inventory, workload):
        raise UnknownValue(f"{policy.resource.address} may allow it")
    for policy in policies:
        if not together(policy.resource, workload.resource):
            raise UnknownValue(f"{policy.resource.address} restricts it, if both are deployed")
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"a policy may stand where nothing was read: {unread}")


def _allows(policy: NetworkPolicy, each: Node, doubts: list[str]) -> bool:
    """Whether a rule may lead to the DNS; what cannot be told goes to ``doubts``."""
    try:
        return _READERS.get(policy.resource.kind, _not_evaluated)(policy, each)
    except UnknownValue as signal:
        doubts.append(signal.reason)
        return False


def _not_evaluated(policy: NetworkPolicy, each: Node) -> bool:
    raise UnknownValue(f"{'.'.join(map(str, each.path))} of {policy.resource.address} is not read")


def _kubernetes(policy: NetworkPolicy, each: Node) -> bool:
    ports = list(each.get("ports").items())
    if ports and not any(_is_dns(port, "TCP") for port in ports):
        return False
    return _leads_there(policy, each)


def _leads_there(policy: NetworkPolicy, each: Node) -> bool:
    peers = list(each.get("to").items())
    return not peers or _any_peer(peers, lambda peer: _is_peer(peer, policy.resource.namespace))


def _any_peer(peers: list[Node], leads: Callable[[Node], bool]) -> bool:
    """Whether one leads there; raises when only one that cannot be told may."""
    doubt: UnknownValue | None = None
    for peer in peers:
        try:
            if leads(peer):
                return True
        except UnknownValue as signal:
            doubt = signal
    if doubt is not None:
        raise doubt
    return False


def _is_dns(port: Node, default: str, protocols: tuple[str, ...] = ("UDP", "ANY")) -> bool:
    """A name stands for a port of the pods that serve DNS, whatever they call it."""
    if port.get("protocol").text(default).upper() not in protocols:
        return False
    number = port.get("port")
    if not number.present or number.text() == "0":
        return True
    if not number.text().isdigit():
        return True
    last = port.get("endPort").number(number.number())
    return any(number.number() <= dns <= last for dns in _PORTS)


def _is_peer(peer: Node, namespace: str) -> bool:
    block = peer.get("ipBlock")
    if block.present:
        excepted = [_network(each) for each in block.get("except").items()]
        return _may_hold_dns(_network(block.get("cidr")), excepted)
    namespaces = peer.get("namespaceSelector")
    if not namespaces.present:
        return namespace in _NAMESPACES
    return _is_dns_pod(peer.get("podSelector")) and _is_dns_namespace(namespaces)


def _network(node: Node) -> _Network:
    text = node.text()
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise UnknownValue(f"'{text}' is no range of addresses") from None


def _may_hold_dns(block: _Network, excepted: list[_Network]) -> bool:
    if any(_within(block, seldom) or _within(seldom, block, least=9) for seldom in _SELDOM):
        return True
    for private in _PRIVATE:
        inner = next(
            (a for a, b in ((block, private), (private, block)) if _within(a, b)),
            None,
        )
        if inner is not None and not any(_within(inner, each) for each in excepted):
            return True
    return False


def _within(inner: _Network, outer: _Network, least: int = 0) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return outer.prefixlen >= least and inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def _is_dns_namespace(selector: Node) -> bool:
    """Whether it may select kube-system; labels other than its name are anybody's to set."""
    found = label_selector(selector)
    for requirement in found.requirements if found else ():
        if requirement.key in _NAME_LABELS:
            listed = not requirement.values.isdisjoint(_NAMESPACES)
            if (requirement.operator, listed) in (("In", False), ("NotIn", True)):
                return False
        elif requirement.operator != "In" or not any("dns" in v for v in requirement.values):
            raise UnknownValue(f"kube-system may have the label '{requirement.key}'")
    return True


def _is_dns_pod(selector: Node) -> bool:
    found = label_selector(selector)
    return all(
        requirement.operator != "In" or any("dns" in value for value in requirement.values)
        for requirement in (found.requirements if found else ())
    )


def _cilium(policy: NetworkPolicy, each: Node) -> bool:
    """https://docs.cilium.io/en/stable/security/policy/language/."""
    rows = [port for row in each.get("toPorts").items() for port in row.get("ports").items()]
    if rows and not any(_is_dns(port, "ANY") for port in rows):
        return False
    for key in ("icmps", "toGroups", "toRequires", "authentication"):
        if each.get(key).present:
            raise UnknownValue(f"'{key}' of {policy.resource.address} is not evaluated")
    peers = {
        "toCIDR": lambda node: _may_hold_dns(_network(node), []),
        "toCIDRSet": _cidr_set,
        "toEndpoints": lambda node: _is_endpoint(node, policy),
        "toEntities": lambda node: node.text() in _ENTITIES,
        "toFQDNs": lambda _: False,
        "toNodes": lambda _: True,
        "toServices": _is_service,
    }
    given = [(leads, list(each.get(key).items())) for key, leads in peers.items()]
    if not any(nodes for _, nodes in given):
        return True
    return any(_any_peer(nodes, leads) for leads, nodes in given if nodes)


def _cidr_set(node: Node) -> bool:
    if not node.get("cidr").present:
        raise UnknownValue("a group of addresses is not evaluated")
    excepted = [_network(each) for each in node.get("except").items()]
    return _may_hold_dns(_network(node.get("cidr")), excepted)


def _is_service(node: Node) -> bool:
    service = node.get("k8sService")
    if not service.present:
        raise UnknownValue("Services that are selected by labels are not evaluated")
    return "dns" in service.get("serviceName").text()


def _is_endpoint(selector: Node, policy: NetworkPolicy) -> bool:
    """An empty one means the policy's own namespace, or all of the cluster."""
    found = label_selector(selector)
    own = policy.resource.namespace in _NAMESPACES or policy.clusterwide
    for requirement in found.requirements if found else ():
        key = requirement.key.removeprefix("k8s:").removeprefix("any:")
        if key == _CILIUM_NAMESPACE:
            own = requirement.operator != "In" or bool(requirement.values & _NAMESPACES)
        elif key.startswith("io.cilium.k8s.namespace.labels."):
            own = not key.endswith("metadata.name") or bool(requirement.values & _NAMESPACES)
        elif requirement.operator == "In" and not any("dns" in v for v in requirement.values):
            return False
    return own


_READERS: dict[str, Callable[[NetworkPolicy, Node], bool]] = {
    NETWORK_POLICY: _kubernetes,
    CILIUM_POLICY: _cilium,
    CILIUM_CLUSTERWIDE: _cilium,
}


def _by_tcp(rules: list[tuple[NetworkPolicy, Node]]) -> Node | None:
    """The port 53 that a rule of Kubernetes' own opens by TCP, its default, and not by UDP."""
    for policy, each in rules:
        if policy.resource.kind == NETWORK_POLICY and _leads_there(policy, each):
            for port in each.get("ports").items():
                if port.get("port").text() == "53" and _is_dns(port, "TCP", ("TCP",)):
                    return port
    return None


def _by_address(each: Node) -> bool:
    """Whether a rule leads to single addresses only."""
    blocks = [peer.get("ipBlock", "cidr") for peer in each.get("to").items()]
    blocks += each.get("toCIDR").items()
    single = [b.present and _network(b).num_addresses == 1 for b in blocks]
    return bool(single) and all(single)
