"""The one place that calls tree-sitter, and what its grammar needs changed in a text.

All changes overwrite single bytes. None moves, and names, numbers and strings are read from the
original text: every offset stays that of the file as it is on disk.
"""

import re

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser, Point, Range, Tree

from prodready_infra.sources.terraform.parse.limits import SMALL, OutOfPatienceError, Patience

_LANGUAGE = Language(tree_sitter_hcl.language())
_BOM = b"\xef\xbb\xbf"

# The last two signs make the escape; the grammar pairs them from the left.
_MANY_SIGNS = re.compile(rb"(?<!\$)\$+(?=\$\$\{)|(?<!%)%+(?=%%\{)")
_EXPONENT = re.compile(rb"(?<![\w.])[0-9]++(?:\.[0-9]++)?[eE][+-]?[0-9]++")
_KEY_IN_PARENTHESES = re.compile(
    rb"[\w-][ \t]*+(\r?\n)(?=\s*+\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)[ \t]*+(?:=[^=>]|:))"
)


class Grammar:
    """tree-sitter with limited patience for one text, as a whole or in parts."""

    __slots__ = ("parser", "patience")

    def __init__(self, size: int) -> None:
        self.parser = Parser(_LANGUAGE)
        self.patience = Patience(size) if size > SMALL else None

    def tree(self, source: bytes) -> Tree:
        """Raises :class:`OutOfPatienceError`."""
        patience = self.patience
        if patience is None:
            return self.parser.parse(source)
        view = memoryview(source)

        def rest(offset: int, _: Point) -> memoryview:
            return view[offset:]

        try:
            return self.parser.parse(rest, progress_callback=patience.is_over)
        except ValueError:
            raise OutOfPatienceError from None

    def part(self, source: bytes, start: int, end: int) -> Tree:
        """Parse a part of the text as if it were all, with its offsets in the whole."""
        # Rows and columns are never read, so they need not be right.
        self.parser.included_ranges = [Range((0, 0), (0, 0), start, end)]
        return self.tree(source)


def canonical(text: bytes) -> bytes:
    """The text without what the grammar takes for something else."""
    source = b"   " + text[3:] if text.startswith(_BOM) else text
    if b"$$$" in source or b"%%%" in source:
        source = _MANY_SIGNS.sub(lambda match: b"_" * len(match.group()), source)
    return source


def bridge(source: bytes) -> bytes:
    """Rewrite what is good HCL but an error to the grammar."""
    bridged = bytearray(source)
    for match in _EXPONENT.finditer(source):
        bridged[match.start() : match.end()] = b"1" * (match.end() - match.start())
    for match in _KEY_IN_PARENTHESES.finditer(source):
        bridged[match.start(1)] = ord(",")
    return bytes(bridged)


def first(node: Node, *kinds: str) -> Node:
    """The first child of one of the kinds; the grammar promises one where no error is."""
    return next(kid for kid in node.children if kid.type in kinds)
