"""What reading any node takes: the text, the problems found, and where in the tree one is."""

import re
from collections.abc import Sequence

from tree_sitter import Node

from prodready_infra.sources.terraform.parse.grammar import first
from prodready_infra.sources.terraform.parse.limits import TOO_DEEP
from prodready_infra.sources.terraform.syntax import Expression, Invalid, SyntaxProblem

_BLOCK_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)


class Reading:
    """Base of the readers, which build upon each other: templates, expressions, bodies."""

    __slots__ = ("broken", "depth", "has_namespaces", "one_line", "problems", "text")

    def __init__(self, text: bytes, *, broken: bool) -> None:
        self.text = text
        self.broken = broken
        self.problems: list[SyntaxProblem] = []
        self.depth = 0
        # Whether a line break would end the expression being read.
        self.one_line = False
        self.has_namespaces = b"::" in text

    def expression(self, node: Node) -> Expression:
        raise NotImplementedError

    def inner(self, node: Node) -> Expression:
        """An expression between brackets of some kind, where line breaks mean nothing."""
        saved = self.one_line
        self.one_line = False
        value = self.expression(node)
        self.one_line = saved
        return value

    def loop(self, node: Node) -> tuple[str, str, Expression]:
        """``for key, value in collection``; the name of the key may be empty."""
        names = [self.name(kid) for kid in node.children if kid.type == "identifier"]
        collection = self.inner(first(node, "expression"))
        return (names[0] if len(names) > 1 else "", names[-1], collection)

    def name(self, node: Node) -> str:
        raw = self.text[node.start_byte : node.end_byte]
        if self.has_namespaces and b"::" in raw:
            self.problem("'::' outside the name of a function", node.start_byte, node.end_byte)
        return raw.decode()

    # Problems

    def problem(self, message: str, start: int, end: int) -> None:
        self.problems.append(SyntaxProblem(message, start, end))

    def invalid(self, message: str, start: int, end: int) -> Invalid:
        self.problem(message, start, end)
        return Invalid(start, end)

    def too_deep(self, node: Node) -> Invalid:
        return self.invalid(TOO_DEEP, node.start_byte, node.end_byte)

    def breaks_line(self, start: int, end: int) -> bool:
        """Whether a line ends between two tokens; inside ``/* */`` none does."""
        gap = self.text[start:end]
        if b"\n" not in gap:
            return False
        # What is behind the last end of a comment holds none: no search for an end is in vain.
        comments, last, rest = gap.rpartition(b"*/")
        return b"\n" in rest or b"\n" in _BLOCK_COMMENT.sub(b"", comments + last)

    def refuse_breaks(self, nodes: Sequence[Node]) -> None:
        """Note line breaks between the nodes if a line break would end the expression."""
        end = nodes[0].start_byte
        if not self.one_line or self.text.find(b"\n", end, nodes[-1].end_byte) < 0:
            return
        opened = 0  # parentheses around an operand are the operation's own children
        for node in nodes:
            if node.type == "comment":
                continue
            start = node.start_byte
            opened -= node.type == ")"
            between = opened or node.type == ")"
            if start > end and not between and self.breaks_line(end, start):
                self.problem("unexpected line break", end, start)
            opened += node.type == "("
            end = node.end_byte
