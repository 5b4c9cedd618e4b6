"""The text of a Dockerfile → its instructions, each word with its place.

Follows BuildKit's parser (frontend/dockerfile/parser), and where it would refuse the file goes
on with a problem instead: every text has an answer. One pass, no backtracking.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from prodready_infra.errors import InputError
from prodready_infra.model.image import unquote, well_formed
from prodready_infra.model.stage import Heredoc, Instruction, SourceText

# What Go's unicode.IsSpace accepts; Python's str.strip() takes U+001C to U+001F besides.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_KNOWN = frozenset(
    """ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL
    STOPSIGNAL USER VOLUME WORKDIR""".split()  # noqa: SIM905
)
_EXEC = frozenset(["ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"])
_NEEDS_ARGUMENT = _KNOWN - {"CMD", "ENTRYPOINT", "RUN"}
_BLANK = "\t\v\f\r "
_HEREDOC = frozenset(["ADD", "COPY", "RUN"])
_PAIRS = frozenset(["ARG", "ENV", "LABEL"])
_DIRECTIVES = ("escape", "syntax", "check")

_KEYWORD = re.compile(r"[^\t\v\f\r ]+")
_BLANKS = re.compile(r"[\t\v\f\r ]*")
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=(.*)")
_HEREDOC_MARK = re.compile(r"[0-9]*<<(-?)([^<]*)")
_JSON_BLANKS = re.compile(r"[ \t\n\r]*")
_JSON_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_QUOTED = {'"': re.compile(r'(?:[^"\\]++|\\.)*+"'), "'": re.compile(r"[^']*+'")}
_QUOTED_BACKTICK = {'"': re.compile(r'(?:[^"`]++|`.)*+"'), "'": _QUOTED["'"]}
_UNQUOTED = re.compile(r"[^\t\v\f\r '\"\\`]+")

Span: TypeAlias = tuple[int, int]
Problems: TypeAlias = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class DockerComment:
    """A comment line, a parser directive included; ``text`` is without the ``#``."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class ParsedFile:
    """What :func:`parse` makes of a Dockerfile; ``directives`` has their names in lower case."""

    path: str
    escape: str = "\\"
    instructions: list[Instruction] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    comments: list[DockerComment] = field(default_factory=list)
    directives: dict[str, str] = field(default_factory=dict)


def parse(text: str, path: str) -> ParsedFile:
    """Every instruction of ``text``, known or not, and what is wrong with it."""
    return _Parser(text, path).run()


@dataclass(slots=True)
class _Head:
    """What the logical line itself says, as offsets into it."""

    name: str
    start: int
    value: int
    end: int
    triggered: bool
    command: int = 0
    flags: list[tuple[str, str]] = field(default_factory=list)
    flag_spans: list[Span] = field(default_factory=list)
    strings: list[Span] | None = None
    json_error: bool = False
    heredocs: list[Heredoc] = field(default_factory=list)


class _Parser:
    def __init__(self, text: str, path: str) -> None:
        self.lines = text.removeprefix("\ufeff").split("\n")
        self.file = ParsedFile(path)
        self.at = 0

    def run(self) -> ParsedFile:
        self._directives()
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip("\r\n")
            stripped = line.lstrip(SPACE)
            self.at += 1
            if stripped.startswith("#"):
                self._comment(line, stripped)
            elif stripped:
                self._instruction(stripped, len(line) - len(stripped) + 1)
        return self.file

    def _problem(self, message: str, place: tuple[int, int]) -> None:
        self.file.problems.append(InputError(message, self.file.path, *place))

    def _comment(self, line: str, stripped: str) -> None:
        text = stripped[1:].strip(SPACE)
        self.file.comments.append(DockerComment(text, self.at, len(line) - len(stripped) + 1))

    def _directives(self) -> None:
        """Directives end at the first line that is none, an unknown one included."""
        found = self.file.directives
        for line in self.lines:
            match = _DIRECTIVE.match(line.lstrip(SPACE))
            key, value = (match[1].lower(), match[2].strip(SPACE)) if match else ("", "")
            if key not in _DIRECTIVES or not value:
                return
            self.at += 1
            self._comment(line, line.lstrip(SPACE))
            if key in found:
                self._problem(f"the directive {key!r} stands here twice", (self.at, 1))
            elif key == "escape" and value not in ("\\", "`"):
                self._problem(f"the escape character {value!r} is neither ` nor \\", (self.at, 1))
            elif key == "escape":
                self.file.escape = value
            found.setdefault(key, value)

    def _instruction(self, first: str, column: int) -> None:
        """Join the line that begins with ``first`` and its continuations, then read it."""
        joined = _Joined()
        text, goes_on = self._cut(first)
        joined.add(text, self.at, column)
        while goes_on and (line := self._continuation()) is not None:
            text, goes_on = self._cut(line)
            joined.add(text, self.at, 1)
        line = "".join(joined.pieces).rstrip(SPACE)
        joined.pieces, joined.size = [line], len(line)
        start = len(line) - len(line.lstrip(SPACE))
        if start < len(line):
            self._read(line, start, joined)

    def _cut(self, line: str) -> tuple[str, bool]:
        """The line without a continuation character, and whether there was one."""
        text, escape = line.rstrip(" \t"), self.file.escape
        if text.endswith(escape) and not text.endswith(escape * 2):
            return text[:-1], True
        return line, False

    def _continuation(self) -> str | None:
        """The next line that is neither a comment nor blank."""
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip("\r\n")
            stripped = line.lstrip(SPACE)
            self.at += 1
            if stripped.startswith("#"):
                self._comment(line, stripped)
            elif stripped:
                return line
        return None

    def _read(self, line: str, start: int, joined: "_Joined") -> None:
        problems: Problems = []
        heads = [_head(line, start, problems)]
        if heads[0].name == "ONBUILD" and heads[0].value < len(line):
            heads.append(_head(line, heads[0].value, problems, triggered=True))
            if heads[1].name in ("ONBUILD", "FROM", "MAINTAINER"):
                problems.append((f"ONBUILD cannot hold {heads[1].name}", heads[1].start))
        inner = heads[-1]
        if "<<" in line and inner.name in _HEREDOC and inner.strings is None:
            inner.heredocs = [self._heredoc(mark, joined) for mark in _heredoc_marks(line)]
        source = joined.source(self.file.path, self.file.escape)
        made: Instruction | None = None
        for head in reversed(heads):
            made = _build(head, source, len(self.file.instructions), made, problems)
        self.file.instructions += [made] if made else []
        for message, offset in problems:
            self._problem(message, source.place(offset))

    def _heredoc(self, mark: tuple[str, bool, bool], joined: "_Joined") -> Heredoc:
        """Take the lines up to the terminator, and it, over into the instruction's text."""
        delimiter, tabs, expand = mark
        opened, body = self.at, []
        joined.add("\n", self.at, 1 + len(self.lines[self.at - 1].rstrip("\r")))
        start = end = joined.size
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip("\r")
            text = line.lstrip("\t") if tabs else line
            self.at += 1
            column = len(line) - len(text) + 1
            if text == delimiter:
                joined.add(text, self.at, column)
                break
            body.append(text + "\n")
            joined.add(body[-1], self.at, column)
            end = joined.size
        else:
            self._problem("this heredoc has no end", (opened, 1))
        return Heredoc(delimiter, "".join(body), expand, start, end)


@dataclass(slots=True)
class _Joined:
    """Pieces of physical lines on their way to a :class:`SourceText`."""

    pieces: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    places: list[Span] = field(default_factory=list)
    size: int = 0

    def add(self, piece: str, line: int, column: int) -> None:
        self.pieces.append(piece)
        self.offsets.append(self.size)
        self.places.append((line, column))
        self.size += len(piece)

    def source(self, path: str, escape: str) -> SourceText:
        text = "".join(self.pieces)
        return SourceText(path, text, escape, tuple(self.offsets), tuple(self.places))


def _head(line: str, start: int, problems: Problems, *, triggered: bool = False) -> _Head:
    stop = _skip(_KEYWORD, line, start)
    value = _skip(_BLANKS, line, stop)
    head = _Head(line[start:stop].upper(), start, value, len(line), triggered)
    if head.name not in _KNOWN:
        # Not quoted unless it is a word: in a broken file it may be anything, even a secret.
        word = f" {head.name}" if head.name.isalpha() and len(head.name) < 20 else ""
        problems.append((f"unknown instruction{word}", start))
    while line.startswith("--", head.value):
        begin, stop = head.value, _word_end(line, head.value, len(line), "\\")
        head.value = _skip(_BLANKS, line, stop)
        flag = unquote(line[begin:stop])
        if flag == "--":
            break
        name, is_set, setting = flag[2:].partition("=")
        head.flags.append((name, setting if is_set else "true"))
        head.flag_spans.append((begin, stop))
    head.command = head.value
    if head.name == "HEALTHCHECK":
        head.command = _skip(_BLANKS, line, _skip(_KEYWORD, line, head.value))
    if head.name in _EXEC and line.startswith("[", head.command):
        head.strings = _json_strings(line, head.command)
        head.json_error = head.strings is None
        if head.json_error and _is_json_list(line[head.command :]):
            problems.append(("the exec form takes strings only", head.command))
    return head


def _skip(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    return found.end() if found else at


def _json_strings(line: str, start: int) -> list[Span] | None:
    """Where the elements of the JSON array of strings stand that ends the line, if it does."""
    found: list[Span] = []
    at = _skip(_JSON_BLANKS, line, start + 1)
    more = not line.startswith("]", at)
    while more:
        string = _JSON_STRING.match(line, at)
        if string is None or _json(string.group()) is None:
            return None
        found.append(string.span())
        at = _skip(_JSON_BLANKS, line, string.end())
        more = line.startswith(",", at)
        at = _skip(_JSON_BLANKS, line, at + 1) if more else at
    return found if line.startswith("]", at) and at == len(line) - 1 else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_json_list(text: str) -> bool:
    return isinstance(_json(text), list)


def _string(text: str) -> str:
    # A lone surrogate cannot be written out again; Go's JSON replaces it, too.
    return str(json.loads(text)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _word_end(line: str, at: int, end: int, escape: str) -> int:
    """Where the word ends that begins at ``at``: quotes and escapes keep blanks in it."""
    quoted = _QUOTED if escape == "\\" else _QUOTED_BACKTICK
    while at < end and line[at] not in _BLANK:
        if line[at] in quoted:
            close = quoted[line[at]].match(line, at + 1, end)
            at = close.end() if close else end
        elif line[at] == escape:
            at = min(at + 2, end)
        else:
            at = max(_skip(_UNQUOTED, line, at), at + 1)
    return min(at, end)


def _words(line: str, start: int, end: int, escape: str) -> Iterator[Span]:
    at = _skip(_BLANKS, line, start)
    while at < end:
        stop = _word_end(line, at, end, escape)
        yield at, stop
        at = _skip(_BLANKS, line, stop)


def _heredoc_marks(line: str) -> Iterator[tuple[str, bool, bool]]:
    """Delimiter, whether tabs are cut, and whether variables are filled in, of each ``<<``."""
    if not well_formed(line):
        return  # BuildKit sees no heredoc then
    words = [line[start:stop] for start, stop in _words(line, 0, len(line), "\\")]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if mark := _HEREDOC_MARK.fullmatch(word):
            written = mark[2] or following  # "<< EOF", with a blank, is one as well
            if written and "<" not in written:
                delimiter = unquote(written)
                yield delimiter, bool(mark[1]), delimiter == written


def _pair_spans(
    line: str, head: _Head, escape: str, problems: Problems
) -> Iterator[tuple[int, int, int, int]]:
    """Start, end of the key, start of the value (-1 if none) and end of each pair."""
    end = head.end
    words = list(_words(line, head.value, end, escape))
    if words and head.name != "ARG" and "=" not in line[slice(*words[0])]:
        key_end = _skip(_KEYWORD, line, head.value)  # "ENV key all the rest"
        if key_end < end:
            yield head.value, key_end, _skip(_BLANKS, line, key_end), end
        else:
            problems.append((f"{head.name} needs a value", head.value))
        return
    for start, stop in words:
        equals = line.find("=", start, stop)
        if equals >= 0:
            yield start, equals, equals + 1, stop
        elif head.name == "ARG":
            yield start, stop, -1, stop
        else:
            problems.append((f"{head.name} takes name=value, and this has no =", start))


def _build(
    head: _Head, source: SourceText, index: int, trigger: Instruction | None, problems: Problems
) -> Instruction:
    text, end, command = source.text, head.end, (head.command, head.end)
    pairs: list[tuple[int, int, int, int]] = []
    if head.name in _PAIRS:
        pairs += _pair_spans(text, head, source.escape, problems)
    if head.value >= end and head.name in _NEEDS_ARGUMENT:
        problems.append((f"{head.name} needs an argument", head.start))
    if head.heredocs and head.name == "RUN":
        body, words = head.heredocs[0], len(list(_words(text, head.value, end, "\\")))
        sole = words == 1 or (words == 2 and text.startswith(("<< ", "<<- "), head.value))
        command = (body.start, body.end) if sole else (head.command, len(text))
    strings = head.strings or []
    return Instruction(
        name=head.name,
        index=index,
        source=source,
        start=head.start,
        value=(head.value, end),
        command_span=command,
        flags=tuple(head.flags),
        flag_spans=tuple(head.flag_spans),
        exec_form=head.strings is not None,
        json_error=head.json_error,
        argv=tuple(_string(text[slice(*span)]) for span in strings),
        argv_spans=tuple(strings),
        pair_spans=tuple(pairs),
        heredocs=tuple(head.heredocs),
        trigger=trigger,
        triggered=head.triggered,
    )
