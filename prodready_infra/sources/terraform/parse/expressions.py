"""Expressions: from literals to ``for``, with the steps that follow a value."""

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from tree_sitter import Node

from prodready_infra.sources.terraform.numbers import parsed
from prodready_infra.sources.terraform.parse.grammar import first
from prodready_infra.sources.terraform.parse.limits import MAX_DEPTH, TOO_DEEP
from prodready_infra.sources.terraform.parse.templates import TemplateReader
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    Root,
    Splat,
    Tuple,
    Unary,
)

_BINARY = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_KEYWORDS = {b"true": True, b"false": False, b"null": None}
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class ExpressionReader(TemplateReader):
    """Reads every kind of expression."""

    __slots__ = ()

    def expression(self, node: Node) -> Expression:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        kids = node.children
        read = _TERMS.get(kids[0].type) if len(kids) == 1 else None
        value = read(self, kids[0]) if read else self.term(kids)
        self.depth -= 1
        return value

    def variable(self, node: Node) -> Expression:
        return Root(self.name(node), node.start_byte, node.end_byte)

    def literal(self, node: Node) -> Expression:
        start = node.start_byte
        end = node.end_byte
        text = self.text
        if text.startswith(b'"', start):
            return Literal(self.quoted(start, end), start, end)
        raw = text[start:end]
        if raw in _KEYWORDS:
            return Literal(_KEYWORDS[raw], start, end)
        return self.number(start, end)

    def number(self, start: int, end: int) -> Expression:
        raw = self.text[start:end]
        if raw.isdigit() and len(raw) < 1000:
            return Literal(int(raw), start, end)
        if _NUMBER.fullmatch(raw):
            return Literal(_decimal(raw.decode()), start, end)
        return self.invalid("unexpected text" if raw.strip() else "missing expression", start, end)

    # A value and its steps

    def term(self, kids: Sequence[Node]) -> Expression:
        """Read a value and the ``.name``, ``[key]`` and splats that follow it."""
        start = kids[0].start_byte
        end = kids[-1].end_byte
        self.refuse_breaks(kids)
        value: Expression | None = None
        steps: list[Node] = []
        for kid in kids:
            kind = kid.type
            if kind in {"get_attr", "index"}:
                steps.append(kid)
            elif read := _TERMS.get(kind):
                value = read(self, kid)
            elif kind == "expression":
                value = self.inner(kid)
            elif kind == "splat":
                self.flatten(kid, steps)
        if value is None:
            return self.invalid("missing expression", start, end)
        if len(steps) + self.depth > MAX_DEPTH:
            return self.invalid(TOO_DEEP, start, end)
        if not steps:
            return value
        self.refuse_number_pairs(steps)
        # Every step is a level of the tree, and its key may go deeper still.
        self.depth += len(steps)
        value = self.traverse(value, steps, start)
        self.depth -= len(steps)
        return value

    def flatten(self, splat: Node, steps: list[Node]) -> None:
        """Undo the grammar's nesting: how far a splat reaches is decided in ``traverse``."""
        for kind in splat.children:
            for kid in kind.children:
                if kid.type == "splat":
                    self.flatten(kid, steps)
                elif kid.type != "comment":
                    steps.append(kid)

    def traverse(self, value: Expression, steps: Sequence[Node], start: int) -> Expression:
        for position, step in enumerate(steps):
            if step.type in {"[*]", ".*"}:
                return self.splat(value, steps[position:], start)
            value = self.step(value, step, start)
        return value

    def splat(self, operand: Expression, steps: Sequence[Node], start: int) -> Expression:
        marker = steps[0]
        element: Expression = Root("*", marker.start_byte, marker.end_byte)
        if marker.type == "[*]":
            end = steps[-1].end_byte
            body = self.traverse(element, steps[1:], marker.start_byte)
            return Splat(operand, body, full=True, start=start, end=end)
        # A legacy splat reaches over ``.name`` and ``.0`` only; ``[0]`` takes one of its results.
        reach = 1
        while reach < len(steps) and self.text.startswith(b".", steps[reach].start_byte):
            if steps[reach].type == ".*":
                self.problem("a splat inside '.*'", steps[reach].start_byte, steps[reach].end_byte)
            else:
                element = self.step(element, steps[reach], marker.start_byte)
            reach += 1
        end = steps[reach - 1].end_byte
        value = Splat(operand, element, full=False, start=start, end=end)
        return self.traverse(value, steps[reach:], start)

    def step(self, operand: Expression, step: Node, start: int) -> Expression:
        end = step.end_byte
        if step.type == "get_attr":
            kids = step.children
            if self.one_line:
                self.refuse_breaks(kids)
            return Attr(operand, self.name(kids[-1]), start, end)
        kind = step.children[0]
        key = (
            self.inner(first(kind, "expression"))
            if kind.type == "new_index"
            else self.number(step.start_byte + 1, end)
        )
        return Index(operand, key, start, end)

    def refuse_number_pairs(self, steps: Sequence[Node]) -> None:
        """``.0.1`` is a dot and the number 0.1 to Terraform."""
        follows = False
        for step in steps:
            is_number = step.type == "index" and self.text.startswith(b".", step.start_byte)
            if is_number and follows:
                self.problem("two legacy indexes in a row", step.start_byte, step.end_byte)
            follows = is_number and not follows

    # Operators and calls

    def operation(self, node: Node) -> Expression:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        inner = node.children[0]
        kids = inner.children
        start = node.start_byte
        end = node.end_byte
        self.refuse_breaks(kids)
        self.depth += 1
        value: Expression
        if inner.type == "unary_operation":
            operator = kids[0].type
            value = Unary(operator, self.term(kids[1:]), start, end)
        else:
            middle = next(place for place, kid in enumerate(kids) if kid.type in _BINARY)
            left = self.term(kids[:middle])
            right = self.term(kids[middle + 1 :])
            value = Binary(kids[middle].type, left, right, start, end)
        self.depth -= 1
        return value

    def conditional(self, node: Node) -> Expression:
        """Read ``a ? b : c ? d : e``, whose first half the grammar takes for a condition."""
        branches: list[tuple[Node, Node]] = []
        inner: Node | None = node
        condition = node
        while inner is not None:
            kids = inner.children
            self.refuse_breaks(kids)
            condition, then, otherwise = [kid for kid in kids if kid.type == "expression"]
            branches.append((then, otherwise))
            inner = next((kid for kid in condition.children if kid.type == "conditional"), None)
        if len(branches) + self.depth > MAX_DEPTH:
            return self.too_deep(node)
        self.depth += len(branches)
        end = node.end_byte
        value = self.expression(branches[0][1])
        for place, (then, _) in enumerate(branches):
            test = branches[place + 1][1] if place + 1 < len(branches) else condition
            start = test.start_byte
            value = Conditional(self.expression(test), self.expression(then), value, start, end)
        self.depth -= len(branches)
        return value

    def call(self, node: Node) -> Expression:
        kids = node.children
        self.refuse_breaks(kids[:2])
        name = self.text[kids[0].start_byte : kids[0].end_byte].decode()
        arguments: list[Expression] = []
        expand = False
        for kid in kids:
            if kid.type != "function_arguments":
                continue
            for argument in kid.children:
                kind = argument.type
                if kind == "expression":
                    arguments.append(self.inner(argument))
                elif kind == "ellipsis":
                    expand = True
        return Call(name, arguments, expand, node.start_byte, node.end_byte)

    # Collections

    def collection(self, node: Node) -> Expression:
        inner = first(node, "tuple", "object")
        start = node.start_byte
        end = node.end_byte
        saved = self.one_line
        value: Expression
        if inner.type == "tuple":
            self.one_line = False
            items = [self.expression(kid) for kid in inner.children if kid.type == "expression"]
            value = Tuple(items, start, end)
        else:
            self.one_line = self.text.find(b"\n", start, end) >= 0
            value = Object(self.items(inner), start, end)
        self.one_line = saved
        return value

    def items(self, node: Node) -> list[tuple[Expression, Expression]]:
        items: list[tuple[Expression, Expression]] = []
        end = -1
        for kid in node.children:
            if kid.type != "object_elem":
                continue
            start = kid.start_byte
            if end >= 0:
                gap = self.text[end:start]
                if b"," not in gap and b"\n" not in gap:
                    stop = kid.end_byte
                    self.problem("expected a comma or a line break before this", start, stop)
            end = kid.end_byte
            parts = kid.children
            self.refuse_breaks(parts)
            key, value = (part for part in parts if part.type == "expression")
            items.append((self.plain_key(key) or self.expression(key), self.expression(value)))
        return items

    def plain_key(self, node: Node) -> Literal | None:
        """The key as a string if it is a bare word, which is no variable there."""
        kids = node.children
        if len(kids) != 1:
            return None
        kind = kids[0].type
        start = node.start_byte
        end = node.end_byte
        if kind == "variable_expr":
            return Literal(self.name(node), start, end)
        raw = self.text[start:end]
        if kind == "literal_value" and raw in _KEYWORDS:
            return Literal(raw.decode(), start, end)
        return None

    def comprehension(self, node: Node) -> Expression:
        key_name = value_name = ""
        collection: Expression | None = None
        condition: Expression | None = None
        results: list[Expression] = []
        grouped = False
        for kid in node.children[0].children:
            kind = kid.type
            if kind == "for_intro":
                key_name, value_name, collection = self.loop(kid)
            elif kind == "expression":
                results.append(self.inner(kid))
            elif kind == "for_cond":
                condition = self.inner(first(kid, "expression"))
            elif kind == "ellipsis":
                grouped = True
        start = node.start_byte
        end = node.end_byte
        if collection is None or not results:
            return self.invalid("missing expression", start, end)
        return For(
            key_name,
            value_name,
            collection,
            key=results[0] if len(results) > 1 else None,
            value=results[-1],
            condition=condition,
            grouped=grouped,
            joined=False,
            start=start,
            end=end,
        )


def _decimal(text: str) -> float | Fraction:
    """A float if it says the same; infinity for what is too large, or too close to zero."""
    number = float(text)
    if math.isfinite(number) and Decimal(text) == Decimal(repr(number)):
        return number
    try:
        return Fraction(parsed(text) or 0)
    except OverflowError:
        return math.inf


_TERMS: dict[str, Callable[[ExpressionReader, Node], Expression]] = {
    "variable_expr": ExpressionReader.variable,
    "literal_value": ExpressionReader.literal,
    "collection_value": ExpressionReader.collection,
    "template_expr": ExpressionReader.template,
    "function_call": ExpressionReader.call,
    "for_expr": ExpressionReader.comprehension,
    "conditional": ExpressionReader.conditional,
    "operation": ExpressionReader.operation,
}
