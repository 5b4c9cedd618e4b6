"""From the bytes of a Terraform file to the tree of ``syntax``, by way of tree-sitter.

tree-sitter's grammar is laxer than HCL in places (line breaks, escapes, ``::`` in names), and
drops blanks inside strings. So what a string holds is computed from the bytes between its
interpolations, and what Terraform would refuse is reported here although the grammar takes it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser, Range, Tree

from prodready_infra.sources.terraform.syntax import (
    Attr,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    File,
    For,
    Index,
    Invalid,
    Literal,
    Object,
    Root,
    Splat,
    SyntaxProblem,
    Template,
    TemplateIf,
    Tuple,
    Unary,
)

MAX_DEPTH = 200
"""Levels of nesting that are read; deeper text is a problem, never a RecursionError."""

_LANGUAGE = Language(tree_sitter_hcl.language())
_BOM = b"\xef\xbb\xbf"
_LIMIT_MESSAGE = f"nested deeper than {MAX_DEPTH} levels"

_UNARY = frozenset({"-", "!"})
_BINARY = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_KEYWORDS = {b"true": True, b"false": False, b"null": None}
_CLOSERS = {"{": "brace", "[": "bracket", "(": "parenthesis", '"': "quote", "${": "brace"}
_PAIRS = {"}": "{", "]": "[", ")": "("}
_MISSING = {
    "}": "expected a closing brace",
    "]": "expected a closing bracket",
    ")": "expected a closing parenthesis",
    "=": "expected an equals sign",
    ":": "expected a colon",
    "identifier": "missing expression",
    "numeric_lit": "missing expression",
    "null_lit": "missing expression",
    "true": "missing expression",
    "false": "missing expression",
    "quoted_template_start": "expected an opening quote",
    "quoted_template_end": "expected a closing quote",
    "template_interpolation_end": "expected a closing brace",
    "template_directive_end": "expected a closing brace",
    "template_if_end": "expected '%{ endif }'",
    "template_for_end": "expected '%{ endfor }'",
    "heredoc_identifier": "expected the end of the heredoc",
}

_ESCAPE = re.compile(
    r"\\(?:([nrt\"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|(\$\$\{|%%\{)|\\.?", re.DOTALL
)
_HEREDOC_ESCAPE = re.compile(r"([$%])\1\{")
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_INTERPOLATION = re.compile(rb"(?<!\$)\$\{|(?<!%)%\{")
_HEREDOC_START = re.compile(r"<<-?[\w-]+\r?\n")
_TAG = re.compile(rb"%\{~?\s*(?:(?:if|for)\b|(?:else|endif|endfor)\s*~?\})")
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BLOCK_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)

# For broken text only: where one top-level block ends and the next begins, as people format it.
_HEADER = re.compile(rb'[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*[ \t]*\{')
_HEREDOC_OPEN = re.compile(rb"<<-?([A-Za-z_][\w-]*)\r?$")
_EXPONENT = re.compile(rb"(?<![\w.])[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+")
_KEY_IN_PARENTHESES = re.compile(
    rb"[\w-][ \t]*(\r?\n)(?=\s*\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)[ \t]*(?:=[^=>]|:))"
)
_NO_VALUE = re.compile(rb"^[^#/\n=]*[^#/\n=!<>][ \t]*=[ \t]*(\r?\n)", re.MULTILINE)
# The last two signs make the escape; the grammar pairs them from the left.
_MANY_SIGNS = re.compile(rb"\$+(?=\$\$\{)|%+(?=%%\{)")
_QUOTE = re.compile(rb'\\.|(")|#|//')


def parse(text: bytes, path: str) -> File:
    """Read one file; what is no HCL stands among the problems, the rest in the body."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        problem = SyntaxProblem("the text is not valid UTF-8", error.start, error.start + 1)
        return File(path, text, Body({}, []), [problem])
    parser = Parser(_LANGUAGE)
    # A byte order mark is blanked, not cut: offsets stay those of the text as it is on disk.
    source = b"   " + text[3:] if text.startswith(_BOM) else text
    if b"$$$" in source or b"%%%" in source:
        source = _MANY_SIGNS.sub(lambda match: b"_" * len(match.group()), source)
    tree = parser.parse(source)
    if tree.root_node.has_error and (bridged := _bridge(source)) != source:
        source = bridged
        tree = parser.parse(source)
    reader = _Reader(text)
    body = Body({}, [])
    if tree.root_node.has_error:
        reader.broken = True
        for part in _repaired(parser, source, tree):
            reader.file(part.root_node, body)
    else:
        reader.file(tree.root_node, body)
    return File(path, text, body, _in_order(reader.problems))


def _in_order(problems: list[SyntaxProblem]) -> list[SyntaxProblem]:
    ordered = sorted(problems, key=lambda problem: (problem.start, problem.end))
    return [
        problem
        for before, problem in zip([None, *ordered], ordered, strict=False)
        if problem != before
    ]


# --- Text with errors ---------------------------------------------------------------------------


def _repaired(parser: Parser, source: bytes, whole: Tree) -> Iterator[Tree]:
    """Parse each top-level part by itself, so that an error spoils no more than its own."""
    parts = list(_parts(source))
    mended: bytes | None = None
    for start, end in parts:
        tree = whole if len(parts) == 1 else _parse_part(parser, source, start, end)
        if tree.root_node.has_error:
            if mended is None:
                mended = _mend(source)
            # The grammar's own repairs take very long on some texts: none is parsed in vain.
            if mended[start:end] != source[start:end]:
                second = _parse_part(parser, mended, start, end)
                if _error_count(second) < _error_count(tree):
                    tree = second
        yield tree


def _parse_part(parser: Parser, source: bytes, start: int, end: int) -> Tree:
    # Rows and columns are never read, so they need not be right.
    parser.included_ranges = [Range((0, 0), (0, 0), start, end)]
    return parser.parse(source)


def _parts(source: bytes) -> Iterator[tuple[int, int]]:
    """Cut before every line that begins, without indentation, with the header of a block."""
    begin = offset = 0
    closing: bytes | None = None
    for line in source.splitlines(keepends=True):
        if closing is not None:
            if line.strip() == closing:
                closing = None
        elif opening := _HEREDOC_OPEN.search(line.rstrip(b"\n")):
            closing = opening.group(1)
        if closing is None and offset > begin and _HEADER.match(line):
            yield begin, offset
            begin = offset
        offset += len(line)
    yield begin, offset


# Both functions overwrite single bytes. None moves, and names, numbers and strings are read from
# the original: a number that turns out to stand on a line break is a missing value, a string
# that ends on one has no closing quote.


def _bridge(source: bytes) -> bytes:
    """Rewrite what is good HCL but unknown to the grammar."""
    bridged = bytearray(source)
    for match in _EXPONENT.finditer(source):
        bridged[match.start() : match.end()] = b"1" * (match.end() - match.start())
    for match in _KEY_IN_PARENTHESES.finditer(source):
        bridged[match.start(1)] = ord(",")
    return bytes(bridged)


def _mend(source: bytes) -> bytes:
    """Get the grammar over the most frequent errors without losing what follows them."""
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


def _error_nodes(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_missing:
            yield node
        elif node.has_error:
            if node.is_error:
                yield node
            pending += node.children


def _error_count(tree: Tree) -> int:
    return sum(1 for _ in _error_nodes(tree.root_node))


# --- Strings ------------------------------------------------------------------------------------


class _Run:
    """Literal text inside a template, cut as HCL's scanner cuts it: at line ends in heredocs."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: str, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end


_Piece: TypeAlias = _Run | Node


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


def _cut_indentation(pieces: Sequence[_Piece]) -> None:
    """Take the indentation common to all lines of a ``<<-`` heredoc off each of them."""
    smallest: int | None = None
    first_of_line: list[_Run] = []
    at_start = True
    for piece in pieces:
        if not isinstance(piece, _Run):
            if at_start:
                smallest = 0
            at_start = False
            continue
        if at_start and not (_is_blank(piece.value) and piece.value.endswith("\n")):
            width = len(piece.value) - len(piece.value.lstrip())
            smallest = width if smallest is None else min(smallest, width)
            first_of_line.append(piece)
        at_start = piece.value.endswith("\n")
    for run in first_of_line:
        run.value = run.value[smallest:]


def _strip_at_markers(pieces: Sequence[_Piece], text: bytes) -> None:
    for place, piece in enumerate(pieces):
        if isinstance(piece, _Run):
            continue
        before = pieces[place - 1] if place else None
        after = pieces[place + 1] if place + 1 < len(pieces) else None
        if isinstance(before, _Run) and text.startswith(b"~", piece.start_byte + 2):
            before.value = before.value.rstrip()
        if isinstance(after, _Run) and text.startswith(b"~", piece.end_byte - 2):
            after.value = after.value.lstrip()


# --- The reader ---------------------------------------------------------------------------------


class _Reader:
    """Turns the nodes of one file into elements, and notes what Terraform would refuse."""

    __slots__ = ("broken", "depth", "has_namespaces", "one_line", "problems", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.problems: list[SyntaxProblem] = []
        self.broken = False
        self.depth = 0
        # Whether a line break would end the expression being read.
        self.one_line = False
        self.has_namespaces = b"::" in text

    def problem(self, message: str, start: int, end: int) -> None:
        self.problems.append(SyntaxProblem(message, start, end))

    def invalid(self, message: str, start: int, end: int) -> Invalid:
        self.problem(message, start, end)
        return Invalid(start, end)

    def too_deep(self, node: Node) -> Invalid:
        return self.invalid(_LIMIT_MESSAGE, node.start_byte, node.end_byte)

    def name(self, node: Node) -> str:
        raw = self.text[node.start_byte : node.end_byte]
        if self.has_namespaces and b"::" in raw:
            self.problem("'::' outside the name of a function", node.start_byte, node.end_byte)
        return raw.decode()

    def breaks_line(self, start: int, end: int) -> bool:
        """Whether a line ends between two tokens; inside ``/* */`` none does."""
        gap = self.text[start:end]
        return b"\n" in gap and (b"/*" not in gap or b"\n" in _BLOCK_COMMENT.sub(b"", gap))

    def refuse_breaks(self, nodes: Sequence[Node]) -> None:
        if not self.one_line:
            return
        end = nodes[0].start_byte
        for node in nodes:
            if node.type == "comment":
                continue
            start = node.start_byte
            if start > end and self.breaks_line(end, start):
                self.problem("unexpected line break", end, start)
            end = node.end_byte

    # Bodies

    def file(self, root: Node, body: Body) -> None:
        if self.broken:
            self.report(root)
        if root.type == "ERROR":
            self.salvage(root, body)
            return
        for kid in root.children:
            kind = kid.type
            if kind == "body":
                self.body(kid, body, one_line=False)
            elif kind == "ERROR":
                self.salvage(kid, body)
            elif kind == "object":
                self.problem("expected a block or an argument", kid.start_byte, kid.end_byte)

    def report(self, root: Node) -> None:
        for node in _error_nodes(root):
            if node.is_missing:
                kind = node.type
                message = _MISSING.get(kind, "the text ends too early")
                self.problem(message, node.start_byte, node.end_byte)
            else:
                self.report_error(node)

    def report_error(self, node: Node) -> None:
        opened: list[Node] = []
        for kid in node.children:
            token = self.text[kid.start_byte : kid.end_byte].decode()
            if token in _CLOSERS:
                opened.append(kid)
            elif opened and token in _PAIRS:
                opened.pop()
        if opened:
            kid = opened[-1]
            start, end = kid.start_byte, kid.end_byte
            what = _CLOSERS[self.text[start:end].decode()]
            self.problem(f"this {what} is never closed", start, end)
            return
        start, end = node.start_byte, node.end_byte
        if self.text.startswith(b"\\", start):
            self.problem("unknown escape in a string", start, end)
            return
        line_end = self.text.find(b"\n", start, end)
        self.problem("unexpected text", start, line_end if line_end > start else end)

    def salvage(self, error: Node, body: Body) -> None:
        """Collect the blocks and arguments in text that makes no whole."""
        header: list[Node] = []
        inner = body
        outer: list[tuple[Body, Block | None]] = []
        for kid in error.children:
            kind = kid.type
            if kind in {"identifier", "string_lit"}:
                header.append(kid)
                continue
            if kind == "block_start":
                block = self.unclosed(header, kid) if header else None
                outer.append((inner, block))
                if block:
                    inner.blocks.append(block)
                    inner = block.body
            elif kind == "block_end" and outer:
                inner, block = outer.pop()
                if block:
                    block.end = kid.end_byte
            elif kind == "attribute":
                self.attribute(kid, inner)
            elif kind == "block":
                self.block(kid, inner)
            elif kind == "body":
                self.body(kid, inner, one_line=False)
            header = []
        for _, block in outer:
            if block:
                block.end = error.end_byte

    def unclosed(self, header: list[Node], brace: Node) -> Block:
        # Text before the block may have left tokens; its own header is what shares its line.
        own = [node for node in header if not self.breaks_line(node.end_byte, brace.start_byte)]
        first = next((node for node in own if node.type == "identifier"), own[0] if own else brace)
        rest = [node for node in own if node.start_byte > first.start_byte]
        labels = tuple(self.label(node) for node in rest)
        header_end = rest[-1].end_byte if rest else first.end_byte
        start = first.start_byte
        name = self.text[start : first.end_byte].decode() if first is not brace else ""
        return Block(name, labels, Body({}, []), start, brace.end_byte, header_end)

    def body(self, node: Node, body: Body, *, one_line: bool) -> None:
        """Read the items; ``one_line`` when the opening brace shares the line of the first."""
        text = self.text
        end = -1
        for kid in node.children:
            kind = kid.type
            start = kid.start_byte
            if kind == "attribute":
                self.attribute(kid, body)
            elif kind == "block":
                if one_line:
                    self.problem("a block in one line holds no other block", start, kid.end_byte)
                self.block(kid, body)
            elif kind == "ERROR":
                self.salvage(kid, body)
                end = -1
                continue
            else:
                continue
            # Where the text is broken, the item before may have swallowed the line break.
            if end >= 0 and not self.broken and text.find(b"\n", end, start) < 0:
                self.problem("expected a line break before this", start, kid.end_byte)
            end = kid.end_byte

    def attribute(self, node: Node, body: Body) -> None:
        kids = node.children
        if len(kids) != 3:
            kids = [kid for kid in kids if kid.type not in {"comment", "ERROR"}]
        key = kids[0]
        start = key.start_byte
        end = node.end_byte
        name = self.name(key)
        if not name:
            return
        last = kids[-1]
        value: Expression
        if self.broken and node.has_error:
            value = Invalid(last.start_byte, end)
        else:
            self.one_line = self.text.find(b"\n", start, end) >= 0
            self.refuse_breaks(kids)
            value = self.expression(last)
        if name in body.attributes:
            self.problem(f"attribute '{name}' is set twice", start, key.end_byte)
        else:
            body.attributes[name] = Attribute(name, value, start, end)

    def label(self, node: Node) -> str:
        if node.type == "identifier":
            return self.name(node)
        start = node.start_byte
        end = node.end_byte
        if _INTERPOLATION.search(self.text, start, end):
            self.problem("interpolation in a label", start, end)
        return self.quoted(start, end)

    def block(self, node: Node, body: Body) -> None:
        if self.depth >= MAX_DEPTH:
            self.too_deep(node)
            return
        start = node.start_byte
        end = node.end_byte
        labels: list[str] = []
        inner = Body({}, [])
        contents: Node | None = None
        name = ""
        header_end = opened = start
        for kid in node.children:
            kind = kid.type
            if kind == "string_lit" or (kind == "identifier" and name):
                labels.append(self.label(kid))
                header_end = kid.end_byte
            elif kind == "identifier":
                name = self.name(kid)
                start = kid.start_byte
                header_end = kid.end_byte
            elif kind == "block_start":
                opened = kid.end_byte
            elif kind == "body":
                contents = kid
            elif kind == "ERROR":
                self.salvage(kid, inner)
        if not name:
            return
        if self.breaks_line(start, opened):
            self.problem("expected an opening brace in the same line", start, opened)
        if contents is not None:
            one_line = self.check_layout(contents, opened, end)
            self.depth += 1
            self.body(contents, inner, one_line=one_line)
            self.depth -= 1
        body.blocks.append(Block(name, tuple(labels), inner, start, end, header_end))

    def check_layout(self, contents: Node, opened: int, end: int) -> bool:
        """Whether a block is written in one line, noting where its braces stand wrongly."""
        text = self.text
        first = contents.start_byte
        if text.find(b"\n", opened, first) < 0:
            if text.find(b"\n", contents.end_byte, end) >= 0 and not self.broken:
                self.problem("expected a line break after the opening brace", opened, first)
            return True
        if text.find(b"\n", contents.end_byte, end) < 0 and not self.broken:
            self.problem("expected a line break before the closing brace", end - 1, end)
        return False

    # Expressions

    def expression(self, node: Node) -> Expression:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        kids = node.children
        value = (
            _TERMS[kids[0].type](self, kids[0])
            if len(kids) == 1 and kids[0].type in _TERMS
            else self.term(kids)
        )
        self.depth -= 1
        return value

    def inner(self, node: Node) -> Expression:
        """An expression between brackets of some kind, where line breaks mean nothing."""
        saved = self.one_line
        self.one_line = False
        value = self.expression(node)
        self.one_line = saved
        return value

    def term(self, kids: Sequence[Node]) -> Expression:
        """Read a value and the ``.name``, ``[key]`` and splats that follow it."""
        if self.one_line:
            # Between parentheses lines may end.
            closed = [place for place, kid in enumerate(kids) if kid.type == ")"]
            self.refuse_breaks(kids[closed[-1] :] if closed else kids)
        value: Expression | None = None
        steps: list[Node] = []
        for kid in kids:
            kind = kid.type
            if kind in _TERMS:
                value = _TERMS[kind](self, kid)
            elif kind == "expression":
                value = self.inner(kid)
            elif kind == "splat":
                self.flatten(kid, steps)
            elif kind in {"get_attr", "index"}:
                steps.append(kid)
        start = kids[0].start_byte
        if value is None:
            return self.invalid("missing expression", start, kids[-1].end_byte)
        if len(steps) + self.depth > MAX_DEPTH:
            return self.invalid(_LIMIT_MESSAGE, start, kids[-1].end_byte)
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
            kind = step.type
            if kind in {"[*]", ".*"}:
                return self.splat(value, steps[position:], start)
            value = self.step(value, step, start)
        return value

    def refuse_number_pairs(self, steps: Sequence[Node]) -> None:
        """``.0.1`` is a dot and the number 0.1 to Terraform."""
        follows = False
        for step in steps:
            is_number = step.type == "index" and self.text.startswith(b".", step.start_byte)
            if is_number and follows:
                self.problem("two legacy indexes in a row", step.start_byte, step.end_byte)
            follows = is_number and not follows

    def splat(self, operand: Expression, steps: Sequence[Node], start: int) -> Expression:
        marker = steps[0]
        element: Expression = Root("*", marker.start_byte, marker.end_byte)
        if marker.type == "[*]":
            end = steps[-1].end_byte
            body = self.traverse(element, steps[1:], marker.start_byte)
            return Splat(operand, body, True, start, end)  # noqa: FBT003
        # A legacy splat reaches over ``.name`` and ``.0`` only; ``[0]`` takes one of its results.
        reach = 1
        while reach < len(steps) and self.text.startswith(b".", steps[reach].start_byte):
            if steps[reach].type == ".*":
                self.problem("a splat inside '.*'", steps[reach].start_byte, steps[reach].end_byte)
            else:
                element = self.step(element, steps[reach], marker.start_byte)
            reach += 1
        end = steps[reach - 1].end_byte
        value = Splat(operand, element, False, start, end)  # noqa: FBT003
        return self.traverse(value, steps[reach:], start)

    def step(self, operand: Expression, step: Node, start: int) -> Expression:
        end = step.end_byte
        if step.type == "get_attr":
            kids = step.children
            self.refuse_breaks(kids)
            return Attr(operand, self.name(kids[-1]), start, end)
        kind = step.children[0]
        if kind.type == "new_index":
            key = self.inner(_first(kind, "expression"))
        else:
            digits = step.start_byte + 1
            key = self.number(digits, end)
        return Index(operand, key, start, end)

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
            return Literal(float(raw), start, end)
        return self.invalid("unexpected text" if raw.strip() else "missing expression", start, end)

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

    def collection(self, node: Node) -> Expression:
        inner = _first(node, "tuple", "object")
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
        saved = self.one_line
        self.one_line = False
        inner = node.children[0]
        key_name = value_name = ""
        collection: Expression | None = None
        condition: Expression | None = None
        results: list[Expression] = []
        grouped = False
        for kid in inner.children:
            kind = kid.type
            if kind == "for_intro":
                key_name, value_name, collection = self.intro(kid)
            elif kind == "expression":
                results.append(self.expression(kid))
            elif kind == "for_cond":
                condition = self.expression(_first(kid, "expression"))
            elif kind == "ellipsis":
                grouped = True
        self.one_line = saved
        start = node.start_byte
        end = node.end_byte
        if collection is None or not results:
            return self.invalid("missing expression", start, end)
        return For(
            key_name,
            value_name,
            collection,
            results[0] if len(results) > 1 else None,
            results[-1],
            condition,
            grouped,
            False,  # noqa: FBT003
            start,
            end,
        )

    def intro(self, node: Node) -> tuple[str, str, Expression]:
        names = [self.name(kid) for kid in node.children if kid.type == "identifier"]
        collection = self.expression(_first(node, "expression"))
        return (names[0] if len(names) > 1 else "", names[-1], collection)

    # Templates

    def quoted(self, start: int, end: int) -> str:
        """The value of a string without interpolation, its quotes included in the span."""
        raw = self.text[start + 1 : end - 1]
        if b"\n" in raw:
            self.problem("line break inside a quoted string", start, end)
        elif self.broken and not self.text.startswith(b'"', end - 1):
            self.problem("expected a closing quote", end - 1, end)
        if b"\\" in raw or b"{" in raw:
            return self.unescape(raw, start + 1)
        return _normal(raw.decode())

    def unescape(self, raw: bytes, start: int) -> str:
        text = raw.decode()

        def plain(match: re.Match[str]) -> str:
            simple, short, long, opener = match.groups()
            if simple:
                return _SIMPLE_ESCAPES[simple]
            if opener:
                return str(opener[1:])
            code = int(short or long or "110000", 16)
            if code < 0xD800 or 0xDFFF < code <= 0x10FFFF:
                return chr(code)
            place = start + len(text[: match.start()].encode())
            self.problem("unknown escape in a string", place, place + len(match.group().encode()))
            return match.group()

        return _normal(_ESCAPE.sub(plain, text))

    def template(self, node: Node) -> Expression:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        inner = _first(node, "quoted_template", "heredoc_template")
        pieces: list[_Piece] = []
        start = node.start_byte
        end = node.end_byte
        if inner.type == "quoted_template":
            if not self.pieces(inner, start + 1, end - 1, pieces, self.quoted_runs):
                return self.too_deep(node)
            if len(pieces) == 1 and not isinstance(pieces[0], _Run):
                only = pieces[0]
                if only.type == "template_interpolation":
                    return self.interpolation(only)
            _strip_at_markers(pieces, self.text)
        else:
            # tree-sitter puts the closing name last; the content ends where its line begins.
            first = self.text.find(b"\n", start, end) + 1
            last = max(first, self.text.rfind(b"\n", start, end) + 1)
            if not _HEREDOC_START.fullmatch(self.text[start:first].decode()):
                self.problem("text behind the name that opens a heredoc", start, first)
            if not self.pieces(inner, first, last, pieces, self.heredoc_runs):
                return self.too_deep(node)
            _strip_at_markers(pieces, self.text)
            if self.text.startswith(b"<<-", start):
                _cut_indentation(pieces)
        self.depth += 1
        saved = self.one_line
        self.one_line = False
        parts, _ = self.assemble(pieces, 0, frozenset())
        self.one_line = saved
        self.depth -= 1
        if not parts:
            return Literal("", start, end)
        if (
            len(parts) == 1
            and isinstance(parts[0], Literal)
            and len(pieces) == sum(isinstance(piece, _Run) for piece in pieces)
        ):
            return Literal(parts[0].value, start, end)
        return Template(parts, start, end)

    def pieces(
        self,
        node: Node,
        start: int,
        end: int,
        pieces: list[_Piece],
        runs: Callable[[int, int], list[_Run]],
    ) -> bool:
        """List literal text, interpolations and the tags of directives, in order, flat.

        False if directives are nested too deep.
        """
        place = start
        pending = [iter(node.children)]
        while pending:
            if len(pending) > 2 * MAX_DEPTH:
                return False
            kid = next(pending[-1], None)
            if kid is None:
                pending.pop()
                continue
            kind = kid.type
            if kind in _NESTING:
                pending.append(iter(kid.children))
            elif kind in _TAGS:
                if kind != "template_interpolation" and not _TAG.match(self.text, kid.start_byte):
                    self.problem("unexpected text", kid.start_byte, kid.end_byte)
                if kid.start_byte > place:
                    pieces += runs(place, kid.start_byte)
                pieces.append(kid)
                place = kid.end_byte
        if place < end:
            pieces += runs(place, end)
        return True

    def quoted_runs(self, start: int, end: int) -> list[_Run]:
        raw = self.text[start:end]
        if b"\n" in raw:
            self.problem("line break inside a quoted string", start, end)
        return [_Run(self.unescape(raw, start), start, end)]

    def heredoc_runs(self, start: int, end: int) -> list[_Run]:
        runs: list[_Run] = []
        while start < end:
            found = self.text.find(b"\n", start, end)
            stop = found + 1 if found >= 0 else end
            line = self.text[start:stop].decode()
            runs.append(_Run(_normal(_HEREDOC_ESCAPE.sub(r"\1{", line)), start, stop))
            start = stop
        return runs

    def assemble(
        self, pieces: Sequence[_Piece], place: int, closing: frozenset[str]
    ) -> tuple[list[Expression], int]:
        """Make parts of the pieces from ``place`` up to one of the ``closing`` tags."""
        parts: list[Expression] = []
        while place < len(pieces):
            piece = pieces[place]
            place += 1
            if isinstance(piece, _Run):
                if not piece.value:
                    continue
                last = parts[-1] if parts else None
                if (
                    isinstance(last, Literal)
                    and isinstance(last.value, str)
                    and (isinstance(pieces[place - 2], _Run))
                ):
                    last.value += piece.value
                    last.end = piece.end
                else:
                    parts.append(Literal(piece.value, piece.start, piece.end))
                continue
            kind = piece.type
            if kind in closing:
                return parts, place - 1
            if kind == "template_interpolation":
                parts.append(self.interpolation(piece))
            elif self.depth >= MAX_DEPTH:
                parts.append(self.too_deep(piece))
            else:
                self.depth += 1
                directive, place = self.directive(pieces, place - 1)
                self.depth -= 1
                parts.append(directive)
        return parts, place

    def directive(self, pieces: Sequence[_Piece], place: int) -> tuple[Expression, int]:
        tag = pieces[place]
        assert not isinstance(tag, _Run)  # noqa: S101  # `assemble` dispatched on its type
        start = tag.start_byte
        if tag.type == "template_for_start":
            key_name, value_name, collection = self.intro(tag)
            parts, closing = self.assemble(pieces, place + 1, frozenset({"template_for_end"}))
            inner, after, end = self.closed(pieces, closing, parts, tag)
            joined = For(
                key_name,
                value_name,
                collection,
                None,
                inner,
                None,
                False,  # noqa: FBT003
                True,  # noqa: FBT003
                start,
                end,
            )
            return joined, after
        condition = self.inner(_first(tag, "expression"))
        branches = frozenset({"template_else_intro", "template_if_end"})
        parts, closing = self.assemble(pieces, place + 1, branches)
        then, after, end = self.closed(pieces, closing, parts, tag)
        otherwise: Expression = Literal("", end, end)
        middle = pieces[closing] if closing < len(pieces) else None
        if (
            middle is not None
            and not isinstance(middle, _Run)
            and (middle.type == "template_else_intro")
        ):
            parts, closing = self.assemble(pieces, after, frozenset({"template_if_end"}))
            otherwise, after, end = self.closed(pieces, closing, parts, middle)
        return TemplateIf(condition, then, otherwise, start, end), after

    def closed(
        self, pieces: Sequence[_Piece], closing: int, parts: list[Expression], opening: Node
    ) -> tuple[Expression, int, int]:
        """What stands between two tags, where to go on, and where the closing tag ends."""
        start = opening.end_byte
        if closing >= len(pieces):
            return Template(parts, start, start), closing, start
        tag = pieces[closing]
        assert not isinstance(tag, _Run)  # noqa: S101  # `assemble` stops at tags only
        stop = tag.start_byte
        inner: Expression = Template(parts, start, stop)
        if not parts:
            inner = Literal("", start, stop)
        elif len(parts) == 1 and isinstance(parts[0], Literal):
            inner = parts[0]
        return inner, closing + 1, tag.end_byte

    def interpolation(self, node: Node) -> Expression:
        for kid in node.children:
            if kid.type == "expression":
                return self.inner(kid)
        return self.invalid("missing expression", node.start_byte, node.end_byte)


_NESTING = frozenset({"template_directive", "template_if", "template_for"})
_TAGS = frozenset(
    {
        "template_interpolation",
        "template_if_intro",
        "template_else_intro",
        "template_if_end",
        "template_for_start",
        "template_for_end",
    }
)

_TERMS: dict[str, Callable[[_Reader, Node], Expression]] = {
    "variable_expr": _Reader.variable,
    "literal_value": _Reader.literal,
    "collection_value": _Reader.collection,
    "template_expr": _Reader.template,
    "function_call": _Reader.call,
    "for_expr": _Reader.comprehension,
    "conditional": _Reader.conditional,
    "operation": _Reader.operation,
}


def _normal(text: str) -> str:
    # Terraform keeps every string in this normal form.
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _first(node: Node, *kinds: str) -> Node:
    """The first child of one of the kinds; the grammar promises one where no error is."""
    return next(kid for kid in node.children if kid.type in kinds)
