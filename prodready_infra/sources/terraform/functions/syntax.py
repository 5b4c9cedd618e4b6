"""The syntax of Go's regular expressions, as far as it is certain what it means.

https://pkg.go.dev/regexp/syntax
"""

import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from prodready_infra.sources.terraform.values import Refused, Uncertain

MAX_REPEAT = 1000
MAX_NESTING = 100
_LAST = 0x10FFFF

Ranges: TypeAlias = tuple[tuple[int, int], ...]

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_BLANK: Ranges = ((9, 10), (12, 13), (32, 32))
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CATEGORIES = frozenset({"L", "Lu", "Ll", "Lt", "Lm", "Lo", "N", "Nd", "P", "S", "Z"})
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of some ranges and general categories, or one that is not among them."""

    ranges: Ranges
    categories: tuple[str, ...] = ()
    negated: bool = False
    ignores_case: bool = False
    nullable = False

    def has(self, character: str) -> bool:
        if self.ignores_case:
            if not character.isascii():
                raise Uncertain("the other case of a character is not known")
            return self._among(character.lower()) or self._among(character.upper())
        return self._among(character) != self.negated

    def _among(self, character: str) -> bool:
        code = ord(character)
        if any(low <= code <= high for low, high in self.ranges):
            return True
        return bool(self.categories) and unicodedata.category(character).startswith(self.categories)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place between characters, such as the end of the text."""

    kind: str
    nullable = True


@dataclass(frozen=True, slots=True)
class Series:
    """One pattern behind the other."""

    items: tuple["Pattern", ...]

    @property
    def nullable(self) -> bool:
        return all(item.nullable for item in self.items)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """``a|b``, the first preferred."""

    items: tuple["Pattern", ...]

    @property
    def nullable(self) -> bool:
        return any(item.nullable for item in self.items)


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses; with a ``number`` they capture."""

    number: int | None
    item: "Pattern"

    @property
    def nullable(self) -> bool:
        return self.item.nullable


@dataclass(frozen=True, slots=True)
class Repeat:
    """``a{1,2}``, ``a*`` and the like; without ``most`` there is no end to it."""

    item: "Pattern"
    least: int
    most: int | None
    lazy: bool

    @property
    def nullable(self) -> bool:
        return self.least == 0 or self.item.nullable


Pattern: TypeAlias = Characters | Assertion | Series | Alternatives | Group | Repeat


class Parser:
    """Reads one pattern; ``groups`` are the names of those that capture, None without one.

    What Go would refuse, and whatever is not certain, raises :class:`Uncertain`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.depth = 0
        self.groups: list[str | None] = []
        self.flags = frozenset[str]()

    def parse(self) -> Pattern:
        pattern = self._alternatives()
        if self.place < len(self.text):
            raise Refused("the pattern has a parenthesis too many")
        return pattern

    def _sees(self, text: str) -> bool:
        return self.text.startswith(text, self.place)

    def _take(self, text: str) -> bool:
        found = self._sees(text)
        self.place += len(text) * found
        return found

    def _next(self) -> str:
        if self.place >= len(self.text):
            raise Uncertain("the pattern is not complete")
        self.place += 1
        return self.text[self.place - 1]

    def _alternatives(self) -> Pattern:
        items = [self._series()]
        while self._take("|"):
            items.append(self._series())
        return items[0] if len(items) == 1 else Alternatives(tuple(items))

    def _series(self) -> Pattern:
        items: list[Pattern] = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            atom = self._atom()
            if atom is not None:
                items.append(self._repeated(atom))
        return Series(tuple(items))

    def _repeated(self, atom: Pattern) -> Pattern:
        bounds = self._bounds()
        if bounds is None:
            return atom
        least, most = bounds
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise Uncertain("the pattern repeats something too often")
        if isinstance(atom, Assertion):
            raise Uncertain("the pattern repeats a place")
        lazy = self._take("?")
        if "U" in self.flags:
            raise Uncertain("the pattern changes what is greedy")
        if self._bounds() is not None:
            raise Uncertain("the pattern repeats a repetition")
        return Repeat(atom, least, most, lazy)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if not self._sees("{"):
            return None
        end = self.text.find("}", self.place)
        inside = self.text[self.place + 1 : end] if end > 0 else ""
        least, comma, most = inside.partition(",")
        digits = least.isascii() and least.isdigit() and len(least) < 5
        if not digits or (most and not (most.isascii() and most.isdigit() and len(most) < 5)):
            raise Uncertain("the pattern has a brace that repeats nothing")
        self.place = end + 1
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most else None

    def _atom(self) -> Pattern | None:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == ".":
            return (
                Characters((), negated=True)
                if "s" in self.flags
                else Characters(((10, 10),), negated=True)
            )
        if character == "^":
            return Assertion("begin of line" if "m" in self.flags else "begin")
        if character == "$":
            return Assertion("end of line" if "m" in self.flags else "end")
        if character == "\\":
            return self._escape()
        if character in "*+?{":
            raise Uncertain("the pattern repeats nothing")
        return self._literal(ord(character))

    def _literal(self, code: int) -> Characters:
        return self._characters(((code, code),))

    def _characters(
        self, ranges: Ranges, categories: tuple[str, ...] = (), *, negated: bool = False
    ) -> Characters:
        ignores_case = "i" in self.flags
        if ignores_case and (negated or categories or any(high > 127 for _, high in ranges)):
            raise Uncertain("the pattern ignores the case of more than letters of ASCII")
        return Characters(ranges, categories, negated, ignores_case)

    def _group(self) -> Pattern | None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Uncertain("the pattern is nested too deep")
        outer = self.flags
        number: int | None = None
        if not self._sees("?"):
            number = self._capture(None)
        elif self._take("?P<") or self._take("?<"):
            number = self._named()
        elif self._take("?"):
            opened = self._flags()
            if not opened:
                self.depth -= 1
                return None
        inner = self._alternatives()
        if not self._take(")"):
            raise Refused("the pattern has a parenthesis that is not closed")
        self.flags = outer
        self.depth -= 1
        return Group(number, inner)

    def _capture(self, name: str | None) -> int:
        if name is not None and name in self.groups:
            raise Uncertain("the pattern has two groups of one name")
        self.groups.append(name)
        return len(self.groups)

    def _named(self) -> int:
        end = self.text.find(">", self.place)
        name = self.text[self.place : max(end, self.place)]
        if not (name.isascii() and name.isidentifier()):
            raise Uncertain("the name of a group is none")
        self.place = end + 1
        return self._capture(name)

    def _flags(self) -> bool:
        """``(?i)`` and ``(?i:``; whether a group begins."""
        on = True
        flags = set(self.flags)
        while True:
            character = self._next()
            if character in ":)":
                self.flags = frozenset(flags)
                return character == ":"
            if character == "-" and on:
                on = False
            elif character in "imsU":
                (flags.add if on else flags.discard)(character)
            else:
                raise Uncertain("the pattern has flags that are not read")

    def _escape(self) -> Pattern:
        character = self._next()
        places = {"A": "begin", "z": "end", "b": "boundary", "B": "no boundary"}
        if character in places:
            return Assertion(places[character])
        if character == "Q":
            raise Uncertain("the pattern quotes a part")
        ranges, categories, negated = self._escaped(character)
        return self._characters(ranges, categories, negated=negated)

    def _escaped(self, character: str) -> tuple[Ranges, tuple[str, ...], bool]:
        """What stands behind a backslash, in a class or outside."""
        classes = {"d": _DIGIT, "w": _WORD, "s": _BLANK}
        if character.lower() in classes:
            return classes[character.lower()], (), character.isupper()
        if character in "pP":
            return (), (self._category(),), character == "P"
        if character in _CONTROLS:
            code = _CONTROLS[character]
        elif character == "x":
            code = self._hexadecimal()
        elif character.isascii() and not character.isalnum():
            code = ord(character)
        else:
            raise Uncertain("the pattern has an escape that is not read")
        return ((code, code),), (), False

    def _category(self) -> str:
        name = self._next()
        if name == "{":
            end = self.text.find("}", self.place)
            name = self.text[self.place : max(end, self.place)]
            self.place = end + 1
        if name not in _CATEGORIES:
            raise Uncertain("the pattern names a class that is not known")
        return name

    def _hexadecimal(self) -> int:
        digits = self._next()
        if digits == "{":
            end = self.text.find("}", self.place)
            digits = self.text[self.place : max(end, self.place)]
            self.place = end + 1
        else:
            digits += self._next()
        if not digits or len(digits) > 6 or digits.strip("0123456789abcdefABCDEF"):
            raise Uncertain("the pattern has an escape that is not read")
        return int(digits, 16)

    def _class(self) -> Pattern:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        categories: list[str] = []
        first = True
        while first or not self._sees("]"):
            first = False
            if self._sees("[:"):
                ranges += self._posix()
                continue
            low = self._member(ranges, categories)
            if low is None:
                continue
            high = low
            if self._sees("-") and not self.text.startswith("-]", self.place):
                self.place += 1
                found = self._member([], [])
                if found is None or found < low:
                    raise Uncertain("the pattern has a range that is none")
                high = found
            ranges.append((low, high))
        self.place += 1
        return self._characters(tuple(ranges), tuple(categories), negated=negated)

    def _member(self, ranges: list[tuple[int, int]], categories: list[str]) -> int | None:
        """One character of a class; None for a class within it, which is added to the lists."""
        character = self._next()
        if character != "\\":
            return ord(character)
        found, named, negated = self._escaped(self._next())
        if len(found) == 1 and found[0][0] == found[0][1] and not negated:
            return found[0][0]
        if named and negated:
            raise Uncertain("the pattern has a class that is not read")
        ranges += _complement(found) if negated else found
        categories += named
        return None

    def _posix(self) -> Ranges:
        end = self.text.find(":]", self.place)
        name = self.text[self.place + 2 : max(end, self.place)]
        if name.removeprefix("^") not in _POSIX:
            raise Uncertain("the pattern names a class that is not known")
        self.place = end + 2
        ranges = _POSIX[name.removeprefix("^")]
        return _complement(ranges) if name.startswith("^") else ranges


def _complement(ranges: Ranges) -> Ranges:
    gaps, place = [], 0
    for low, high in ranges:
        if low > place:
            gaps.append((place, low - 1))
        place = high + 1
    return (*gaps, (place, _LAST))
