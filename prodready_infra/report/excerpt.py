"""Source lines for people to look at; one that may hold a secret is never given out."""

import re
from collections.abc import Callable, Iterable

from prodready_infra.model.secrets import line_holds_secret
from prodready_infra.report.contract import Entry, Place
from prodready_infra.report.terminal import printable

_TRAILING_COMMENT = re.compile(r"\s+(?:#|//)\s.*$")

WITHHELD = "… (not shown: it may hold a secret)"


class Excerpts:
    """Lines of the scanned files, read when first asked for.

    ``read`` gives a file's text, and raises ``OSError`` or ``ValueError`` when it cannot.
    Every line that a sensitive finding touches is withheld, whatever it looks like.
    """

    def __init__(self, read: Callable[[str], str], entries: Iterable[Entry]) -> None:
        self._read = read
        self._files: dict[str, list[str]] = {}
        self._withheld: set[tuple[str, int]] = set()
        for entry in entries:
            if entry.sensitive:
                for place in entry.locations:
                    last = max(place.end_line, place.line)
                    self._withheld.update((place.path, n) for n in range(place.line, last + 1))

    def line(self, path: str, number: int) -> str | None:
        """The line without its end, ``WITHHELD``, or ``None`` when the file cannot be read."""
        if path not in self._files:
            try:
                self._files[path] = _lines(self._read(path))
            except (OSError, ValueError):
                self._files[path] = []
        lines = self._files[path]
        if not 0 < number <= len(lines):
            return None
        text = lines[number - 1]
        if (path, number) in self._withheld or line_holds_secret(text):
            return WITHHELD
        return printable(text, lines=False).rstrip()

    def underline(self, place: Place, text: str) -> tuple[int, int]:
        """The columns (from 0) of ``text`` to underline: up to the end of the first line."""
        start = min(place.column - 1, len(text))
        whole = len(_TRAILING_COMMENT.sub("", text))
        end = place.end_column - 1 if place.end_line == place.line else whole
        return start, max(min(end, len(text)), start + 1)


def _lines(text: str) -> list[str]:
    """The lines; none where a form feed or the like counts as an end of line to some readers only.

    A line shown under another one's number could be one that has to be withheld.
    """
    lines = text.splitlines()
    return lines if len(lines) == text.count("\n") + (not text.endswith("\n")) else []
