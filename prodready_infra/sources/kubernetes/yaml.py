"""YAML as Kubernetes reads it, built fast, located only when somebody asks.

Kubernetes reads YAML 1.1 through go-yaml: ``yes`` and ``on`` are booleans and ``0644`` is octal,
but there are no timestamps, no sexagesimal numbers, and ``1e3`` is a number
(https://github.com/kubernetes-sigs/yaml, goyaml.v2/resolve.go).
"""

import contextlib
import json
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.node import Path, Unknown
from prodready_infra.sources.kubernetes.places import Place, child, places_of

MAX_DEPTH = 128
MAX_NODES = 2_000_000

_PLAIN_CANDIDATE = frozenset("0123456789+-.~nNtTfFyYoO<")
_WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES"), ("bool", True)),
    **dict.fromkeys(("on", "On", "ON"), ("bool", True)),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO"), ("bool", False)),
    **dict.fromkeys(("off", "Off", "OFF"), ("bool", False)),
}
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# A scalar that is nothing but a template: its value is decided by another program.
_TEMPLATE = re.compile(r"\s*(?:\{\{.*\}\}|\$\{[^}]*\}|<%.*%>)\s*", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)")
_NO_LITERAL = re.compile(r"\{\{[-\s\w.$|]*\}\}")
_SUSPICIOUS = re.compile(r"(?m)^[ ]{256}|(?:[-?] ){64}")
_BRACKET = re.compile(r"[\[\]{}]")


def scalar(text: str) -> Any:
    """The value of a plain scalar."""
    if text[:1] not in _PLAIN_CANDIDATE and text:
        return text
    if text in _WORDS:
        return _WORDS[text][1]
    if _INTEGER.fullmatch(text):
        with contextlib.suppress(ValueError):
            return _integer(text)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".nan", "nan").lower().lstrip("."))
    return text


def _integer(text: str) -> int:
    """Raises ``ValueError`` where go-yaml sees no integer: no digits, or more than 64 bits."""
    digits = text.replace("_", "")
    unsigned = digits.lstrip("+-")
    if len(unsigned) > 1 and unsigned[0] == "0" and unsigned[1].isdigit():
        digits = digits.replace("0", "0o", 1)
    number = int(digits, 0)
    if number.bit_length() > 64:
        raise ValueError
    return number


class _Resolver:
    """Leaves plain scalars untagged: they are resolved when they are built, not before."""

    def resolve(self, kind: type, value: str, implicit: Any) -> str:  # noqa: ARG002
        if kind is ScalarNode:
            return "" if implicit[0] else "str"
        return "map" if kind is MappingNode else "seq"

    def descend_resolver(self, *_: object) -> None:
        """The fast resolver knows no paths."""

    ascend_resolver = descend_resolver

    def check_resolver_prefix(self, *_: object) -> bool:
        return False


class _Composer(CParser, _Resolver):
    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)


def _templated(text: str) -> Unknown:
    """What another tool fills in; a default inside may be a secret, so only names are told."""
    name = _VARIABLE.match(text)
    if name is not None:
        return Unknown(f"'${{{name[1]}}}' is filled in by another tool", text)
    shown = f"'{text}'" if _NO_LITERAL.fullmatch(text) else "a template"
    return Unknown(f"{shown} is filled in by another tool", text)


def compose(text: str, path: str, first_line: int = 1) -> Any:
    """The PyYAML nodes of one document; raises :class:`InputError` with its place in the file."""
    _refuse_deep_nesting(text, path, first_line)
    try:
        try:
            return _Composer(text).get_single_node()
        except yaml.composer.ComposerError as error:
            if not (error.context or error.problem or "").startswith("found duplicate anchor"):
                raise
            return _compose_events(text)
    except yaml.MarkedYAMLError as error:
        raise _located(error, path, first_line) from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {_one_line(str(error))}", path, first_line) from None


def _located(error: yaml.MarkedYAMLError, path: str, first_line: int) -> InputError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column + 1) if mark else (0, 0)
    return InputError(_worded(error), path, first_line + line, column)


def _compose_events(text: str) -> Any:
    """Composes a document in which an anchor is set anew, which YAML and Kubernetes allow.

    Raises what the parser raises when the text behind that anchor is no YAML.
    """
    anchors: dict[str, Any] = {}
    root: list[Any] = []
    stack: list[list[Any]] = [root]
    nodes: list[Any] = []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            stack[-1].append(anchors.get(event.anchor or "", ScalarNode("", "~")))
        elif isinstance(event, yaml.ScalarEvent):
            tag = event.tag or ("" if event.implicit[0] else "str")
            marks: Any = (event.start_mark, event.end_mark, event.style)
            node: Any = ScalarNode(tag, event.value, *marks)
            stack[-1].append(node)
            anchors[event.anchor or ""] = node
        elif isinstance(event, yaml.CollectionStartEvent):
            mapping = isinstance(event, yaml.MappingStartEvent)
            kind: Any = MappingNode if mapping else SequenceNode
            node = kind("", [], event.start_mark, event.end_mark, event.flow_style)
            stack[-1].append(node)
            anchors[event.anchor or ""] = node
            nodes.append(node)
            stack.append([])
        elif isinstance(event, yaml.CollectionEndEvent):
            node, children = nodes.pop(), stack.pop()
            pairs = zip(children[::2], children[1::2], strict=True)
            node.value = list(pairs) if isinstance(node, MappingNode) else children
            node.end_mark = event.end_mark
    return root[0] if root else None


def _worded(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return f"is not YAML: {_one_line(', '.join(parts))}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _refuse_deep_nesting(text: str, path: str, first_line: int) -> None:
    """The C composer recurses without a limit of its own: depth is measured before it starts."""
    if _bracket_depth(text) <= MAX_DEPTH and not _SUSPICIOUS.search(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    mark = event.start_mark
                    line = first_line + (mark.line if mark else 0)
                    raise InputError(f"is nested deeper than {MAX_DEPTH} levels", path, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return  # composing says what is wrong


def _bracket_depth(text: str) -> int:
    """An upper bound of how deep flow collections nest."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def build(node: Any, path: str, first_line: int, *, aliases: bool) -> Any:
    """Plain Python values of a composed document; template scalars become unknown."""
    if aliases:
        _refuse_alias_bomb(node, path, first_line)
    return _Builder().build(node)


class _Builder:
    def __init__(self) -> None:
        self._shared: dict[int, Any] = {}

    def build(self, node: Any) -> Any:
        kind = type(node)
        if kind is ScalarNode:
            return self._scalar(node)
        key = id(node)
        if key in self._shared:
            return self._shared[key]
        value = self._mapping(node) if kind is MappingNode else list(map(self.build, node.value))
        self._shared[key] = value
        return value

    def _scalar(self, node: Any) -> Any:
        text: str = node.value
        if ("{" in text or "<%" in text) and _TEMPLATE.fullmatch(text):
            return _templated(text.strip())
        tag = node.tag
        if tag == "":
            return scalar(text)
        if tag in _EXPLICIT:
            return _EXPLICIT[tag](text)
        return text

    def _mapping(self, node: Any) -> Any:
        mapping: dict[str, Any] = {}
        merged: list[Any] = []
        for key, value in node.value:
            if type(key) is not ScalarNode:
                if node.flow_style:
                    return Unknown("it is a template", "{{…}}")
                continue
            if key.value == "<<" and key.tag == "":
                merged += value.value if type(value) is SequenceNode else [value]
            else:
                mapping[key.value] = self.build(value)
        for source in merged:
            content = self.build(source)
            if type(content) is dict:
                mapping = {**content, **mapping}
        return mapping


def _tagged(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def safely(text: str) -> Any:
        try:
            return convert(text)
        except ValueError:
            return text

    return safely


_PREFIX = "tag:yaml.org,2002:"
_EXPLICIT: dict[str, Callable[[str], Any]] = {
    f"{_PREFIX}int": _tagged(_integer),
    f"{_PREFIX}float": _tagged(float),
    f"{_PREFIX}bool": scalar,
    f"{_PREFIX}null": lambda _: None,
}


def _refuse_alias_bomb(root: Any, path: str, first_line: int) -> None:
    """Counts the nodes that aliases stand for, as if each were written out."""
    sizes: dict[int, int] = {}

    def size(node: Any, open_: frozenset[int]) -> int:
        if type(node) is ScalarNode:
            return 1
        key = id(node)
        if key in open_:
            line = first_line + node.start_mark.line
            raise InputError("an alias stands inside its own anchor", path, line)
        if key not in sizes:
            inside = open_ | {key}
            children = node.value
            if type(node) is MappingNode:
                children = [child for pair in node.value for child in pair]
            sizes[key] = 1 + sum(size(child, inside) for child in children)
        return sizes[key]

    if size(root, frozenset()) > MAX_NODES:
        raise InputError(f"its aliases stand for more than {MAX_NODES} values", path, first_line)


class YamlDocument:
    """One document of a file: its values now, its positions on demand."""

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self.path = path
        self.text = text
        self.first_line = first_line

    def load(self) -> Any:
        """The document's value; raises :class:`InputError`, located."""
        if self.text.lstrip()[:1] in ("{", "["):
            try:
                return _json_value(json.loads(self.text))
            except (ValueError, RecursionError):
                pass  # YAML in flow style, or JSON whose defect the YAML parser locates
        node = compose(self.text, self.path, self.first_line)
        if node is None:
            return None
        return build(node, self.path, self.first_line, aliases="*" in self.text)

    @cached_property
    def _places(self) -> Place | None:
        try:
            node = compose(self.text, self.path, self.first_line)
        except InputError:  # JSON that is no YAML, such as one with tabs
            return None
        return None if node is None else places_of(node)

    def locate(self, path: Path) -> Location:
        """The key and value at ``path``, or those of the nearest ancestor that is written down."""
        place, key = self._places, None
        if place is None:
            return Location(self.path, self.first_line, 1, self.first_line, 1)
        for step in path:
            found = child(place, step)
            if found is None:
                break
            key, place = found
        line, column = key[:2] if key else place[:2]
        end_line, end_column = place[2:4]
        if (end_line, end_column) < (line, column):  # an alias: its anchor stands above
            end_line, end_column = line, column + (key[2] if key else 0)
        base = self.first_line
        return Location(self.path, base + line, column + 1, base + end_line, max(end_column, 0) + 1)

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        """A manifest says what it says."""
        return ()


def _json_value(value: Any) -> Any:
    if type(value) is dict:
        return {key: _json_value(element) for key, element in value.items()}
    if type(value) is list:
        return [_json_value(element) for element in value]
    if type(value) is str and "{" in value and _TEMPLATE.fullmatch(value):
        return _templated(value.strip())
    return value
