"""Bodies: arguments and blocks, as they are written and as they are salvaged from errors."""

import re

from tree_sitter import Node

from prodready_infra.sources.terraform.parse.errors import problems
from prodready_infra.sources.terraform.parse.expressions import ExpressionReader
from prodready_infra.sources.terraform.parse.limits import MAX_DEPTH
from prodready_infra.sources.terraform.syntax import Attribute, Block, Body, Expression, Invalid

_INTERPOLATION = re.compile(rb"(?<!\$)\$\{|(?<!%)%\{")


class BodyReader(ExpressionReader):
    """Reads whole files."""

    __slots__ = ()

    def file(self, root: Node, body: Body) -> None:
        if self.broken:
            self.problems += problems(root, self.text)
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
            if self.one_line:
                self.refuse_breaks(kids)
            value = self.expression(last)
        if name in body.attributes:
            self.problem(f"attribute '{name}' is set twice", start, key.end_byte)
        else:
            body.attributes[name] = Attribute(name, value, start, end)

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

    def label(self, node: Node) -> str:
        if node.type == "identifier":
            return self.name(node)
        start = node.start_byte
        end = node.end_byte
        if _INTERPOLATION.search(self.text, start, end):
            self.problem("interpolation in a label", start, end)
        return self.quoted(start, end)

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

    # Text with errors

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
                block = self.unclosed(header, kid) if header and self.depth < MAX_DEPTH else None
                outer.append((inner, block))
                self.depth += 1
                if block:
                    inner.blocks.append(block)
                    inner = block.body
            elif kind == "block_end" and outer:
                inner, block = outer.pop()
                if block:
                    block.end = kid.end_byte
                self.depth -= 1
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
        self.depth -= len(outer)

    def unclosed(self, header: list[Node], brace: Node) -> Block:
        # Text before the block may have left tokens; its own header is what shares its line.
        own: list[Node] = []
        edge = brace.start_byte
        for node in reversed(header):
            if self.breaks_line(node.end_byte, edge):
                break
            own.append(node)
            edge = node.start_byte
        own.reverse()
        begin = next((place for place, node in enumerate(own) if node.type == "identifier"), 0)
        if not own:
            return Block("", (), Body({}, []), brace.start_byte, brace.end_byte, brace.end_byte)
        first, *rest = own[begin:]
        name = self.text[first.start_byte : first.end_byte].decode()
        labels = tuple(self.label(node) for node in rest)
        header_end = own[-1].end_byte
        return Block(name, labels, Body({}, []), first.start_byte, brace.end_byte, header_end)
