"""How much text, nesting and time parsing takes on, whatever stands in a file.

What is good HCL, tree-sitter reads in linear time. A long run of errors, though, costs it the
square of their number: some hundred kilobytes of a table that somebody named ``x.tf`` would take
minutes. Most such files show it at their beginning; the others run out of patience.
"""

import re
from itertools import islice
from time import thread_time

MAX_DEPTH = 200
"""Levels of nesting that are read; deeper text is a problem, never a RecursionError."""
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

MAX_BYTES = 4 * 1024 * 1024
TOO_LARGE = f"is larger than Terraform files ever are (limit {MAX_BYTES // 2**20} MiB)"

FOREIGN = "the text is not Terraform"
SMALL = 16 * 1024
"""Bytes that are parsed quickly even if every one of them is an error."""

_FEW = 8

# Many times what good HCL takes. Processor time, so that a busy machine changes no result.
_SECONDS = 0.5
_SECONDS_PER_BYTE = 1.25e-6

_BLANK = re.compile(rb"(?:\s++|#[^\n]*+|//[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff-]*+"
# The header of a block or the name of an argument, or as much of it as stands before a comment.
_ITEM = re.compile(
    rb'^[ \t]*+%b(?:[ \t]++(?:"(?:[^"\\\n]|\\.)*+"|%b))*+[ \t]*+(?:=(?![=>])|\{|/\*)'
    % (_NAME, _NAME),
    re.MULTILINE,
)


class OutOfPatienceError(Exception):
    """The text takes longer than any Terraform file of its size would."""


class Patience:
    """The processor time that parsing a text may take, which grows with its size."""

    __slots__ = ("deadline",)

    def __init__(self, size: int) -> None:
        self.deadline = thread_time() + _SECONDS + size * _SECONDS_PER_BYTE

    def is_over(self, *_: object) -> bool:
        return thread_time() > self.deadline


def foreign_line(source: bytes) -> tuple[int, int] | None:
    """The span of the first line, if a long text begins as no Terraform file does.

    Good HCL has the beginning of a block or an argument right behind its first comments, and a
    damaged file still has some soon: in what is turned away, hardly a line looks like one.
    """
    if len(source) <= SMALL:
        return None
    blank = _BLANK.match(source)
    start = blank.end() if blank else 0
    if len(source) - start <= SMALL or _ITEM.match(source, start):
        return None
    items = islice(_ITEM.finditer(source, start, start + SMALL), _FEW)
    if sum(1 for _ in items) == _FEW:
        return None
    end = source.find(b"\n", start)
    return start, end if end >= 0 else len(source)
