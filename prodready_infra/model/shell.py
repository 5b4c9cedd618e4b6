"""The text of a shell command taken apart into simple commands.

Tolerant: every text has some answer. Takes time linear in the length of the text.
"""

import re
from dataclasses import dataclass, field

MAX_DEPTH = 40  # deeper substitutions are plain text: hostile nesting costs no more than this

_KEYWORDS = {"if", "then", "elif", "else", "fi", "do", "done", "while", "until", "esac"}
_KEYWORDS |= {"!", "{", "}", "time"}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_PLAIN = re.compile(r"[^\s'\"\\`$;&|<>(){}#]+")
_QUOTED = re.compile(r"[^\"\\`$}]+")
_OPERATOR = re.compile(r"&&|\|\||;;|\|&|[;|&\n]")
_REDIRECT = re.compile(r"&>>?|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>")


@dataclass(frozen=True, slots=True, eq=False)
class ShellWord:
    """A word without its quotes, ``$x`` and ``$(…)`` as written, and its place in the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class ShellCommand:
    """A simple command; one inside ``$(…)``, `` `…` ``, ``<(…)`` or ``(…)`` has ``depth`` > 0.

    Commands of one list (one substitution, say) share ``list_id``. The operators are ``&&``,
    ``||``, ``;``, ``;;``, ``|``, ``|&``, ``&`` or a newline, and empty at a list's ends.
    ``redirects`` have their operator in front: ``2>/dev/null``.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[ShellWord, ...]
    redirects: tuple[ShellWord, ...]
    operator_before: str
    operator_after: str
    start: int
    end: int
    depth: int
    list_id: int

    @property
    def name(self) -> str:
        """The program without its folder; empty when there are only assignments."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""

    @property
    def argv(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.words)


def split_commands(text: str) -> list[ShellCommand]:
    """Every simple command of ``text``, ordered by where they begin.

    Keywords (``if``, ``then``, ``{``…) are left out; comments and heredoc bodies are skipped.
    """
    return _Splitter(text).run()


def pipelines(commands: list[ShellCommand]) -> list[list[ShellCommand]]:
    """The commands grouped into pipelines: ``a | b && c`` is ``[[a, b], [c]]``."""
    found: list[list[ShellCommand]] = []
    latest: dict[int, list[ShellCommand]] = {}
    for command in commands:
        if command.list_id not in latest or command.operator_before not in ("|", "|&"):
            latest[command.list_id] = []
            found.append(latest[command.list_id])
        latest[command.list_id].append(command)
    return found


@dataclass(slots=True)
class _Frame:
    """A list of commands that is being read, with its unfinished command and word."""

    closer: str
    list_id: int
    opened: int = 0
    words: list[ShellWord] = field(default_factory=list)
    assignments: list[ShellWord] = field(default_factory=list)
    redirects: list[ShellWord] = field(default_factory=list)
    before: str = ""
    word: list[str] | None = None
    word_start: int = 0
    redirect: str = ""
    redirect_start: int = 0
    quoted: bool = False
    braces: int = 0


class _Splitter:
    """One pass over the text with a stack of frames; no recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lists = 1
        self.stack = [_Frame("", 0)]
        self.done: list[ShellCommand] = []
        self.heredocs: list[tuple[str, bool]] = []
        self.arithmetic = "))" in text

    def run(self) -> list[ShellCommand]:
        size = len(self.text)
        while self.at < size:
            frame = self.stack[-1]
            step = self._inside if frame.quoted or frame.braces else self._outside
            step(frame, self.text[self.at])
        while len(self.stack) > 1:
            self._pop(self.stack[-1], size)
        self._end_command(self.stack[0], "", size)
        return sorted(self.done, key=lambda command: (command.start, command.depth))

    def _outside(self, frame: _Frame, char: str) -> None:
        text, at = self.text, self.at
        if plain := _PLAIN.match(text, at):
            self._add(frame, plain.group(), plain.end())
        elif char.isspace() and char != "\n":
            self._end_word(frame, at)
            self.at += 1
        elif char == "#" and frame.word is None:
            newline = text.find("\n", at)
            self.at = len(text) if newline < 0 else newline
        elif text.startswith(("<(", ">("), at) and len(self.stack) <= MAX_DEPTH:
            self._push(frame, ")", 2)
        elif redirect := _REDIRECT.match(text, at):
            self._open_redirect(frame, redirect.group())
        elif operator := _OPERATOR.match(text, at):
            self._end_command(frame, operator.group(), at)
            self.at = operator.end()
            if char == "\n":
                self._skip_heredocs()
        elif char == frame.closer:
            self._pop(frame, at)
        elif char == "(" and len(self.stack) <= MAX_DEPTH:
            self._end_word(frame, at)
            self._push(None, ")", 1)
        elif char in "()":
            self._end_command(frame, ";", at)
            self.at += 1
        elif char == "'":
            close = text.find("'", at + 1) % (len(text) + 1)  # not found is the end of the text
            self._add(frame, text[at + 1 : close], close + 1)
        else:
            self._inside(frame, char)

    def _inside(self, frame: _Frame, char: str) -> None:
        """What means the same inside of double quotes or ``${…}`` and outside of them."""
        text, at = self.text, self.at
        if char == "\\":
            following = text[at + 1 : at + 2]
            if following == "\n":
                self.at += 2
            elif following and (not frame.quoted or following in '$`"\\'):
                self._add(frame, following, at + 2)
            else:
                self._add(frame, char, at + 1)
        elif char == '"':
            frame.quoted = not frame.quoted
            self._add(frame, "", at + 1)
        elif char == "`" and frame.closer != "`" and len(self.stack) <= MAX_DEPTH:
            self._push(frame, "`", 1)
        elif self.arithmetic and text.startswith("$((", at):
            end = text.find("))", at) + 2
            self.arithmetic = end > 1  # asked in vain once: asking again and again is quadratic
            self._add(frame, text[at : max(end, at + 1)], max(end, at + 1))
        elif text.startswith("$(", at) and len(self.stack) <= MAX_DEPTH:
            self._push(frame, ")", 2)
        elif text.startswith("${", at):
            frame.braces += 1
            self._add(frame, "${", at + 2)
        elif (plain := _QUOTED.match(text, at)) and (frame.quoted or frame.braces):
            self._add(frame, plain.group(), plain.end())
        else:
            frame.braces -= char == "}" and frame.braces > 0
            self._add(frame, char, at + 1)

    def _add(self, frame: _Frame, piece: str, end: int) -> None:
        if frame.word is None:
            frame.word, frame.word_start = [], self.at
        frame.word.append(piece)
        self.at = end

    def _push(self, part_of: _Frame | None, closer: str, width: int) -> None:
        """Begin a list of its own; it is a part of a word unless it is a subshell."""
        if part_of is not None:
            self._add(part_of, "", self.at)
        self.stack.append(_Frame(closer, self.lists, opened=self.at))
        self.lists += 1
        self.at += width

    def _pop(self, frame: _Frame, at: int) -> None:
        self._end_command(frame, "", at)
        self.stack.pop()
        self.at = min(at + 1, len(self.text))
        if (word := self.stack[-1].word) is not None:
            word.append(self.text[frame.opened : self.at])

    def _open_redirect(self, frame: _Frame, operator: str) -> None:
        frame.redirect_start, descriptor = self.at, "".join(frame.word or ())
        if descriptor.isdecimal():
            frame.redirect_start, frame.word = frame.word_start, None
        else:
            self._end_word(frame, self.at)
            descriptor = ""
        frame.redirect = descriptor + operator
        self.at += len(operator)

    def _end_word(self, frame: _Frame, at: int) -> None:
        if frame.word is None:
            return
        word = ShellWord("".join(frame.word), frame.word_start, at)
        frame.word = None
        if frame.redirect:
            frame.redirects.append(ShellWord(frame.redirect + word.text, frame.redirect_start, at))
            if frame.redirect.endswith(("<<", "<<-")):
                self.heredocs.append((word.text, frame.redirect.endswith("-")))
            frame.redirect = ""
        elif not frame.words and _ASSIGNMENT.match(self.text, word.start, at):
            frame.assignments.append(word)
        elif frame.words or self.text[word.start : at] not in _KEYWORDS:
            frame.words.append(word)

    def _end_command(self, frame: _Frame, operator: str, at: int) -> None:
        self._end_word(frame, at)
        frame.redirect = ""
        kinds = (tuple(frame.words), tuple(frame.assignments), tuple(frame.redirects))
        parts = [part for kind in kinds for part in kind]
        if parts:
            start, end = min(part.start for part in parts), max(part.end for part in parts)
            place = (start, end, len(self.stack) - 1, frame.list_id)
            self.done.append(ShellCommand(*kinds, frame.before, operator, *place))
            frame.words, frame.assignments, frame.redirects = [], [], []
        elif operator == "\n" and frame.before:
            return  # a line may end after "&&" or "|", and the list goes on
        frame.before = operator

    def _skip_heredocs(self) -> None:
        text, size = self.text, len(self.text)
        for delimiter, tabs in self.heredocs:
            line = None
            while line != delimiter and self.at < size:
                newline = text.find("\n", self.at)
                end = size if newline < 0 else newline
                line = text[self.at : end].lstrip("\t" if tabs else "\n")
                self.at = min(end + 1, size)
        self.heredocs = []
