"""What users are led to must be open to them: the port of a route or load balancer."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    CILIUM_CLUSTERWIDE,
    CILIUM_POLICY,
    NETWORK_POLICY,
    Exposure,
    Inventory,
    NetworkPolicy,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    exposures_of,
    policies_of,
    policies_perhaps_of,
    routes_to,
    rule,
    serving_ports,
    together,
)

_CILIUM = (CILIUM_POLICY, CILIUM_CLUSTERWIDE)

# A port of the pods: its number and protocol, and the port of the Service that leads to it.
_Target = tuple[int, str, Node]


@rule(
    id="SAF056",
    title="network policies close the port that users are led to",
    group="availability",
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://kubernetes.io/docs/concepts/services-networking/service/",
    ],
)
def netpol_blocks_traffic(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    if workload.pod.get("hostNetwork").flag():
        raise NotApplicable("it uses the network of its node, which pod selectors do not reach")
    policies = [p for p in policies_of(inventory, workload) if p.isolates("ingress")]
    if not policies:
        raise NotApplicable("no network policy restricts who connects to its pods")
    exposures = exposures_of(inventory, workload)
    if not exposures:
        raise NotApplicable("no route and no load balancer of the scan leads to it")
    seen: set[tuple[int, ...]] = set()
    for exposure in exposures:
        for targets in _groups(exposure, workload, inventory):
            numbers = tuple(number for number, _, _ in targets)
            if numbers in seen or _any_open(targets, policies, workload):
                continue
            seen.add(numbers)
            _refuse_partial_view(workload, exposure, policies, inventory)
            yield _problem(exposure, targets, policies[0])


def _problem(exposure: Exposure, targets: list[_Target], policy: NetworkPolicy) -> Problem:
    by = exposure.by
    shown = ", ".join(str(number) for number, _, _ in targets)
    return Problem(
        policy.spec.get("ingress"),
        f"{by.kind.rpartition('/')[2]} '{by.name}' leads users to port {shown} of the pods, which"
        " no policy opens",
        (
            (by.get("metadata", "name"), "users come by this"),
            (targets[0][2], "this port leads to the pods"),
        ),
    )


def _groups(exposure: Exposure, workload: Workload, inventory: Inventory) -> list[list[_Target]]:
    """Ports of which one must be open: each that a route names, or any of a load balancer's."""
    service = exposure.service
    ports = list(service.get("spec", "ports").items())
    if exposure.by is service:
        return [_targets(serving_ports(ports), workload)] if serving_ports(ports) else []
    found = []
    for backend in routes_to(inventory, service):
        if backend.route is exposure.by:
            named = [port for port in ports if _is_named(port, backend.port)]
            if not named:
                raise UnknownValue("the route names no port that its Service has")
            found.append(_targets(named, workload))
    return found


def _is_named(port: Node, wanted: Node) -> bool:
    """By the Service's port or, as routes of OpenShift do, by the pods'; by none it is any."""
    names = [port.get(key).text() for key in ("name", "port", "targetPort")]
    return not wanted.present or wanted.text() in names


def _targets(ports: list[Node], workload: Workload) -> list[_Target]:
    """https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports."""
    found = []
    for port in ports:
        wanted = port.get("targetPort").text() or port.get("port").text()
        found.append((_number(wanted, workload), port.get("protocol").text("TCP").upper(), port))
    return found


def _number(wanted: str, workload: Workload) -> int:
    if wanted.isdecimal():
        return int(wanted)
    for container in workload.containers:
        for port in container.ports if container.role != "init" else ():
            if port.get("name").text() == wanted:
                return int(port.get("containerPort").number())
    raise UnknownValue(f"no container has a port of the name '{wanted}'")


def _any_open(targets: list[_Target], policies: list[NetworkPolicy], workload: Workload) -> bool:
    doubt: UnknownValue | None = None
    for policy in policies:
        for each in policy.rules("ingress"):
            try:
                if any(_opens(policy, each, target, workload) for target in targets):
                    return True
            except UnknownValue as signal:
                doubt = signal
    if doubt is not None:
        raise doubt
    return False


def _opens(policy: NetworkPolicy, each: Node, target: _Target, workload: Workload) -> bool:
    """Whether a rule is for the port, whoever may come: routes come from where nobody can tell."""
    if policy.resource.kind == NETWORK_POLICY:
        ports, default = list(each.get("ports").items()), "TCP"
    elif policy.resource.kind in _CILIUM:
        ports = [port for row in each.get("toPorts").items() for port in row.get("ports").items()]
        default = "ANY"
    else:
        raise UnknownValue(f"the rules of {policy.resource.address} are not evaluated")
    return not ports or any(_is_open(port, default, target, workload) for port in ports)


def _is_open(port: Node, default: str, target: _Target, workload: Workload) -> bool:
    number, protocol, _ = target
    if port.get("protocol").text(default).upper() not in (protocol, "ANY"):
        return False
    first = port.get("port")
    if first.text("0") == "0":
        return True
    if not first.text().isdecimal():
        return _number(first.text(), workload) == number
    return int(first.text()) <= number <= port.get("endPort").number(int(first.text()))


def _refuse_partial_view(
    workload: Workload, exposure: Exposure, policies: list[NetworkPolicy], inventory: Inventory
) -> None:
    """Another policy may open it: they add up."""
    for policy in policies_perhaps_of(inventory, workload):
        raise UnknownValue(f"{policy.resource.address} may open the port")
    met: list[Resource] = [policy.resource for policy in policies]
    for resource in (*met, exposure.service):
        if not together(resource, workload.resource):
            raise UnknownValue(f"{resource.address} concerns it, if both are deployed together")
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"a policy may stand where nothing was read: {unread}")
