"""Port declarations that the API refuses, or of which one silently hides another."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
    workloads_behind,
)

_LONGEST = 15
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")  # IANA_SVC_NAME, RFC 6335 section 5.1
_HIGHEST = 65535


@rule(
    id="SAF022",
    title="port has an invalid name or number, or is declared twice",
    group="resilience",
    kinds=WORKLOAD_KINDS | {"Service"},
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
        "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/",
    ],
    aliases=["kube-linter:invalid-target-ports", "kube-score:container-ports-check"],
)
def container_port_invalid(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.kind == "Service":
        ports = list(resource.get("spec", "ports").items())
        if all(port.get("targetPort").value is None for port in ports):
            raise NotApplicable("none of its ports has a targetPort")
        yield from _targets(ports, workloads_behind(inventory, resource))
        _require(ports, "targetPort", "protocol")
        return
    declared = [(own.name, port) for own in Workload(resource).containers for port in own.ports]
    if not declared:
        raise NotApplicable("its containers declare no port")
    yield from _names(declared)
    yield from _numbers(declared)
    _require([port for _, port in declared], "name", "containerPort", "protocol")


def _names(declared: list[tuple[str, Node]]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Node] = {}
    for container, port in declared:
        at = port.get("name")
        name = at.identity()
        if not name or not _settled(at):
            continue
        if _fault(name):
            yield Problem(at, f"port name '{name}' {_fault(name)}")
        elif (container, name) in seen:
            yield Problem(
                at,
                f"container '{container}' has two ports named '{name}': the API refuses it",
                ((seen[container, name], "the first"),),
            )
        seen.setdefault((container, name), at)


def _numbers(declared: list[tuple[str, Node]]) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str], Node] = {}
    for container, port in declared:
        at, protocol = port.get("containerPort"), port.get("protocol")
        number = at.identity()
        if type(at.value) is str and number.isdecimal():
            yield Problem(at, f'containerPort "{number}" in quotes is a text: the API refuses it')
        elif type(at.value) is int and not 1 <= at.value <= _HIGHEST:
            yield Problem(at, f"containerPort is {number}, ports go from 1 to {_HIGHEST}")
        elif type(at.value) is int and protocol.known:
            key = container, number, protocol.identity() or "TCP"
            if key in seen:
                yield Problem(
                    at,
                    f"container '{container}' declares {number}/{key[2]} twice: server-side apply"
                    " refuses it",
                    ((seen[key], "the first"),),
                )
            seen.setdefault(key, at)


def _targets(ports: list[Node], workloads: list[Workload]) -> Iterator[Problem]:
    for port in ports:
        target = port.get("targetPort")
        name = target.identity()
        if type(target.value) is int:
            if not 0 <= target.value <= _HIGHEST:  # 0 stands for the Service's own port
                yield Problem(target, f"targetPort is {name}, ports go from 1 to {_HIGHEST}")
        elif type(target.value) is str and name and _settled(target):
            if name.isdecimal():
                message = f'targetPort "{name}" in quotes is a name, and none the API accepts'
                yield Problem(target, message)
            elif _fault(name):
                yield Problem(target, f"targetPort '{name}' {_fault(name)}")
            elif port.get("protocol").known:
                yield from _ambiguous(target, port.get("protocol").identity() or "TCP", workloads)


def _ambiguous(target: Node, protocol: str, workloads: list[Workload]) -> Iterator[Problem]:
    """A name that several containers of one pod give to different ports: the first one wins."""
    wanted = target.identity(), protocol
    for workload in workloads:
        found = [
            (container.name, own.get("containerPort"))
            for container in workload.containers
            if container.role != "init"
            for own in container.get("ports").items()
            if (own.get("name").identity(), own.get("protocol").identity() or "TCP") == wanted
        ]
        for second, hidden in found[1:]:
            first, at = found[0]
            if type(at.value) is type(hidden.value) is int and at.value != hidden.value:
                yield Problem(
                    target,
                    f"targetPort '{wanted[0]}' is port {at.value} of '{first}'; {hidden.value} of"
                    f" '{second}', named the same, gets nothing",
                    ((at, "gets all traffic"), (hidden, "gets none")),
                )
                return


def _fault(name: str) -> str:
    if len(name) > _LONGEST:
        return f"has {len(name)} characters: the API accepts {_LONGEST}"
    if not _NAME.fullmatch(name):
        return "is refused: only a-z, 0-9 and single hyphens inside, with a letter, are accepted"
    return ""


def _settled(node: Node) -> bool:
    """Whether a value is known, and no word for somebody to replace by hand."""
    return node.known and not (type(node.value) is str and _is_blank(node.value))


def _is_blank(text: str) -> bool:
    return text.isupper() or "<" in text


def _require(ports: list[Node], *fields: str) -> None:
    """Raises for what is not known; called last, so that it hides no problem."""
    for port in ports:
        for field in fields:
            value = port.get(field).text()
            if field != "protocol" and _is_blank(value):
                raise UnknownValue(f"'{value}' looks like a place to fill in")
