"""What literal text in quotes and heredocs means: escapes, line ends, indentation, ``~``."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

from tree_sitter import Node

from prodready_infra.sources.terraform.syntax import SyntaxProblem

_ESCAPE = re.compile(
    rb"\\(?:([nrt\"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|(\$\$\{|%%\{)"
    rb"|\\(?:[\x80-\xff]+|.)?",
    re.DOTALL,
)
_HEREDOC_ESCAPE = re.compile(r"([$%])\1\{")
_SIMPLE_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b'"': b'"', b"\\": b"\\"}
_NO_CHARACTER = b"110000"


class Run:
    """Literal text inside a template, cut as HCL's scanner cuts it: at line ends in heredocs."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: str, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end


Piece: TypeAlias = Run | Node
"""Literal text, or the node of an interpolation or of one tag of a directive."""


def normal(text: str) -> str:
    """The normal form in which Terraform keeps every string."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def unescaped(raw: bytes, start: int, problems: list[SyntaxProblem]) -> str:
    """The value of text between quotes, which begins at ``start``."""

    def plain(match: re.Match[bytes]) -> bytes:
        simple, short, long, opener = match.groups()
        if simple:
            return _SIMPLE_ESCAPES[simple]
        if opener:
            return bytes(opener[1:])
        code = int(short or long or _NO_CHARACTER, 16)
        if code < 0xD800 or 0xDFFF < code <= 0x10FFFF:
            return chr(code).encode()
        place, end = match.span()
        problems.append(SyntaxProblem("unknown escape in a string", start + place, start + end))
        return match.group()

    return normal(_ESCAPE.sub(plain, raw).decode())


def heredoc_runs(text: bytes, start: int, end: int) -> Iterator[Run]:
    """Text of a heredoc line by line, as its indentation is cut."""
    while start < end:
        found = text.find(b"\n", start, end)
        stop = found + 1 if found >= 0 else end
        line = text[start:stop].decode()
        yield Run(normal(_HEREDOC_ESCAPE.sub(r"\1{", line)), start, stop)
        start = stop


def cut_indentation(pieces: Sequence[Piece]) -> None:
    """Take the indentation common to all lines of a ``<<-`` heredoc off each of them."""
    smallest: int | None = None
    first_of_line: list[Run] = []
    at_start = True
    for piece in pieces:
        if not isinstance(piece, Run):
            if at_start:
                smallest = 0
            at_start = False
            continue
        value = piece.value
        ends_line = value.endswith("\n")
        if at_start and not (ends_line and value.isspace()):
            width = len(value) - len(value.lstrip())
            smallest = width if smallest is None else min(smallest, width)
            first_of_line.append(piece)
        at_start = ends_line
    for run in first_of_line:
        run.value = run.value[smallest:]


def strip_at_markers(pieces: Sequence[Piece], text: bytes) -> None:
    """Drop the blanks beside ``${~`` and ``~}``."""
    for before, after in pairwise(pieces):
        if isinstance(before, Run):
            if not isinstance(after, Run) and text.startswith(b"~", after.start_byte + 2):
                before.value = before.value.rstrip()
        elif isinstance(after, Run) and text.startswith(b"~", before.end_byte - 2):
            after.value = after.value.lstrip()


def merged(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces with neighbouring runs made one, and without empty ones."""
    for are_runs, group in groupby(pieces, lambda piece: isinstance(piece, Run)):
        if not are_runs:
            yield from group
            continue
        runs = [piece for piece in group if isinstance(piece, Run) and piece.value]
        if len(runs) > 1:
            yield Run("".join(run.value for run in runs), runs[0].start, runs[-1].end)
        else:
            yield from runs
