"""Alertmanager's configuration, which Secrets and ConfigMaps hold as a text.

Only who is told of what is kept of it: addresses and keys of those who are told are secrets.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.alerting import CONFIG_TEXT
from prodready_infra.model.node import Node, Path, Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.kubernetes.yaml import YamlDocument

_KEY = re.compile(r"alertmanager\.ya?ml")
_ROUTE_FIELDS = ("receiver", "match", "match_re", "matchers", "continue")
_ENCRYPTED = "ENC["


def embedded_in(resource: Resource) -> Iterator[Resource]:
    """A resource for each configuration of Alertmanager that a Secret or a ConfigMap holds."""
    if resource.kind not in ("Secret", "ConfigMap"):
        return
    seen: set[str] = set()
    # What both hold, ``stringData`` decides.
    for field in ("stringData", "data"):
        rows = resource.get(field)
        for key, node in rows.entries() if type(rows.value) is dict else ():
            if _KEY.fullmatch(key) and key not in seen:
                seen.add(key)
                plain = field == "stringData" or resource.kind == "ConfigMap"
                yield _resource(resource, node, plain=plain)


def _resource(holder: Resource, node: Node, *, plain: bool) -> Resource:
    document = _document(node, plain=plain)
    config = _config(document) if isinstance(document, YamlDocument) else document
    value = {
        "apiVersion": "v1",
        "kind": CONFIG_TEXT,
        "metadata": {
            "name": holder.get("metadata", "name").value,
            "namespace": holder.get("metadata", "namespace").value,
        },
        "holder": holder.kind,
        "config": config,
    }
    origin = _Text(node, document if isinstance(document, YamlDocument) else None)
    address = holder.address.replace(holder.kind, CONFIG_TEXT, 1)
    return replace(holder, kind=CONFIG_TEXT, address=address, node=Node(value, (), origin))


def _document(node: Node, *, plain: bool) -> YamlDocument | Unknown:
    value = node.value
    if is_unknown(value):
        return Unknown("another tool fills in the text of its routes")
    if not isinstance(value, str) or value.startswith(_ENCRYPTED):
        return Unknown("the text of its routes cannot be read")
    try:
        return YamlDocument(value if plain else b64decode(value).decode(), node.origin.path, 1)
    except ValueError:
        return Unknown("the text of its routes is not base64")


def _config(document: YamlDocument) -> Any:
    """What the text says of routes; of each receiver the name, and how many ways it has."""
    try:
        value = document.load()
    except InputError:
        return Unknown("the text of its routes is not YAML")
    if type(value) is not dict or "route" not in value:
        return Unknown("the text of its routes holds no route")
    receivers = value.get("receivers")
    rows = receivers if type(receivers) is list else []
    return {"route": _route(value["route"]), "receivers": [_receiver(row) for row in rows]}


def _route(value: Any) -> Any:
    if type(value) is not dict:
        return Unknown("a route is not a mapping")
    kept = {field: value[field] for field in _ROUTE_FIELDS if field in value}
    routes = value.get("routes")
    if type(routes) is list:
        return {**kept, "routes": [_route(each) for each in routes]}
    return kept if routes is None else {**kept, "routes": Unknown("its routes are not a list")}


def _receiver(value: Any) -> Any:
    if type(value) is not dict:
        return Unknown("a receiver is not a mapping")
    ways = {key: _emptied(way) for key, way in value.items() if key.endswith("_configs")}
    return {"name": value.get("name"), **ways}


def _emptied(ways: Any) -> Any:
    if is_unknown(ways):
        return Unknown("another tool fills in what it has")
    return [{} for _ in ways] if type(ways) is list else []


@dataclass(frozen=True)
class _Text:
    """Where a text stands in its file: line by line where it is written out as a block."""

    holder: Node
    document: YamlDocument | None

    @property
    def path(self) -> str:
        return self.holder.origin.path

    def locate(self, path: Path) -> Location:
        file = self.holder.origin
        # Never at the text itself: in base64 its one line would show all that it holds.
        top = file.locate((*self.holder.path[:-2], "metadata", "name"))
        if path[:1] != ("config",) or self.document is None or type(file) is not YamlDocument:
            return top
        inner = self.document.locate(path[1:])
        head = file.locate(self.holder.path).line
        own = _line(self.document.text, inner.line)
        written = _line(file.text, head + inner.line - file.first_line + 1)
        if not own.strip() or own.strip() != written.strip():
            return top
        shift = len(written) - len(written.lstrip()) - (len(own) - len(own.lstrip()))
        return replace(
            inner,
            path=file.path,
            line=head + inner.line,
            column=inner.column + shift,
            end_line=head + inner.end_line,
            end_column=inner.end_column + shift,
        )

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        """What made the object is told of the object."""
        return self.holder.origin.provenance(self.holder.path)


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""
