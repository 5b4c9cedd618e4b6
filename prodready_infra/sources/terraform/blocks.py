"""Blocks to located values: what a resource's body amounts to, and where each part stands."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prodready_infra.findings import Location
from prodready_infra.model.node import Node, Path, Unknown
from prodready_infra.model.resource import Reference
from prodready_infra.sources.terraform.context import Context, pairs_of, traversal
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.references import calls, references, sources, written_element
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    File,
    Literal,
    Object,
    Tuple,
)
from prodready_infra.sources.terraform.values import plain

ENCODERS = ("yamlencode", "jsonencode")
_META = frozenset({"count", "for_each", "provider", "providers", "depends_on"})


@dataclass(frozen=True, slots=True)
class Part:
    """One nested block as it comes to be: written, or made by ``dynamic``.

    ``file`` is set where it is not that of the block around it.
    """

    block: Block
    context: Context
    file: File | None = None


def nested(body: Body, context: Context) -> dict[str, list[Part] | Unknown]:
    """The nested blocks of a body by type; unknown when a ``dynamic`` one cannot be counted."""
    found: dict[str, list[Part] | Unknown] = {}
    for block in body.blocks:
        name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        known = found.setdefault(name, [])
        if isinstance(known, Unknown):
            continue
        if block.type != "dynamic":
            known.append(Part(block, context, block.file))
            continue
        parts = _dynamic(block, name, context)
        if isinstance(parts, Unknown):
            found[name] = parts
        else:
            known += parts
    return found


def _dynamic(block: Block, name: str, context: Context) -> list[Part] | Unknown:
    content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
    for_each = block.body.attributes.get("for_each")
    if content is None or for_each is None:
        return Unknown("the dynamic block is not complete")
    collection = evaluate(for_each.value, context)
    if isinstance(collection, Unknown):
        return collection
    iterator = block.body.attributes.get("iterator")
    bound = getattr(iterator.value, "name", name) if iterator else name
    if not isinstance(collection, list | dict):
        return Unknown("for_each is null")
    inner = context.iterating(bound, for_each.value)
    return [
        Part(content, inner.bind(**{bound: {"key": key, "value": value}}), block.file)
        for key, value in pairs_of(collection)
    ]


def block_value(body: Body, context: Context) -> dict[str, Any]:
    """The values of a top-level block, without the arguments that are Terraform's own."""
    kept = {name: a for name, a in body.attributes.items() if name not in _META}
    return body_value(Body(kept, body.blocks), context)


def body_value(body: Body, context: Context) -> dict[str, Any]:
    """Attributes as values, nested blocks as lists; labels of nested blocks become keys."""
    found: dict[str, Any] = {
        name: _names(attribute.value)
        if name == "ignore_changes"
        else plain(evaluate(attribute.value, context))
        for name, attribute in body.attributes.items()
    }
    if body.blocks:
        for name, parts in nested(body, context).items():
            if isinstance(parts, Unknown):
                found[name] = parts
            else:
                found[name] = [_part_value(part) for part in parts]
    return found


def _names(expression: Expression) -> Any:
    """``ignore_changes`` lists attributes, which are names and not values; or it is ``all``."""
    if isinstance(expression, Tuple):
        return [_names(item) for item in expression.items]
    if isinstance(expression, Literal):
        return expression.value
    root, steps = traversal(expression)
    if root is None:
        return Unknown("it names no attribute")
    return ".".join([root.name, *(step.name for step in steps if isinstance(step, Attr))])


def _part_value(part: Part) -> Any:
    value: Any = body_value(part.block.body, part.context)
    for label in reversed(part.block.labels):
        value = {label: value}
    return value


class LazyNode(Node):
    """The root of a block's values, evaluated when a rule first looks at it."""

    __slots__ = ("_cached", "_origin")

    def __init__(self, origin: "BlockOrigin") -> None:
        self.path = ()
        self.origin = origin
        self._origin = origin
        self._cached: dict[str, Any] | None = None

    @property
    def value(self) -> Any:
        if self._cached is None:
            self._cached = self._origin.values()
        return self._cached


class BlockOrigin:
    """The place of one block, and of everything in it."""

    def __init__(self, file: File, block: Block, context: Context) -> None:
        self.file = file
        self.block = block
        self.context = context

    @property
    def path(self) -> str:
        return self.file.path

    def values(self) -> dict[str, Any]:
        return block_value(self.block.body, self.context)

    def locate(self, path: Path) -> Location:
        return self._find(path)[0]

    def provenance(self, path: Path) -> tuple[Location, ...]:
        """The variables, locals and outputs that the value at ``path`` is made from."""
        expression, context = self._find(path)[1:]
        if expression is None or isinstance(expression, Literal):
            found = calls(self.context)
        else:
            found = sources(expression, context)
        return tuple(span(source.file, source.start, source.end, source.label) for source in found)

    def header(self) -> Location:
        """Where the block says what it is."""
        return span(self.file, self.block.start, self.block.header_end)

    def source_text(self, path: Path) -> str:
        """The expression at ``path`` as it is written, a string without its quotes."""
        expression = self._find(path)[1]
        if expression is None:
            return ""
        text = self.file.text[expression.start : expression.end].decode("utf-8", "replace")
        return text[1:-1] if text.startswith('"') else text

    def references(self) -> tuple[Reference, ...]:
        """What the block's expressions name, each at its attribute."""
        return tuple(
            Reference(Node(None, path, self), target)
            for path, expression, context in _expressions(self.block.body, self.context, ())
            for target in references(expression, context)
        )

    def _find(self, path: Path) -> tuple[Location, Expression | None, Context]:
        block, body, context, file = self.block, self.block.body, self.context, self.file
        at = 0
        while at < len(path):
            name = path[at]
            attribute = body.attributes.get(name) if isinstance(name, str) else None
            if attribute is not None:
                return _within(attribute, path[at + 1 :], context, attribute.file or file)
            index = path[at + 1] if at + 1 < len(path) else 0
            parts = nested(body, context).get(str(name)) if body.blocks else None
            if isinstance(parts, Unknown) or not parts or not isinstance(index, int):
                break
            if not -1 < index < len(parts):
                break
            part = parts[index]
            block, context, file = part.block, part.context, part.file or file
            body = block.body
            at += 2 + len(block.labels)
        return span(file, block.start, block.end), None, context


def _within(
    attribute: Attribute, rest: Path, context: Context, file: File
) -> tuple[Location, Expression, Context]:
    expression, start, end = attribute.value, attribute.start, attribute.end
    for key in rest:
        found = _element(expression, key, context)
        if found is None:
            break
        expression = found
        start, end = expression.start, expression.end
    return span(file, start, end), expression, context


def _element(expression: Expression, key: str | int, context: Context) -> Expression | None:
    if isinstance(expression, Call) and expression.name in ENCODERS and expression.arguments:
        expression = expression.arguments[0]  # what the text says stands in its argument
    found = written_element(expression, key)
    if found is not None or not isinstance(expression, Object):
        return found
    if type(key) is int and key == 0:  # a block of JSON: a list of one
        return expression
    computed = ((n, value) for n, value in expression.items if not isinstance(n, Literal))
    for name, value in computed if type(key) is str else ():
        evaluated = evaluate(name, context)
        if type(evaluated) is str and evaluated == key:
            return value
    return None


def _expressions(
    body: Body, context: Context, path: Path
) -> Iterator[tuple[Path, Expression, Context]]:
    """Every attribute of a body and of the blocks in it; dynamic content once."""
    for name, attribute in body.attributes.items():
        if name not in ("depends_on", "provider", "providers"):
            yield (*path, name), attribute.value, context
    for block in body.blocks:
        if block.type == "lifecycle":
            continue
        name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        yield from _expressions(block.body, context, (*path, name))


@lru_cache(maxsize=64)
def _line_starts(text: bytes) -> list[int]:
    starts, at = [0], text.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find(b"\n", at + 1)
    return starts


def position(text: bytes, offset: int) -> tuple[int, int]:
    """The line and the column, in characters, of a byte offset; both from 1."""
    starts = _line_starts(text)
    line = bisect_right(starts, offset)
    begin = starts[line - 1]
    if begin == 0 and text.startswith(b"\xef\xbb\xbf"):
        begin = min(3, offset)
    return line, len(text[begin:offset].decode("utf-8", "replace")) + 1


def span(file: File | None, start: int, end: int, label: str = "") -> Location:
    """The location of a range of bytes; without a file, only what the label says is known."""
    if file is None:
        return Location("", 0, 0, 0, 0, label)
    line, column = position(file.text, start)
    end_line, end_column = position(file.text, end)
    return Location(file.path, line, column, end_line, end_column, label)
