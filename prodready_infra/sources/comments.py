"""Comments that accept a finding: where they stand and what line they speak of."""

import re
from dataclasses import dataclass

_MARKS = re.compile(
    r"prodready:|checkov:skip=|hadolint\s+(?:global\s+)?ignore=|trivy:ignore:|tfsec:ignore:"
)
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|/\*)\s*((?:" + _MARKS.pattern + r").*?)\s*(?:\*/)?\s*$")
_ONLY_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*)")


@dataclass(frozen=True, slots=True)
class Comment:
    """One such comment. ``target`` is the line it speaks of: its own, or the next with content."""

    path: str
    line: int
    column: int
    text: str
    target: int


def suppression_comments(text: str, path: str) -> list[Comment]:
    """The comments of a file that may accept a finding, ours and those of other checkers."""
    if not _MARKS.search(text):
        return []
    lines = text.split("\n")
    found = []
    content = -1  # the next line with content, seen from below
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        match = _COMMENT.search(line)
        if match is not None:
            alone = not line[: match.start()].strip()
            target = content if alone and content >= 0 else index
            found.append(Comment(path, index + 1, match.start(1) + 1, match[1], target + 1))
        if line.strip() and not _ONLY_COMMENT.match(line):
            content = index
    return found[::-1]
