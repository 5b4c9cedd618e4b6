"""A rule's Markdown page: its sections, and the examples that the tests execute.

In a block below "Bad", the comment ``# finding`` stands at the end of each line that the rule
must report, or alone on the line before; it is part of the test and not of the page as shown.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from prodready_infra.errors import PolicyError

SECTIONS = ("What it checks", "Why it matters", "Bad", "Good", "How to fix")
OPTIONAL_SECTIONS = ("When to ignore",)

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK_LINE = re.compile(r"[ \t]*# finding")
_MARK_END = re.compile(r"[ \t]+# finding$")


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block: its language, its text without marks, and the marked lines (from 1)."""

    section: str
    language: str
    text: str
    findings: tuple[int, ...]


class Page:
    """One rule's page, read from its file; raises :class:`PolicyError` when that fails."""

    def __init__(self, file: Path) -> None:
        try:
            self.source = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"cannot be read: {error}", str(file)) from None

    @cached_property
    def _raw_sections(self) -> dict[str, str]:
        parts = _HEADING.split(self.source)
        return {
            name.strip(): text.strip("\n")
            for name, text in zip(parts[1::2], parts[2::2], strict=True)
        }

    @cached_property
    def sections(self) -> dict[str, str]:
        """The sections by heading, in order, without the marks of the tests."""
        return {name: _FENCE.sub(_shown, text) for name, text in self._raw_sections.items()}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        return tuple(
            _example(section, match[1], match[2])
            for section in ("Bad", "Good")
            for match in _FENCE.finditer(self._raw_sections.get(section, ""))
        )

    def first_paragraph(self, section: str) -> str:
        """The first paragraph of a section on one line; empty when there is none."""
        text = self.sections.get(section, "").strip()
        return " ".join(text.split("\n\n")[0].split())


def _example(section: str, language: str, body: str) -> Example:
    lines: list[str] = []
    findings = []
    for line in body.splitlines():
        if _MARK_LINE.fullmatch(line):
            findings.append(len(lines) + 1)
            continue
        stripped = _MARK_END.sub("", line)
        lines.append(stripped)
        if stripped != line:
            findings.append(len(lines))
    return Example(section, language, "\n".join(lines) + "\n", tuple(findings))


def _shown(match: re.Match[str]) -> str:
    return f"```{match[1]}\n{_example('', match[1], match[2]).text}```"
