"""A Dockerfile's instructions and build stages, each with the place where it stands."""

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TypeAlias

from prodready_infra.errors import UnknownValue
from prodready_infra.findings import Location
from prodready_infra.model.base_images import default_shell
from prodready_infra.model.image import Image, expand, unquote
from prodready_infra.model.node import Node, Path, Unknown
from prodready_infra.model.shell import ShellCommand, split_commands

# (stage, place, name, plain) -> value; a place is an instruction's index and a pair's
VariableLookup: TypeAlias = "Callable[[Stage, tuple[int, int], str, bool], str | None]"
_WORD = re.compile(r"[^\t\v\f\r ]+")
_SHELL_SCRIPT = re.compile(r"#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)\b")


@dataclass(frozen=True, slots=True, eq=False)
class SourceText:
    """Text put together from pieces of physical lines: continuations joined, comments left out.

    The piece that begins at ``offsets[i]`` stands at the line and column ``places[i]``.
    """

    path: str
    text: str
    escape: str
    offsets: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at ``offset``."""
        piece = max(bisect_right(self.offsets, offset) - 1, 0)
        line, column = self.places[piece]
        return line, column + offset - self.offsets[piece]

    def location(self, start: int, end: int) -> Location:
        line, column = self.place(start)
        if end <= start:
            return Location(self.path, line, column, line, column)
        # The end is taken from the last character: the next one may stand on another line.
        last_line, last_column = self.place(end - 1)
        width = 0 if self.text[end - 1] == "\n" else 1
        return Location(self.path, line, column, last_line, last_column + width)


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word as written (quotes and ``$x`` included), or an element of an exec form."""

    text: str
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """``key=value`` of ENV, ARG or LABEL.

    ``value`` has no quotes but variables as written, and is ``None`` for an ARG without default;
    ``raw`` is the value with its quotes, which :meth:`Stage.expand` wants.
    """

    key: str
    value: str | None
    raw: str
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Heredoc:
    """A here-document; the builder or the shell fills in variables if ``expand``.

    ``start`` and ``end`` are where the body stands in the instruction's source text.
    """

    delimiter: str
    body: str
    expand: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Instruction:
    """One instruction; also the :class:`Origin` of its nodes, which it locates.

    Paths: ``(index,)`` the whole, then ``"word", k``, ``"pair", k``, ``"flag", k`` or
    ``"heredoc", k``. An ONBUILD's inner instruction has ``(index, "trigger")`` in front.
    Offsets (``start``, ``value``, ``command_span``, ``…_spans``) count in ``source.text``.
    """

    name: str
    index: int
    source: SourceText
    start: int
    value: tuple[int, int]
    command_span: tuple[int, int]
    flags: tuple[tuple[str, str], ...] = ()
    flag_spans: tuple[tuple[int, int], ...] = ()
    exec_form: bool = False
    json_error: bool = False
    argv: tuple[str, ...] = ()
    argv_spans: tuple[tuple[int, int], ...] = ()
    pair_spans: tuple[tuple[int, int, int, int], ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    trigger: "Instruction | None" = None
    triggered: bool = False

    def __repr__(self) -> str:
        return f"Instruction({self.name} {self.text!r})"

    @property
    def prefix(self) -> Path:
        return (self.index, "trigger") if self.triggered else (self.index,)

    @property
    def node(self) -> Node:
        """The text after the flags; located, it is the whole instruction."""
        return Node(self.text, self.prefix, self)

    @property
    def text(self) -> str:
        """What follows the keyword and the flags, continuations joined."""
        return self.source.text[slice(*self.value)]

    @property
    def line(self) -> int:
        """The physical line that the keyword stands on."""
        return self.source.place(self.start)[0]

    @property
    def command(self) -> str:
        """What is executed: the exec form's words joined by blanks, or what the shell is given.

        With heredocs the shell gets their bodies too; a heredoc alone is the whole script.
        """
        return (
            " ".join(self.argv) if self.exec_form else self.source.text[slice(*self.command_span)]
        )

    @property
    def commands(self) -> list[ShellCommand]:
        """The simple commands of the shell form; none in exec form or another language's script.

        Show one with ``instruction.span(command.start, command.end)``.
        """
        text = self.command
        if self.exec_form or (text.startswith("#!") and not _SHELL_SCRIPT.match(text)):
            return []
        return split_commands(text)

    @property
    def words(self) -> tuple[Word, ...]:
        """The exec form's elements, or what blanks separate; HEALTHCHECK begins with its CMD."""
        spans = self._word_spans()
        texts = [self.source.text[start:end] for start, end in spans]
        if self.exec_form:
            texts[len(texts) - len(self.argv) :] = self.argv
        return tuple(Word(text, self._node(text, "word", k)) for k, text in enumerate(texts))

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of ENV, ARG and LABEL; empty for others."""
        text, escape, found = self.source.text, self.source.escape, []
        for k, (start, key_end, value_start, end) in enumerate(self.pair_spans):
            raw = text[value_start:end] if value_start >= 0 else ""
            value = unquote(raw, escape) if value_start >= 0 else None
            node = self._node(text[start:end], "pair", k)
            found.append(Pair(unquote(text[start:key_end], escape), value, raw, node))
        return tuple(found)

    def flag(self, name: str) -> str | None:
        """The value of ``--name=value``, the first if there are several; ``--name`` is "true"."""
        return next((value for key, value in self.flags if key == name), None)

    def flag_nodes(self, name: str) -> list[Node]:
        """Every ``--name=value``, to read its value and to point at it."""
        named = [(k, value) for k, (key, value) in enumerate(self.flags) if key == name]
        return [self._node(value, "flag", k) for k, value in named]

    def span(self, start: int, end: int) -> Node:
        """The part of :attr:`command` from ``start`` to ``end``, to point at."""
        first, last = self._offset(start, False), self._offset(end, True)  # noqa: FBT003
        return self._node(self.command[start:end], "span", first, last)

    def _node(self, value: str, *path: str | int) -> Node:
        return Node(value, (*self.prefix, *path), self)

    def _word_spans(self) -> list[tuple[int, int]]:
        start, end = self.value
        stop = self.command_span[0] if self.exec_form else end
        spans = [found.span() for found in _WORD.finditer(self.source.text, start, stop)]
        return [*spans, *self.argv_spans]

    def _offset(self, position: int, is_end: bool) -> int:  # noqa: FBT001
        """A position in ``command`` as an offset into the source text."""
        if not self.exec_form:
            return min(self.command_span[0] + position, len(self.source.text))
        starts = list(accumulate((len(word) + 1 for word in self.argv), initial=0))[:-1]
        if not starts:
            return self.command_span[is_end]
        k = max(bisect_right(starts, max(position - is_end, 0)) - 1, 0)
        start, end = self.argv_spans[k]
        if end - start - 2 != len(self.argv[k]):  # it has JSON escapes: point at all of it
            return end if is_end else start
        return min(start + 1 + position - starts[k], end)

    @property
    def path(self) -> str:
        return self.source.path

    def locate(self, path: Path) -> Location:
        whole = (self.start, len(self.source.text))
        match path[len(self.prefix) :]:
            case ("word", int(k), *_) if 0 <= k < len(spans := self._word_spans()):
                whole = spans[k]
            case ("pair", int(k), *_) if 0 <= k < len(self.pair_spans):
                whole = (self.pair_spans[k][0], self.pair_spans[k][3])
            case ("flag", int(k), *_) if 0 <= k < len(self.flag_spans):
                whole = self.flag_spans[k]
            case ("heredoc", int(k), *_) if 0 <= k < len(self.heredocs):
                whole = (self.heredocs[k].start, self.heredocs[k].end)
            case ("span", int(start), int(end)):
                whole = (start, end)
        return self.source.location(*whole)

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One build stage; ``header`` is its FROM, ``parent`` the stage it is built on.

    ``base`` is the image at the bottom, that of the outermost ancestor if there is a parent.
    ``base_text`` and ``platform`` are as written in FROM, ``name`` in lower case.
    """

    index: int
    name: str
    header: Instruction
    base: Image | Unknown
    base_text: str
    platform: str
    parent: "Stage | None"
    instructions: tuple[Instruction, ...]
    final: bool
    lookup: VariableLookup

    def __repr__(self) -> str:
        return f"Stage({self.address})"

    @property
    def path(self) -> str:
        return self.header.path

    @property
    def address(self) -> str:
        return f"{self.path}[{self.name or f'stage {self.index}'}]"

    @property
    def node(self) -> Node:
        return self.header.node

    @property
    def kind(self) -> str:
        return "Stage"

    @property
    def source(self) -> str:
        return "docker"

    def lineage(self) -> Iterator["Stage"]:
        """This stage, the stage it is built on, and so on."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent

    def all(self, name: str) -> tuple[Instruction, ...]:
        """The instructions of this stage that are called ``name``."""
        return tuple(found for found in self.instructions if found.name == name)

    @property
    def executed(self) -> tuple[Instruction, ...]:
        """What building this stage does: its parent's ONBUILD triggers, then its own."""
        above = self.parent.instructions if self.parent else ()
        return (*(found.trigger for found in above if found.trigger), *self.instructions)

    def effective(self, name: str) -> Instruction | None:
        """The last ``name`` of this stage, else of its ancestors; ``None``: as the base has it."""
        for stage in self.lineage():
            for found in reversed(stage.executed):
                if found.name == name:
                    return found
        return None

    @property
    def effective_user(self) -> Instruction | None:
        return self.effective("USER")

    @property
    def entrypoint(self) -> Instruction | None:
        return self.effective("ENTRYPOINT")

    @property
    def cmd(self) -> Instruction | None:
        """The CMD in force; an ENTRYPOINT discards the one that its stage inherits.

        ``None`` means none at all if there is an :attr:`entrypoint`, else as the base has it.
        """
        for stage in self.lineage():
            names = {found.name: found for found in stage.executed}
            if "CMD" in names or "ENTRYPOINT" in names:
                return names.get("CMD")
        return None

    @property
    def shell(self) -> str | Unknown:
        """What runs shell forms: ``dash``, ``ash``, ``bash``, ``powershell``, ``cmd``, ``none``…"""
        chosen = self.effective("SHELL")
        program = re.split(r"[/\\\\]", chosen.argv[0])[-1] if chosen and chosen.argv else "sh"
        if program != "sh":
            return program.lower().removesuffix(".exe")
        return self.base if isinstance(self.base, Unknown) else default_shell(self.base)

    def environment(self) -> dict[str, Pair]:
        """Every ENV in force, by name; those of the base image are not known."""
        stages = reversed(list(self.lineage()))
        envs = (found for stage in stages for found in stage.executed if found.name == "ENV")
        return {pair.key: pair for found in envs for pair in found.pairs}

    def expand(self, text: str, before: Instruction | None = None) -> str | Unknown:
        """``text`` as the builder reads it at ``before`` (or the stage's end): $x filled in."""
        place = (sys.maxsize if before is None else before.index, 0)
        try:
            escape = self.header.source.escape
            return expand(text, partial(self.lookup, self, place), escape)
        except UnknownValue as unknown:
            return Unknown(unknown.reason)
