"""Templates that are a text of their own: what ``templatefile`` reads, without any quotes."""

from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from prodready_infra.sources.terraform.parse.bodies import BodyReader
from prodready_infra.sources.terraform.parse.grammar import Grammar, canonical
from prodready_infra.sources.terraform.parse.limits import OutOfPatienceError
from prodready_infra.sources.terraform.syntax import Expression

MAX_BYTES = 256 * 1024
_MARK = "PRODREADY"


@lru_cache(maxsize=64)
def parse_template(text: str) -> Expression | None:
    """The template as an expression; None for what has an error in it, or cannot be read.

    To the grammar it is a heredoc, which reads its text in the same way. Only carriage returns
    are another matter, and a heredoc always ends in a line break.
    """
    mark = _MARK
    while mark in text:
        mark += "_"
    if "\r" in text or len(text) > MAX_BYTES:
        return None
    whole = text.endswith("\n")
    source = f"t = <<{mark}\n{text}{'' if whole else chr(10)}{mark}\n".encode()
    adapted = canonical(source)
    try:
        tree = Grammar(len(source)).tree(adapted)
    except OutOfPatienceError:
        return None
    heredoc = next(_heredocs(tree.root_node), None)
    if tree.root_node.has_error or heredoc is None:
        return None
    reader = BodyReader(source, broken=False)
    expression = reader.bare(heredoc, whole=whole)
    return None if reader.problems else expression


def _heredocs(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "heredoc_template":
            yield node
        waiting += reversed(node.children)
