"""Regular expressions as Terraform applies them: Go's RE2, matched in linear time.

The program is that of Go's ``regexp/syntax``: of several matches that begin at the first place
possible, the one is taken that a backtracking search would find first. Parts of the syntax that
are not read here make the result unknown. https://github.com/google/re2/wiki/Syntax
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from prodready_infra.sources.terraform.functions.syntax import (
    Alternatives,
    Assertion,
    Characters,
    Group,
    Parser,
    Pattern,
    Repeat,
    Series,
)
from prodready_infra.sources.terraform.kinds import STRING, Type
from prodready_infra.sources.terraform.registry import limited
from prodready_infra.sources.terraform.values import Refused, Uncertain

MAX_INSTRUCTIONS = 2_000
MAX_WORK = 3_000_000

Saved = tuple[int, ...]


class Program:
    """A pattern as instructions: each an operation, its argument, and where to go on."""

    def __init__(self, pattern: str) -> None:
        parser = Parser(pattern)
        self.tree = parser.parse()
        self.groups = parser.groups
        self.code: list[tuple[str, Any, Any]] = []
        start = self._compile(self.tree, self._emit("match", None, None))
        self.start = self._emit("save", 0, start)
        self.slots = 2 * (len(self.groups) + 1)

    def _emit(self, operation: str, argument: Any, following: Any) -> int:
        self.code.append((operation, argument, following))
        if len(self.code) > MAX_INSTRUCTIONS:
            raise Uncertain("the pattern is too large")
        return len(self.code) - 1

    def _compile(self, node: Pattern, following: int) -> int:
        """Instructions for a pattern after which it goes on at ``following``; where they begin."""
        if isinstance(node, Characters):
            return self._emit("character", node, following)
        if isinstance(node, Assertion):
            return self._emit("assert", node.kind, following)
        if isinstance(node, Series):
            for item in reversed(node.items):
                following = self._compile(item, following)
            return following
        if isinstance(node, Alternatives):
            starts = [self._compile(item, following) for item in node.items]
            first = starts.pop()
            for start in reversed(starts):
                first = self._emit("split", None, (start, first))
            return first
        if isinstance(node, Group):
            if node.number is None:
                return self._compile(node.item, following)
            end = self._emit("save", 2 * node.number + 1, following)
            return self._emit("save", 2 * node.number, self._compile(node.item, end))
        return self._repeat(node, following)

    def _repeat(self, node: Repeat, following: int) -> int:
        start = following
        if node.most is None:
            nullable = node.item.nullable
            if node.least == 0 and not nullable:
                start = self._star(node, following)
            elif node.least == 0:  # as Go does it since 1.17: (x+)?
                start = self._split(node, self._plus(node, following), following)
            else:
                start = self._plus(node, following)
        else:
            for _ in range(node.most - node.least):  # x{0,2} is (x(x)?)?
                start = self._split(node, self._compile(node.item, start), following)
        copies = node.least if node.most is not None else max(node.least - 1, 0)
        for _ in range(copies):
            start = self._compile(node.item, start)
        return start

    def _split(self, node: Repeat, body: int, following: int) -> int:
        return self._emit("split", None, (following, body) if node.lazy else (body, following))

    def _star(self, node: Repeat, following: int) -> int:
        loop = self._emit("split", None, None)
        body = self._compile(node.item, loop)
        choice = (following, body) if node.lazy else (body, following)
        self.code[loop] = ("split", None, choice)
        return loop

    def _plus(self, node: Repeat, following: int) -> int:
        loop = self._emit("split", None, None)
        body = self._compile(node.item, loop)
        choice = (following, body) if node.lazy else (body, following)
        self.code[loop] = ("split", None, choice)
        return body

    def find(self, text: str, begin: int = 0) -> list[int] | None:
        """The ends of the first match at or after a place, and of its groups (-1 without)."""
        limited((len(text) - begin + 1) * len(self.code), MAX_WORK)
        found: Saved | None = None
        threads: dict[int, Saved] = {}
        for place in range(begin, len(text) + 1):
            if found is None:
                self._follow(self.start, (-1,) * self.slots, text, place, threads)
            if not threads:
                break
            character = text[place] if place < len(text) else None
            coming: dict[int, Saved] = {}
            for at, saved in threads.items():
                operation, argument, following = self.code[at]
                if operation == "match":
                    found = (saved[0], place, *saved[2:])
                    break
                if operation == "character" and character is not None and argument.has(character):
                    self._follow(following, saved, text, place + 1, coming)
            threads = coming
        return list(found) if found is not None else None

    def _follow(
        self, start: int, saved: Saved, text: str, place: int, threads: dict[int, Saved]
    ) -> None:
        """Adds the instructions that can be reached without a character, in order."""
        stack = [(start, saved)]
        while stack:
            at, saved = stack.pop()
            if at in threads:
                continue
            operation, argument, following = self.code[at]
            threads[at] = saved
            if operation == "split":
                stack += [(following[1], saved), (following[0], saved)]
            elif operation == "save":
                changed = (*saved[:argument], place, *saved[argument + 1 :])
                stack.append((following, changed))
            elif operation == "assert" and _holds(argument, text, place):
                stack.append((following, saved))


def _holds(kind: str, text: str, place: int) -> bool:
    if kind == "begin":
        return place == 0
    if kind == "end":
        return place == len(text)
    if kind == "begin of line":
        return place == 0 or text[place - 1] == "\n"
    if kind == "end of line":
        return place == len(text) or text[place] == "\n"
    before = place > 0 and _of_word(text[place - 1])
    after = place < len(text) and _of_word(text[place])
    return (before != after) == (kind == "boundary")


def _of_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


@lru_cache(maxsize=256)
def program(pattern: str) -> Program:
    return Program(pattern)


def type_of_match(pattern: str) -> Type:
    """A string, or with groups a tuple or an object of strings."""
    groups = program(pattern).groups
    if not groups:
        return STRING
    if all(name is None for name in groups):
        return Type("tuple", (STRING,) * len(groups))
    if None in groups:
        raise Refused("some groups have names and some have none")
    names = tuple(sorted({name for name in groups if name is not None}))
    return Type("object", (STRING,) * len(names), names)


def matches(pattern: str, text: str) -> Iterator[Any]:
    """What Terraform makes of each match."""
    kind = type_of_match(pattern)
    compiled = program(pattern)
    for ends in _spans(compiled, text):
        taken = [
            text[start:end] if start >= 0 else None
            for start, end in zip(ends[::2], ends[1::2], strict=True)
        ]
        if kind == STRING:
            yield taken[0]
        elif kind.name == "tuple":
            yield taken[1:]
        else:
            yield dict(sorted(zip(compiled.groups, taken[1:], strict=True), key=_name))


def _name(pair: tuple[str | None, Any]) -> str:
    return pair[0] or ""


def _spans(compiled: Program, text: str) -> Iterator[list[int]]:
    """All matches; an empty one right behind another is none."""
    place, previous, work = 0, -1, 0
    while place <= len(text):
        work += (len(text) - place + 1) * len(compiled.code)
        ends = compiled.find(text, place)
        if ends is None:
            return
        work -= (len(text) - ends[1]) * len(compiled.code)
        limited(work, MAX_WORK)
        accepted = not (ends[1] == place and ends[0] == previous)
        place = place + 1 if ends[1] == place else ends[1]
        previous = ends[1]
        if accepted:
            yield ends


def replaced(pattern: str, text: str, new: str) -> str:
    """The text with all matches replaced; ``$1`` and ``${name}`` stand for groups."""
    compiled = program(pattern)
    written: list[str] = []
    place = last = size = work = 0
    while place <= len(text):
        work += (len(text) - place + 1) * len(compiled.code)
        ends = compiled.find(text, place)
        if ends is None:
            break
        work -= (len(text) - ends[1]) * len(compiled.code)
        limited(work, MAX_WORK)
        written.append(text[last : ends[0]])
        if ends[1] > last or ends[0] == 0:
            written.append(_expanded(new, compiled, ends, text))
            size += len(written[-1])
            limited(size)
        last = ends[1]
        place = max(place + 1, ends[1])
    return "".join(written) + text[last:]


def _expanded(new: str, compiled: Program, ends: list[int], text: str) -> str:
    parts = new.split("$")
    written, rest = [parts[0]], parts[1:]
    while rest:
        part = rest.pop(0)
        if part == "" and rest:  # $$
            written.append("$" + rest.pop(0))
            continue
        name, behind = _group_name(part)
        if not name:
            written.append("$" + part)
            continue
        number = int(name) if name.isdigit() else None
        if number is None and name in compiled.groups:
            number = compiled.groups.index(name) + 1
        if number is not None and number <= len(compiled.groups) and ends[2 * number] >= 0:
            written.append(text[ends[2 * number] : ends[2 * number + 1]])
        written.append(behind)
    return "".join(written)


def _group_name(part: str) -> tuple[str, str]:
    """The name behind a dollar sign, and what follows it."""
    braces = part.startswith("{")
    end = start = int(braces)
    while end < len(part) and (_of_word(part[end]) or not part[end].isascii()):
        end += 1
    if not part.isascii():
        raise Uncertain("the replacement is not ASCII")
    if not braces:
        return part[:end], part[end:]
    closed = part.startswith("}", end)
    return (part[start:end], part[end + 1 :]) if closed and end > start else ("", part)
