"""The inventory as text, JSON or a graph: what the rules see, without the secrets."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node, Path, is_unknown
from prodready_infra.model.relations import (
    budgets_of,
    pod_monitors_of,
    service_monitors_of,
    services_of,
)
from prodready_infra.model.resource import Resource
from prodready_infra.model.scaling import scaler_of
from prodready_infra.model.secrets import classify, is_secret_name, line_holds_secret, scan_text
from prodready_infra.model.stage import Stage
from prodready_infra.report.redaction import Redaction, secrets_of
from prodready_infra.report.terminal import printable
from prodready_infra.sources.scan import Scan

REDACTED = {"$redacted": "it may be a secret"}
# Where objects whose kind says secret keep what they hold, in Kubernetes and in Terraform.
_PAYLOADS = frozenset(
    {"data", "stringData", "kubectl.kubernetes.io/last-applied-configuration"}
    | {"binary_data", "data_json", "secret_binary", "secret_data", "secret_string", "value"}
)

Relation = tuple[str, str, str]


def render(scan: Scan, output: str, *, provenance: bool = False) -> str:
    """``output`` is text, json or dot."""
    relations = list(dict.fromkeys(_relations(scan.inventory)))
    redact = Redaction({*secrets_of(scan.inventory), *scan.sensitive})
    if output == "dot":
        return redact(_dot(scan.inventory, relations))
    if output == "json":
        data = {
            "resources": [_resource(r, provenance=provenance) for r in scan.inventory.resources]
            + [_stage(stage) for stage in scan.inventory.stages],
            "relations": [{"from": a, "relation": name, "to": b} for a, name, b in relations],
            "gaps": [str(gap) for gap in scan.inventory.gaps],
        }
        return json.dumps(_cleaned(data, redact), indent=2, ensure_ascii=False) + "\n"
    return printable(redact(_text(scan.inventory, relations)))


def _cleaned(value: Any, redact: Redaction) -> Any:
    """JSON data in which no text, key or number holds a secret of the inventory."""
    if type(value) is dict:
        return {redact(key): _cleaned(element, redact) for key, element in value.items()}
    if type(value) is list:
        return [_cleaned(element, redact) for element in value]
    if type(value) is str:
        return redact(value)
    hidden = type(value) in (int, float) and redact(str(value)) != str(value)
    return REDACTED if hidden else value


def _things(inventory: Inventory) -> list[Resource | Stage]:
    return [*inventory.resources, *inventory.stages]


def _text(inventory: Inventory, relations: list[Relation]) -> str:
    targets: dict[str, list[str]] = defaultdict(list)
    for source, name, target in relations:
        targets[source].append(f"  {name} {target}")
    lines = []
    for thing in _things(inventory):
        place = thing.node.origin.locate(thing.node.path)
        lines.append(f"{thing.address}  ({thing.kind})  {place.path}:{place.line}")
        lines += targets.pop(thing.address, ())
    return "\n".join(lines) + "\n" if lines else ""


def _dot(inventory: Inventory, relations: list[Relation]) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    nodes = dict.fromkeys(thing.address for thing in _things(inventory))
    lines = ["digraph inventory {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {quoted(address)};" for address in nodes]
    lines += [f"  {quoted(a)} -> {quoted(b)} [label={quoted(name)}];" for a, name, b in relations]
    return "\n".join([*lines, "}"]) + "\n"


def _resource(resource: Resource, *, provenance: bool) -> dict[str, Any]:
    place = resource.node.origin.locate(resource.node.path)
    secret = resource.kind == "Secret" or "_secret" in resource.kind
    data = {
        "address": resource.address,
        "kind": resource.kind,
        "source": resource.source,
        "location": {"path": place.path, "line": place.line, "column": place.column},
        "values": _value(resource.node.value, resource.name, secret=secret),
    }
    if provenance:
        data["provenance"] = dict(_provenance(resource.node))
    return data


def _value(value: Any, key: str, *, secret: bool) -> Any:
    """JSON values; inside a Secret every payload, elsewhere whatever may be a secret, is hidden."""
    if is_unknown(value):
        return {"$unknown": value.reason}
    if type(value) is dict:
        return _mapping(value, key, secret=secret)
    if type(value) is list:
        return [_value(element, key, secret=secret) for element in value]
    if type(value) in (str, int, float) and value and is_secret_name(key):
        return REDACTED
    if type(value) is str and value and (classify(key, value) or scan_text(value)):
        return REDACTED
    return value


def _mapping(mapping: dict[str, Any], owner: str, *, secret: bool) -> dict[str, Any]:
    """A ``value`` or ``default`` goes by the name beside it, or by that of its owner."""
    name, kind = mapping.get("name"), mapping.get("kind")
    secret = secret or (type(kind) is str and kind == "Secret")
    name = name if type(name) is str else owner
    shown: dict[str, Any] = {}
    for key, value in mapping.items():
        if secret and key in _PAYLOADS and not is_unknown(value):
            shown[key] = dict.fromkeys(value, REDACTED) if type(value) is dict else REDACTED
        elif key in ("value", "default"):
            shown[key] = _value(value, name, secret=secret)
        else:
            shown[key] = _value(value, key, secret=secret)
    return shown


def _provenance(node: Node) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for inner in node.walk():
        if type(inner.value) not in (dict, list):
            sources = inner.origin.provenance(inner.path)
            if sources:
                yield (
                    _dotted(inner.path),
                    [{"label": s.label, "path": s.path, "line": s.line} for s in sources],
                )


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _stage(stage: Stage) -> dict[str, Any]:
    place = stage.node.origin.locate(stage.node.path)
    instructions = [
        {"instruction": i.name, "text": _line(i.name, i.command), "line": i.line}
        for i in stage.instructions
    ]
    return {
        "address": stage.address,
        "kind": stage.kind,
        "source": stage.source,
        "location": {"path": place.path, "line": place.line, "column": place.column},
        "values": {"base": stage.base_text, "final": stage.final, "instructions": instructions},
    }


def _line(name: str, text: str) -> Any:
    login = " login " in text and (" -p" in text or "--password" in text)
    unsafe = login or any(line_holds_secret(f"{name} {line}") for line in text.splitlines())
    return REDACTED if unsafe else text


def _relations(inventory: Inventory) -> Iterator[Relation]:
    for workload in inventory.workloads:
        for service in _known(lambda w=workload: services_of(inventory, w)):
            yield service.address, "selects", workload.address
        for budget in _known(lambda w=workload: budgets_of(inventory, w)):
            yield budget.address, "protects", workload.address
        for monitor in _known(lambda w=workload: pod_monitors_of(inventory, w)):
            yield monitor.address, "watches", workload.address
        scaler = scaler_of(inventory, workload)
        if scaler is not None:
            yield scaler.resource.address, "scales", workload.address
    for service in inventory.of_kind("Service"):
        for monitor in _known(lambda s=service: service_monitors_of(inventory, s)):
            yield monitor.address, "watches", service.address
    for resource in inventory.resources:
        for target in inventory.references(resource):
            yield resource.address, "refers to", target.address
    for stage in inventory.stages:
        if stage.parent is not None:
            yield stage.address, "is built on", stage.parent.address


def _known(find: Any) -> Iterable[Resource]:
    try:
        found: list[Resource] = find()
    except UnknownValue:
        return ()
    return found
