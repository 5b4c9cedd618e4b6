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
    lines = text.splitlines()
    found = []
    for index, line in enumerate(lines):
        match = _COMMENT.search(line)
        if match is not None:
            target = index if line[: match.start()].strip() else _next_content(lines, index)
            found.append(Comment(path, index + 1, match.start(1) + 1, match[1], target + 1))
    return found


def _next_content(lines: list[str], index: int) -> int:
    for later in range(index + 1, len(lines)):
        if lines[later].strip() and not _ONLY_COMMENT.match(lines[later]):
            return later
    return index
