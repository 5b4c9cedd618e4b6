"""Quoted strings and heredocs: their literal text, interpolations and directives."""

import re
from collections.abc import Iterable, Sequence

from tree_sitter import Node

from prodready_infra.sources.terraform.parse.grammar import first
from prodready_infra.sources.terraform.parse.limits import MAX_DEPTH
from prodready_infra.sources.terraform.parse.reading import Reading
from prodready_infra.sources.terraform.parse.strings import (
    Piece,
    Run,
    cut_indentation,
    heredoc_runs,
    merged,
    normal,
    strip_at_markers,
    unescaped,
)
from prodready_infra.sources.terraform.syntax import (
    Expression,
    For,
    Literal,
    Template,
    TemplateIf,
)

_HEREDOC_START = re.compile(rb"<<-?[\w\x80-\xff-]+\r?\n")
_TAG = re.compile(rb"%\{~?\s*(?:(?:if|for)\b|(?:else|endif|endfor)\s*~?\})")

_NESTING = frozenset({"template_directive", "template_if", "template_for"})
_TAGS = frozenset(
    {
        "template_if_intro",
        "template_else_intro",
        "template_if_end",
        "template_for_start",
        "template_for_end",
    }
)
_END_OF_IF = frozenset({"template_if_end"})
_END_OF_THEN = frozenset({"template_else_intro", "template_if_end"})
_END_OF_FOR = frozenset({"template_for_end"})


class _Pieces:
    """The pieces of one template, and how far they are read."""

    __slots__ = ("items", "place")

    def __init__(self, items: Iterable[Piece]) -> None:
        self.items = list(items)
        self.place = 0

    def take(self) -> Piece | None:
        if self.place == len(self.items):
            return None
        self.place += 1
        return self.items[self.place - 1]


class TemplateReader(Reading):
    """Reads what stands between quotes or in a heredoc."""

    __slots__ = ()

    def quoted(self, start: int, end: int) -> str:
        """The value of a string without interpolation, its quotes included in the span."""
        raw = self.text[start + 1 : end - 1]
        if b"\n" in raw:
            self.problem("line break inside a quoted string", start, end)
        elif self.broken and not self.text.startswith(b'"', end - 1):
            self.problem("expected a closing quote", end - 1, end)
        if b"\\" in raw or b"{" in raw:
            return unescaped(raw, start + 1, self.problems)
        return normal(raw.decode())

    def template(self, node: Node) -> Expression:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        start = node.start_byte
        end = node.end_byte
        inner = first(node, "quoted_template", "heredoc_template")
        is_heredoc = inner.type == "heredoc_template"
        pieces = self.heredoc_pieces(inner) if is_heredoc else self.quoted_pieces(inner)
        if pieces is None:
            return self.too_deep(node)
        if not is_heredoc and len(pieces) == 1:
            only = pieces[0]
            if not isinstance(only, Run) and only.type == "template_interpolation":
                return self.interpolation(only)
        strip_at_markers(pieces, self.text)
        if self.text.startswith(b"<<-", start):
            cut_indentation(pieces)
        rest = _Pieces(merged(pieces))
        if not rest.items:
            return Literal("", start, end)
        if len(rest.items) == 1 and isinstance(rest.items[0], Run):
            return Literal(rest.items[0].value, start, end)
        self.depth += 1
        parts = self.parts(rest)
        self.depth -= 1
        return Template(parts, start, end)

    def bare(self, node: Node, *, whole: bool) -> Expression:
        """A heredoc's text as a template of its own, without its last line break if not whole."""
        start, end = node.start_byte, node.end_byte
        pieces = self.heredoc_pieces(node)
        if pieces is None:
            return self.too_deep(node)
        if not whole and pieces and isinstance(last := pieces[-1], Run):
            last.value = last.value.removesuffix("\n")
            pieces = pieces if last.value else pieces[:-1]
        strip_at_markers(pieces, self.text)
        rest = _Pieces(merged(pieces))
        if len(rest.items) == 1:
            only = rest.items[0]
            if isinstance(only, Run):
                return Literal(only.value, start, end)
            if len(pieces) == 1 and only.type == "template_interpolation":
                return self.interpolation(only)
        return Template(self.parts(rest), start, end)

    # Pieces

    def quoted_pieces(self, node: Node) -> list[Piece] | None:
        tags = self.tags(node)
        if tags is None:
            return None
        pieces: list[Piece] = []
        place = node.start_byte + 1
        for tag in tags:
            self.quoted_run(place, tag.start_byte, pieces)
            pieces.append(tag)
            place = tag.end_byte
        self.quoted_run(place, node.end_byte - 1, pieces)
        return pieces

    def quoted_run(self, start: int, end: int, pieces: list[Piece]) -> None:
        if start >= end:
            return
        raw = self.text[start:end]
        if b"\n" in raw:
            self.problem("line break inside a quoted string", start, end)
        pieces.append(Run(unescaped(raw, start, self.problems), start, end))

    def heredoc_pieces(self, node: Node) -> list[Piece] | None:
        text = self.text
        start = node.start_byte
        # The closing name comes last; the content ends where its line begins.
        place = text.find(b"\n", start, node.end_byte) + 1
        last = max(place, text.rfind(b"\n", start, node.end_byte) + 1)
        if not _HEREDOC_START.fullmatch(text, start, place):
            self.problem("text behind the name that opens a heredoc", start, place)
        tags = self.tags(node)
        if tags is None:
            return None
        pieces: list[Piece] = []
        for tag in tags:
            pieces += heredoc_runs(text, place, tag.start_byte)
            pieces.append(tag)
            place = tag.end_byte
        pieces += heredoc_runs(text, place, last)
        return pieces

    def tags(self, node: Node) -> list[Node] | None:
        """The interpolations and the tags of directives, in order, flat.

        None if directives are nested too deep.
        """
        tags: list[Node] = []
        pending = [iter(node.children)]
        while pending:
            if len(pending) > 2 * MAX_DEPTH:
                return None
            kid = next(pending[-1], None)
            if kid is None:
                pending.pop()
                continue
            kind = kid.type
            if kind == "template_interpolation":
                tags.append(kid)
            elif kind in _NESTING:
                pending.append(iter(kid.children))
            elif kind in _TAGS:
                if not _TAG.match(self.text, kid.start_byte):
                    self.problem("unexpected text", kid.start_byte, kid.end_byte)
                tags.append(kid)
        return tags

    # Parts

    def parts(self, pieces: _Pieces, closing: frozenset[str] = frozenset()) -> list[Expression]:
        """Read the pieces up to one of the ``closing`` tags, which remains to be taken."""
        parts: list[Expression] = []
        while (piece := pieces.take()) is not None:
            if isinstance(piece, Run):
                parts.append(Literal(piece.value, piece.start, piece.end))
                continue
            kind = piece.type
            if kind in closing:
                pieces.place -= 1
                break
            if kind == "template_interpolation":
                parts.append(self.interpolation(piece))
            elif self.depth >= MAX_DEPTH:
                parts.append(self.too_deep(piece))
            else:
                self.depth += 1
                parts.append(self.directive(pieces, piece))
                self.depth -= 1
        return parts

    def interpolation(self, node: Node) -> Expression:
        for kid in node.children:
            if kid.type == "expression":
                return self.inner(kid)
        return self.invalid("missing expression", node.start_byte, node.end_byte)

    def directive(self, pieces: _Pieces, opening: Node) -> Expression:
        start = opening.start_byte
        if opening.type == "template_for_start":
            key_name, value_name, collection = self.loop(opening)
            parts = self.parts(pieces, _END_OF_FOR)
            value, end = _between(opening, parts, pieces.take())
            return For(
                key_name,
                value_name,
                collection,
                key=None,
                value=value,
                condition=None,
                grouped=False,
                joined=True,
                start=start,
                end=end,
            )
        condition = self.inner(first(opening, "expression"))
        parts = self.parts(pieces, _END_OF_THEN)
        middle = pieces.take()
        then, end = _between(opening, parts, middle)
        otherwise: Expression = Literal("", end, end)
        if isinstance(middle, Node) and middle.type == "template_else_intro":
            parts = self.parts(pieces, _END_OF_IF)
            otherwise, end = _between(middle, parts, pieces.take())
        return TemplateIf(condition, then, otherwise, start, end)


def _between(
    opening: Node, parts: Sequence[Expression], closing: Piece | None
) -> tuple[Expression, int]:
    """What stands between two tags, and where the second ends."""
    start = opening.end_byte
    stop = end = start
    if isinstance(closing, Node):
        stop = closing.start_byte
        end = closing.end_byte
    if not parts:
        return Literal("", start, stop), end
    if len(parts) == 1 and isinstance(parts[0], Literal):
        return parts[0], end
    return Template(parts, start, stop), end
