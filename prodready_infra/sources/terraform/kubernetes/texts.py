"""YAML that a Terraform expression writes out: its text, and where each line of it stands.

What Terraform does not know of a text is a mark in it, and so only the values with the mark are
unknown, as long as it is no part of the document's structure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.node import Path, Unknown, is_unknown
from prodready_infra.sources.kubernetes.yaml import YamlDocument
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.blocks import BlockOrigin, position, span
from prodready_infra.sources.terraform.context import Context
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.kubernetes.calls import Files
from prodready_infra.sources.terraform.parse import parse
from prodready_infra.sources.terraform.references import sources
from prodready_infra.sources.terraform.syntax import (
    Body,
    Call,
    Expression,
    File,
    Literal,
    Object,
    Template,
    TemplateIf,
)
from prodready_infra.sources.text import decode, read_bytes

_MARK = "prodreadyunknown{}x"
_NAME = "PRODREADY_TEMPLATE"


@dataclass(slots=True)
class Text:
    """A text, the line of the file for each of its lines if it is a heredoc, and its marks.

    ``made`` holds the expressions between its words, each with its line in the text. ``file`` is
    where it stands, if that is not where the expression does.
    """

    text: str = ""
    lines: list[int] = field(default_factory=list)
    made: list[tuple[int, Expression]] = field(default_factory=list)
    marks: dict[str, Unknown] = field(default_factory=dict)
    file: File | None = None

    def restored(self, value: Any) -> Any:
        """A value read from the text: unknown where it holds a mark."""
        if not self.marks:
            return value
        if type(value) is dict:
            for key in value:
                if unknown := self._in(key):
                    return unknown[0]
            return {key: self.restored(item) for key, item in value.items()}
        if type(value) is list:
            return [self.restored(item) for item in value]
        found = self._in(value) if type(value) is str else []
        if not found:
            return value
        for mark, made in self.marks.items():
            value = value.replace(mark, f"${{{made.text}}}")
        return Unknown(found[0].reason, value)

    def _in(self, text: str) -> list[Unknown]:
        return [unknown for mark, unknown in self.marks.items() if mark in text]


def text_of(expression: Expression, context: Context, file: File, files: Files) -> Text | Unknown:
    """The text that an expression gives, unknown when nobody can tell how it is put together."""
    if path := files.named(expression, context):
        return _from_file(path)
    if path := files.named(expression, context, "templatefile"):
        return _from_template(path, expression, context)
    whole = evaluate(expression, context)
    heredoc = file.text.startswith(b"<<", expression.start)
    if not isinstance(expression, Literal | Template) or not (heredoc or is_unknown(whole)):
        known = values.to_string(whole)
        return known if is_unknown(known) else Text(known)
    found = _put_together(expression, context, file)
    if isinstance(found, Text) and not heredoc:
        found.lines.clear()
    return found


def _from_file(path: str) -> Text | Unknown:
    try:
        text = decode(read_bytes(path), path)
    except InputError as error:
        return Unknown(f"{path} {error.message}")
    lines = list(range(1, text.count("\n") + 2))
    return Text(text, lines, file=File(path, text.encode(), Body({}, []), []))


def _from_template(path: str, expression: Expression, context: Context) -> Text | Unknown:
    """A template file holds what a heredoc would, and names only what it is given."""
    plain = _from_file(path)
    given = expression.arguments[1] if isinstance(expression, Call) else expression
    names = evaluate(given, context)
    if isinstance(plain, Unknown):
        return plain
    if not isinstance(names, dict):
        return names if isinstance(names, Unknown) else Unknown(f"{path} is given no object")
    body = plain.text if plain.text.endswith("\n") else f"{plain.text}\n"
    parsed = parse(f"{_NAME} = <<{_NAME}\n{body}{_NAME}\n".encode(), path)
    template = parsed.body.attributes.get(_NAME)
    if parsed.problems or template is None:
        return Unknown(f"{path} is no template that can be read")
    found = _put_together(template.value, Context(context.names, dict(names)), parsed)
    if isinstance(found, Text):
        found.lines = [max(line - 1, 0) for line in found.lines]
        found.file = plain.file
        meant = _meanings(given)
        found.made = [(line, meant.get(getattr(e, "name", ""), e)) for line, e in found.made]
    return found


def _meanings(given: Expression) -> dict[str, Expression]:
    """The expressions that the names of a template stand for."""
    items = given.items if isinstance(given, Object) else ()
    return {str(key.value): value for key, value in items if isinstance(key, Literal)}


def _put_together(expression: Expression, context: Context, file: File) -> Text | Unknown:
    found = Text()
    for part, place in _pieces(expression, context):
        if isinstance(part, Unknown):
            return part
        if isinstance(place, Literal):
            line = position(file.text, place.start)[0]
            if file.text.startswith(b"<<", place.start):
                line += 1
            _append(found, part, line, step=1)
            continue
        text = part
        if isinstance(part, _Open):
            text = _MARK.format(len(found.marks))
            name = file.text[place.start : place.end].decode("utf-8", "replace")
            found.marks[text] = Unknown(part.unknown.reason, name)
        found.made.append((found.text.count("\n") + 1, place))
        _append(found, text, position(file.text, place.start)[0], step=0)
    return found


@dataclass(frozen=True, slots=True)
class _Open:
    """An interpolation whose value is not known."""

    unknown: Unknown


def _pieces(expression: Expression, context: Context) -> Iterator[tuple[Any, Expression]]:
    """The texts that make up a template, each with what it is written as."""
    if isinstance(expression, Template):
        for part in expression.parts:
            yield from _pieces(part, context)
        return
    if isinstance(expression, TemplateIf):
        condition = values.to_bool(evaluate(expression.condition, context))
        if type(condition) is bool:
            yield from _pieces(expression.then if condition else expression.otherwise, context)
        else:
            yield Unknown("a condition in it is not known"), expression
        return
    value = values.to_string(evaluate(expression, context))
    loop = getattr(expression, "joined", False)
    yield _Open(value) if is_unknown(value) and not loop else value, expression


def _append(found: Text, text: str, line: int, *, step: int) -> None:
    """Adds words that begin in a line of the file; ``step`` is 1 where they stand as they are."""
    for number in range(text.count("\n") + 1):
        if number or not found.lines:
            found.lines.append(0)
        if not found.lines[-1]:
            found.lines[-1] = line + number * step
    found.text += text
    if text.endswith("\n"):
        found.lines[-1] = 0  # what follows says where it stands


class TextOrigin:
    """The origin of a document of such a text; ``place`` is the argument that holds the text."""

    def __init__(self, document: YamlDocument, text: Text, block: BlockOrigin, place: Path) -> None:
        self._document = document
        self._text = text
        self._block = block
        self._place = place

    @property
    def path(self) -> str:
        return self._block.path

    @property
    def _file(self) -> File:
        return self._text.file or self._block.file

    def locate(self, path: Path) -> Location:
        return self.place_of(self._document.locate(path))

    def place_of(self, inner: Location) -> Location:
        """Where in the file a place in the text is."""
        line, end_line = self._line(inner.line), self._line(inner.end_line)
        if not line or not end_line:
            return self._block.locate(self._place)
        place = replace(inner, path=self._file.path, line=line, end_line=end_line)
        return replace(
            place,
            column=self._column(inner.line, inner.column),
            end_column=self._column(inner.end_line, inner.end_column),
        )

    def _column(self, number: int, column: int) -> int:
        """A column of the text in the file: lines are indented there, and hold expressions."""
        own, written = (
            _row(self._text.text, number),
            _row(self._file.text.decode("utf-8", "replace"), self._line(number)),
        )
        end = len(written) + 1
        return end if column > len(own) else min(column + _indent(written) - _indent(own), end)

    def _line(self, number: int) -> int:
        lines = self._text.lines
        return lines[number - 1] if 0 < number <= len(lines) else 0

    def provenance(self, path: Path) -> tuple[Location, ...]:
        """What the expressions in the line of the value are made from."""
        if not self._text.lines:
            return self._block.provenance(self._place)
        inner = self._document.locate(path)
        if inner.line != inner.end_line:
            return ()
        return tuple(
            span(source.file, source.start, source.end, source.label)
            for line, expression in self._text.made
            if line == inner.line
            for source in sources(expression, self._block.context)
        )


def _row(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
