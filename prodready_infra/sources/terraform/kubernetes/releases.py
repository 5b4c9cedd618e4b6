"""Charts that Terraform installs: which one, by what name, and with which values.

https://registry.terraform.io/providers/hashicorp/helm/latest/docs/resources/release
https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.kubernetes.delivery import Release, with_value
from prodready_infra.sources.kubernetes.yaml import YamlDocument
from prodready_infra.sources.terraform.blocks import ENCODERS, BlockOrigin
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.kubernetes.calls import (
    Files,
    argument_of,
    gap_at,
    paths_of,
)
from prodready_infra.sources.terraform.kubernetes.texts import text_of
from prodready_infra.sources.terraform.syntax import Expression, Tuple
from prodready_infra.sources.terraform.values import plain
from prodready_infra.sources.text import decode, read_bytes

_SETS = ("set", "set_sensitive", "set_wo")
_DOT = re.compile(r"(?<!\\)\.")
_STEP = re.compile(r"[^\[\]{},=\\]+(?:\\\.[^\[\]{},=\\]+)*")
_WORDS = {"true": True, "false": False, "null": None}
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
_MISSING = object()


def release_of(
    resource: Resource, origin: BlockOrigin, charts: Sequence[str], files: Files
) -> tuple[Release | None, list[Gap]]:
    """The release, if its chart is in the scan; gaps for the chart or values that are not."""
    chart, repository = resource.get("chart"), resource.get("repository")
    named = chart.value if type(chart.value) is str else ""
    remote = not repository.known or bool(repository.value)
    folder = "" if remote else _folder(named, files.root, charts)
    if not folder:
        shown = f"'{named}'" if named else "its chart"
        return None, [gap_at(origin, f"installs {shown}, a chart that is not in this scan")]
    values = _Values(resource, origin, files)
    release = Release(
        folder,
        _known(resource.get("name").value),
        _known(resource.get("namespace").value),
        tuple(values.files),
        json.dumps(values.tree) if values.tree else "",
        origin.path,
    )
    if not values.unread:
        return release, []
    message = f"gives the release of {folder} values that are not known: {values.unread[0]}"
    return release, [gap_at(origin, message)]


def _folder(named: str, root: str, charts: Sequence[str]) -> str:
    return next((path for path in paths_of(named, root) if path in charts), "")


def _known(value: Any) -> str:
    return value if type(value) is str else ""


class _Values:
    """The values of a release: files that come first, and what is merged over them."""

    def __init__(self, resource: Resource, origin: BlockOrigin, known: Files) -> None:
        self.files: list[str] = []
        self.tree: Any = {}
        self.unread: list[str] = []
        self._origin = origin
        self._known = known
        attribute = origin.block.body.attributes.get("values")
        if attribute is not None:
            for expression in self._texts(attribute.value):
                self._text(expression)
        for name in _SETS:
            for row in self._rows(resource.get(name).value):
                self._set(row)

    def _texts(self, expression: Expression) -> Iterator[Expression]:
        if isinstance(expression, Tuple):
            yield from expression.items
            return
        value = plain(evaluate(expression, self._origin.context))
        if type(value) is list and all(type(item) is str for item in value):
            for item in value:
                self._merge(self._parsed(item))
        elif value is not None:
            self.unread.append(_reason(value))

    def _text(self, expression: Expression) -> None:
        context = self._origin.context
        if path := self._known.named(expression, context):
            self._file(path)
            return
        encoded = argument_of(expression, ENCODERS)
        if encoded is not None:
            self._merge(plain(evaluate(encoded, context)))
            return
        text = text_of(expression, context, self._origin.file, self._known)
        self._merge(text if isinstance(text, Unknown) else text.restored(self._parsed(text.text)))

    def _file(self, path: str) -> None:
        """Files keep their places, but only those that nothing written here comes before."""
        if not self.tree:
            self.files.append(path)
            return
        try:
            self._merge(self._parsed(decode(read_bytes(path), path)))
        except InputError:
            self.unread.append(f"{path} cannot be read")

    def _parsed(self, text: str) -> Any:
        try:
            return _as_written(YamlDocument(text, self._origin.path, 1).load())
        except InputError:
            return Unknown("they are no YAML")

    def _merge(self, value: Any) -> None:
        if type(value) is dict:
            self.tree = _merged(self.tree, self._pruned(value))
        elif value is not None:
            self.unread.append(_reason(value))

    def _pruned(self, value: Any) -> Any:
        """What is known of a value; the chart's own values stand for the rest."""
        if type(value) is dict:
            kept = {key: self._pruned(item) for key, item in value.items()}
            return {key: item for key, item in kept.items() if item is not _MISSING}
        if type(value) is list:
            items = [self._pruned(item) for item in value]
            return _MISSING if any(item is _MISSING for item in items) else items
        if is_unknown(value):
            self.unread.append(value.reason)
            return _MISSING
        return value

    def _rows(self, value: Any) -> Iterator[dict[str, Any]]:
        """Blocks until version 3 of the provider, a list of objects since."""
        for row in value if type(value) is list else [value]:
            if type(row) is dict:
                yield row
            elif row is not None:
                self.unread.append(_reason(row))

    def _set(self, row: dict[str, Any]) -> None:
        name, value, kind = row.get("name"), row.get("value"), row.get("type")
        steps = _DOT.split(name) if type(name) is str else []
        if not steps or not all(map(_STEP.fullmatch, steps)):
            self.unread.append("one is set by a name that is not simple")
            return
        if isinstance(value, Unknown):
            self.unread.append(value.reason)
            return
        text = value if type(value) is str else json.dumps(value)
        if text.startswith("{") or re.search(r"(?<!\\),", text):
            self.unread.append(f"{name} is set to a list")
            return
        keys = [step.replace("\\.", ".") for step in steps]
        text = text.replace("\\,", ",")
        self.tree = with_value(self.tree, keys, text if kind == "string" else _typed(text))


def _typed(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _as_written(value: Any) -> Any:
    """What looks like a template is for the chart to fill in, and stays a text."""
    if type(value) is dict:
        return {key: _as_written(item) for key, item in value.items()}
    if type(value) is list:
        return [_as_written(item) for item in value]
    return value.text if is_unknown(value) and value.text else value


def _merged(tree: Any, other: Any) -> Any:
    if type(tree) is not dict or type(other) is not dict:
        return other
    return {**tree, **{key: _merged(tree.get(key), item) for key, item in other.items()}}


def _reason(value: Any) -> str:
    return value.reason if isinstance(value, Unknown) else "they are not written as texts"
