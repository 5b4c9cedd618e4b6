"""Text with errors: parsed in parts, and mended, so that an error spoils no more than its own."""

import re
from collections.abc import Iterator

from tree_sitter import Tree

from prodready_infra.sources.terraform.parse.errors import errors
from prodready_infra.sources.terraform.parse.grammar import Grammar
from prodready_infra.sources.terraform.parse.limits import OutOfPatienceError

# Where one top-level block ends and the next begins, as people format it.
_HEADER = re.compile(rb'[A-Za-z_][\w-]*+(?:[ \t]++(?:"[^"\n]*+"|[A-Za-z_][\w-]*+))*+[ \t]*+\{')
_HEREDOC = re.compile(rb"<<-?([A-Za-z_][\w-]*+)\r?$")
_NO_VALUE = re.compile(rb"^[^#/\n=]++(?<![!<>])=[ \t]*+(\r?\n)", re.MULTILINE)
_QUOTE = re.compile(rb'\\.|(")|#|//')


def repaired(source: bytes, whole: Tree | None) -> Iterator[Tree]:
    """The trees of the top-level parts, each with as few errors as possible.

    Raises :class:`OutOfPatienceError`.
    """
    grammar = Grammar(len(source))
    parts = list(_parts(source))
    if whole is None and len(parts) == 1:
        raise OutOfPatienceError
    mended: bytes | None = None
    for start, end in parts:
        tree = whole if whole and len(parts) == 1 else grammar.part(source, start, end)
        if tree.root_node.has_error:
            if mended is None:
                mended = _mend(source)
            # The grammar's own repairs take very long on some texts: none is parsed in vain.
            if mended[start:end] != source[start:end]:
                second = grammar.part(mended, start, end)
                if _error_count(second) < _error_count(tree):
                    tree = second
        yield tree


def _parts(source: bytes) -> Iterator[tuple[int, int]]:
    """Cut before every line that begins, without indentation, with the header of a block."""
    begin = offset = 0
    closing: bytes | None = None
    for line in source.splitlines(keepends=True):
        if closing is not None:
            if line.strip() == closing:
                closing = None
        elif opening := _HEREDOC.search(line.rstrip(b"\n")):
            closing = opening.group(1)
        if closing is None and offset > begin and _HEADER.match(line):
            yield begin, offset
            begin = offset
        offset += len(line)
    yield begin, offset


def _mend(source: bytes) -> bytes:
    """Get the grammar over the most frequent errors without losing what follows them.

    A number that turns out to stand on a line break is a missing value, a string that ends on
    one has no closing quote.
    """
    mended = bytearray(source)
    for match in _NO_VALUE.finditer(source):
        mended[match.start(1)] = ord("0")
    offset = 0
    for line in source.split(b"\n"):
        end = offset + len(line)
        if end < len(mended) and _is_quote_open(line):
            mended[end] = ord('"')
        offset = end + 1
    return bytes(mended)


def _is_quote_open(line: bytes) -> bool:
    if b"${" in line or b"%{" in line:
        return False
    is_open = False
    for match in _QUOTE.finditer(line):
        if match.group(1):
            is_open = not is_open
        elif not is_open and not match.group().startswith(b"\\"):
            break
    return is_open


def _error_count(tree: Tree) -> int:
    return sum(1 for _ in errors(tree.root_node))
