"""JSON with the place of every value and name, for Python's own reader tells none."""

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from prodready_infra.sources.terraform.parse.limits import MAX_DEPTH, TOO_DEEP
from prodready_infra.sources.terraform.syntax import SyntaxProblem

_TOKEN = re.compile(
    rb"(?P<mark>[{}\[\],:])"
    rb'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    rb"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![\w.])"
    rb"|(?P<word>true|false|null)\b"
)
_BLANK = re.compile(rb"[ \t\r\n]*+")
_WORDS = {b"true": True, b"false": False, b"null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_DIGITS = 1000


@dataclass(slots=True)
class Member:
    """``"name": value`` in an object; a name may occur twice."""

    name: "Datum"
    value: "Datum"


@dataclass(slots=True)
class Members:
    """What stands between the braces of an object, in order."""

    items: list[Member]


Content: TypeAlias = "str | int | float | bool | list[Datum] | Members | None"


@dataclass(slots=True)
class Datum:
    """One value, and the range of bytes that it stands in."""

    content: Content
    start: int
    end: int


class _BrokenError(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.problem = SyntaxProblem(message, start, end)


def read_json(text: bytes) -> tuple[Datum | None, list[SyntaxProblem]]:
    """The value of a text; after an error, what was read before it."""
    reader = _Reader(text)
    try:
        reader.run()
    except _BrokenError as error:
        for datum in reader.opened:
            datum.end = error.problem.start
        return reader.whole, [error.problem]
    return reader.whole, []


class _Reader:
    """Reads token by token; the containers that are open stand in ``opened``."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 3 if text.startswith(b"\xef\xbb\xbf") else 0
        self.whole: Datum | None = None
        self.opened: list[Datum] = []
        self.name: Datum | None = None

    def run(self) -> None:
        self._value(self._token("a value"))
        while self.opened:
            content = self.opened[-1].content
            if isinstance(content, Members):
                self._in_object(content)
            elif isinstance(content, list):
                self._in_array(content)
        self.at = self._blank()
        if self.at < len(self.text):
            raise _BrokenError("unexpected text behind the end", self.at, self.at + 1)

    def _blank(self) -> int:
        match = _BLANK.match(self.text, self.at)
        return match.end() if match else self.at

    def _token(self, wanted: str) -> re.Match[bytes]:
        start = self._blank()
        match = _TOKEN.match(self.text, start)
        if match is None:
            early = start >= len(self.text)
            message = f"the text ends where {wanted} is expected" if early else f"expected {wanted}"
            raise _BrokenError(message, start, min(start + 1, len(self.text)))
        self.at = match.end()
        return match

    def _in_object(self, content: Members) -> None:
        token = self._token("a name or a closing brace")
        if content.items and token["mark"] == b",":
            token = self._token("a name")
        elif token["mark"] == b"}":
            self._close()
            return
        elif content.items:
            raise _BrokenError("expected a comma or a closing brace", *token.span())
        if token["string"] is None:
            raise _BrokenError("expected a name in quotes", *token.span())
        self.name = Datum(_string(token["string"]), *token.span())
        colon = self._token("a colon")
        if colon["mark"] != b":":
            raise _BrokenError("expected a colon", *colon.span())
        self._value(self._token("a value"))

    def _in_array(self, content: list[Datum]) -> None:
        token = self._token("a value or a closing bracket")
        if content and token["mark"] == b",":
            token = self._token("a value")
        elif token["mark"] == b"]":
            self._close()
            return
        elif content:
            raise _BrokenError("expected a comma or a closing bracket", *token.span())
        self._value(token)

    def _close(self) -> None:
        self.opened.pop().end = self.at

    def _value(self, token: re.Match[bytes]) -> None:
        start, end = token.span()
        mark = token["mark"]
        if mark is None:
            self._put(Datum(_scalar(token, start, end), start, end))
        elif mark in (b"{", b"["):
            if len(self.opened) >= MAX_DEPTH:
                raise _BrokenError(TOO_DEEP, start, end)
            datum = Datum(Members([]) if mark == b"{" else [], start, end)
            self._put(datum)
            self.opened.append(datum)
        else:
            raise _BrokenError("expected a value", start, end)

    def _put(self, datum: Datum) -> None:
        if not self.opened:
            self.whole = datum
            return
        content = self.opened[-1].content
        if isinstance(content, Members) and self.name is not None:
            content.items.append(Member(self.name, datum))
        elif isinstance(content, list):
            content.append(datum)


def _scalar(token: re.Match[bytes], start: int, end: int) -> str | int | float | bool | None:
    if token["string"] is not None:
        return _string(token["string"])
    if token["word"] is not None:
        return _WORDS[token["word"]]
    digits = token["number"]
    if len(digits) > _MAX_DIGITS:
        raise _BrokenError("a number is too long", start, end)
    number: int | float = json.loads(digits)
    return int(number) if type(number) is float and number.is_integer() else number


def _string(raw: bytes) -> str:
    """The text of a string; half a surrogate pair becomes what Go makes of it."""
    text: str = json.loads(raw)
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
