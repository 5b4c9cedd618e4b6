"""The errors in tree-sitter's tree, as problems that tell a person what is wrong."""

from collections.abc import Iterator

from tree_sitter import Node

from prodready_infra.sources.terraform.syntax import SyntaxProblem

_OPENING = {
    b"{": "brace",
    b"[": "bracket",
    b"(": "parenthesis",
    b'"': "quote",
    b"${": "brace",
}
_CLOSING = frozenset({b"}", b"]", b")"})
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


def errors(root: Node) -> Iterator[Node]:
    """All nodes that stand for a mistake: tokens supposed to be missing, and skipped text."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_missing:
            yield node
        elif node.has_error:
            if node.is_error:
                yield node
            pending += node.children


def problems(root: Node, text: bytes) -> Iterator[SyntaxProblem]:
    for node in errors(root):
        start = node.start_byte
        end = node.end_byte
        if node.is_missing:
            message = _MISSING.get(node.type, "the text ends too early")
            yield SyntaxProblem(message, start, end)
        elif opened := _unclosed(node, text):
            yield opened
        elif text.startswith(b"\\", start):
            yield SyntaxProblem("unknown escape in a string", start, end)
        else:
            line_end = text.find(b"\n", start, end)
            yield SyntaxProblem("unexpected text", start, line_end if line_end > start else end)


def _unclosed(error: Node, text: bytes) -> SyntaxProblem | None:
    """The last opening token in skipped text that nothing closes."""
    opened: list[SyntaxProblem] = []
    for kid in error.children:
        start = kid.start_byte
        end = kid.end_byte
        if end - start > 2:
            continue
        token = text[start:end]
        if token in _OPENING:
            opened.append(SyntaxProblem(f"this {_OPENING[token]} is never closed", start, end))
        elif opened and token in _CLOSING:
            opened.pop()
    return opened[-1] if opened else None
