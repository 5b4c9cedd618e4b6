"""From the bytes of a file in Terraform's native syntax to a tree, by way of tree-sitter.

tree-sitter's grammar is laxer than HCL in places (line breaks, escapes, ``::`` in names), and
drops blanks inside strings. So what a string holds is computed from the bytes between its
interpolations, and what Terraform would refuse is reported here although the grammar takes it.

The way of a text: ``limits`` turns away what is no Terraform at all, ``grammar`` and, where
there are errors, ``recovery`` make trees of nodes, ``errors`` names what is wrong in them, and
the readers make elements of the nodes: ``bodies`` of blocks and arguments, ``expressions`` of
values, ``templates`` and ``strings`` of what stands between quotes, all upon ``reading``.
"""

from operator import attrgetter

from tree_sitter import Tree

from prodready_infra.sources.terraform.parse.bodies import BodyReader
from prodready_infra.sources.terraform.parse.grammar import Grammar, bridge, canonical
from prodready_infra.sources.terraform.parse.limits import (
    FOREIGN,
    OutOfPatienceError,
    foreign_line,
)
from prodready_infra.sources.terraform.parse.recovery import repaired
from prodready_infra.sources.terraform.syntax import Body, File, SyntaxProblem


def parse_native(text: bytes, path: str) -> File:
    """Read one text, which is UTF-8."""
    source = canonical(text)
    if (line := foreign_line(source)) is not None:
        return refused(text, path, FOREIGN, *line)
    try:
        return _read(text, path, source)
    except OutOfPatienceError:
        return refused(text, path, FOREIGN, 0, 0)


def _read(text: bytes, path: str, source: bytes) -> File:
    tree, source = _whole(source)
    reader = BodyReader(text, broken=tree is None or tree.root_node.has_error)
    body = Body({}, [])
    for part in (tree,) if tree and not reader.broken else repaired(source, tree):
        reader.file(part.root_node, body)
    return File(path, text, body, _in_order(reader.problems))


def _whole(source: bytes) -> tuple[Tree | None, bytes]:
    """The tree of the whole text, if it can be had in time, and the text as it was parsed."""
    grammar = Grammar(len(source))
    try:
        tree = grammar.tree(source)
        if tree.root_node.has_error and (bridged := bridge(source)) != source:
            return grammar.tree(bridged), bridged
    except OutOfPatienceError:
        return None, bridge(source)
    return tree, source


def refused(text: bytes, path: str, message: str, start: int, end: int) -> File:
    """A file of which nothing is read."""
    return File(path, text, Body({}, []), [SyntaxProblem(message, start, end)])


def _in_order(problems: list[SyntaxProblem]) -> list[SyntaxProblem]:
    distinct = {(problem.message, problem.start, problem.end): problem for problem in problems}
    return sorted(distinct.values(), key=attrgetter("start", "end"))
