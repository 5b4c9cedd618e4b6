"""Terraform in JSON: objects to blocks and arguments, by what Terraform expects in each place.

Where it asks a provider whether a name is a block's or an argument's, and only then, all names
are taken for arguments: a value that is an object, or a list of them, reads the same.
https://developer.hashicorp.com/terraform/language/syntax/json
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from prodready_infra.sources.terraform.parse.json_text import Datum, Member, Members, read_json
from prodready_infra.sources.terraform.parse.limits import FOREIGN, SMALL
from prodready_infra.sources.terraform.parse.native import parse_native
from prodready_infra.sources.terraform.parse.shapes import FILE, LITERAL, REFERENCE, VALUES, Shape
from prodready_infra.sources.terraform.parse.strings import normal
from prodready_infra.sources.terraform.syntax import (
    Attribute,
    Block,
    Body,
    Expression,
    File,
    For,
    Invalid,
    Literal,
    Object,
    SyntaxProblem,
    Template,
    TemplateIf,
    Tuple,
)

_COMMENT = "//"
_MARKER = re.compile("E+")


def parse_document(text: bytes, path: str) -> File:
    """A configuration: ``.tf.json``."""
    return _parsed(text, path, FILE)


def parse_values(text: bytes, path: str) -> File:
    """Values for variables: ``.tfvars.json``, whose strings are no templates."""
    return _parsed(text, path, VALUES)


def _parsed(text: bytes, path: str, shape: Shape) -> File:
    whole, problems = read_json(text)
    reader = _DocumentReader(text, problems)
    body = Body({}, [])
    if whole is not None:
        reader.body(reader.members(whole), shape, body)
    return File(path, text, body, problems)


class _DocumentReader:
    """Reads the values of one text."""

    __slots__ = ("is_patient", "problems", "text")

    def __init__(self, text: bytes, problems: list[SyntaxProblem]) -> None:
        self.text = text
        self.problems = problems
        # One string that takes too long is enough: no other long one is tried.
        self.is_patient = True

    # Bodies

    def body(self, members: Sequence[Member], shape: Shape, body: Body) -> None:
        for member in members:
            name = str(member.name.content)
            if name == _COMMENT:
                continue
            known = shape.blocks.get(name)
            if known is None and shape.dynamic and _has_dynamic(member.value):
                known = (0, shape)
            if known is not None:
                self.blocks(member, name, *known, body)
            elif name in body.attributes:
                message = f"attribute '{name}' is set twice"
                self.problem(message, member.name.start, member.name.end)
            elif not shape.only_blocks:
                value = self.value(member.value, shape.arguments.get(name, shape.others))
                start, end = member.name.start, member.value.end
                body.attributes[name] = Attribute(name, value, start, end)

    def blocks(self, member: Member, name: str, labels: int, shape: Shape, body: Body) -> None:
        """The blocks of one type: a level of objects for every label, and a list for several."""
        named: list[tuple[tuple[str, ...], Member]] = [((), member)]
        for _ in range(labels):
            named = [
                ((*before, str(inner.name.content)), inner)
                for before, outer in named
                for inner in self.members(outer.value)
                if inner.name.content != _COMMENT
            ]
        for label, last in named:
            place = last.name
            for content in self.contents(last.value):
                inner = Body({}, [])
                start = place.start if content is last.value else content.start
                header_end = place.end if content is last.value else content.start + 1
                self.body(self.members(content), shape, inner)
                body.blocks.append(Block(name, label, inner, start, content.end, header_end))

    def contents(self, datum: Datum) -> list[Datum]:
        if datum.content is None:
            return []
        items = datum.content if isinstance(datum.content, list) else [datum]
        return [item for item in items if item.content is not None]

    def members(self, datum: Datum) -> list[Member]:
        """The members of an object, or of all objects of a list."""
        found: list[Member] = []
        for item in self.contents(datum):
            if isinstance(item.content, Members):
                found += item.content.items
            else:
                self.problem("expected an object", item.start, item.end)
        return found

    def problem(self, message: str, start: int, end: int) -> None:
        self.problems.append(SyntaxProblem(message, start, end))

    # Values

    def value(self, datum: Datum, kind: str) -> Expression:
        content, start, end = datum.content, datum.start, datum.end
        if isinstance(content, list):
            return Tuple([self.value(item, kind) for item in content], start, end)
        if isinstance(content, Members):
            names = LITERAL if kind == REFERENCE else kind
            items = [(self.value(m.name, names), self.value(m.value, kind)) for m in content.items]
            return Object(items, start, end)
        if not isinstance(content, str) or kind == LITERAL:
            return Literal(normal(content) if isinstance(content, str) else content, start, end)
        if kind == REFERENCE:
            return self.written(f"x = {content}\n", len("x = "), datum)
        if "${" not in content and "%{" not in content:
            return Literal(normal(content), start, end)
        return self.template(content, datum)

    def template(self, content: str, datum: Datum) -> Expression:
        """The text as that of a heredoc, in which quotes and backslashes mean themselves, too."""
        marker = "E" * (1 + max(map(len, _MARKER.findall(content)), default=0))
        opening = f"x = <<{marker}\n"
        value = self.written(f"{opening}{content}\n{marker}\n", len(opening), datum)
        if isinstance(value, Literal):
            return Literal(str(value.value).removesuffix("\n"), datum.start, datum.end)
        if not isinstance(value, Template):
            return value
        *parts, last = value.parts
        if isinstance(last, Literal):  # the line break before the marker is ours
            text = str(last.value).removesuffix("\n")
            parts += [Literal(text, last.start, last.end)] if text else []
        else:
            parts.append(last)
        if len(parts) == 1 and not _is_directive(parts[0]):
            return parts[0]
        return Template(parts, datum.start, datum.end)

    def written(self, source: str, before: int, datum: Datum) -> Expression:
        """The value of ``x`` in a text made of a string's content, located in that string."""
        if len(source) > SMALL and not self.is_patient:
            return Invalid(datum.start, datum.end)
        file = parse_native(source.encode(), "")
        attribute = file.body.attributes.get("x")
        if file.problems or attribute is None:
            message = file.problems[0].message if file.problems else "missing expression"
            self.is_patient &= message != FOREIGN
            self.problem(message, datum.start, datum.end)
            return Invalid(datum.start, datum.end)
        _relocate(attribute.value, self.placing(before, datum))
        return attribute.value

    def placing(self, before: int, datum: Datum) -> Callable[[Any], None]:
        """Sets an element's range; to the whole string, if that has escapes."""
        start, end = datum.start, datum.end
        exact = self.text.find(b"\\", start, end) < 0
        shift = start + 1 - before

        def place(element: Any) -> None:
            element.start = max(start, min(element.start + shift, end)) if exact else start
            element.end = max(start, min(element.end + shift, end)) if exact else end

        return place


def _is_directive(part: Expression) -> bool:
    return isinstance(part, TemplateIf) or (isinstance(part, For) and part.joined)


def _relocate(expression: Expression, place: Callable[[Any], None]) -> None:
    for element in _elements(expression):
        place(element)


def _elements(expression: Expression) -> Iterator[Any]:
    """An expression and every one inside it, each once."""
    stack: list[Any] = [expression]
    seen: set[int] = set()
    while stack:
        element = stack.pop()
        if isinstance(element, list | tuple):
            stack += element
        elif is_dataclass(element) and id(element) not in seen:
            seen.add(id(element))
            yield element
            stack += [getattr(element, field.name) for field in fields(element)]


def _has_dynamic(datum: Datum) -> bool:
    """Whether an object is a block for certain: only in blocks others are made by ``dynamic``."""
    items = datum.content if isinstance(datum.content, list) else [datum]
    return any(
        member.name.content == "dynamic" and _makes_blocks(member.value)
        for item in items
        if isinstance(item.content, Members)
        for member in item.content.items
    )


def _makes_blocks(datum: Datum) -> bool:
    stack = [(datum, 0)]
    while stack:
        here, level = stack.pop()
        if isinstance(here.content, list):
            stack += [(item, level) for item in here.content]
        elif isinstance(here.content, Members):
            names = {member.name.content for member in here.content.items}
            if level == 1 and {"for_each", "content"} <= names:
                return True
            if level == 0:
                stack += [(member.value, 1) for member in here.content.items]
    return False
