"""``yamlencode`` and ``yamldecode``.

https://developer.hashicorp.com/terraform/language/functions/yamldecode: the tags of plain
scalars are those of Terraform's own library, which is neither YAML 1.1 nor 1.2.
"""

import re
from datetime import date
from typing import Any

import yaml

from prodready_infra.sources.terraform import numbers, values
from prodready_infra.sources.terraform.kinds import ANY, STRING
from prodready_infra.sources.terraform.parse.strings import normal
from prodready_infra.sources.terraform.registry import function, limited
from prodready_infra.sources.terraform.values import Refused, Uncertain

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_BOOLEANS = {
    name: truth
    for truth, names in ((True, "true yes on y"), (False, "false no off n"))
    for word in names.split()
    for name in (word, word.title(), word.upper())
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})([Tt ].*)?", re.DOTALL)
_WIDTH = 80
_PRINTED = re.compile("[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
}


@function("yamldecode", STRING)
def _yamldecode(text: str) -> Any:
    if "\ufeff" in text:
        raise Uncertain("it has a byte order mark")
    loader = _Loader(text)
    try:
        documents = _Reader(loader)
        return documents.read()
    except yaml.YAMLError:
        raise Refused("it is no YAML that Terraform reads") from None
    finally:
        loader.dispose()


class _Reader:
    """Makes a value of the events of one document."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.anchors: dict[str, Any] = {}

    def read(self) -> Any:
        self._expect(yaml.StreamStartEvent)
        start = self.loader.get_event()
        if not isinstance(start, yaml.DocumentStartEvent):
            raise Refused("it is not one document")
        if start.version not in (None, (1, 1)):
            raise Uncertain("it is of another version")
        value = self._value(self.loader.get_event())
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        limited(values.survey(value)[0], values.MAX_WEIGHT)
        return value

    def _expect(self, kind: type) -> None:
        if not isinstance(self.loader.get_event(), kind):
            raise Refused("it is not one document")

    def _value(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise Uncertain("it names an anchor that is not there, or not yet")
            return self.anchors[event.anchor]
        if event.anchor is not None:  # it names itself nowhere inside
            self.anchors.pop(event.anchor, None)
        value = self._content(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _content(self, event: Any) -> Any:
        scalar = isinstance(event, yaml.ScalarEvent)
        if scalar and event.tag == "tag:yaml.org,2002:str":
            return normal(event.value)
        if event.tag is not None and event.tag != "!":
            raise Uncertain("it has tags")
        if scalar:
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
                items.append(self._value(event))
            return items
        found: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            self._entry(event, found)
        return dict(sorted(found.items()))

    def _entry(self, event: Any, found: dict[str, Any]) -> None:
        """Adds a key and its value, or all that ``<<`` takes over; what comes later wins."""
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise Uncertain("a key has an anchor")
        key = self._value(event)
        value = self._value(self.loader.get_event())
        if key is None or isinstance(key, list | dict):
            raise Refused("a key is no text")
        if key != "<<":
            found[values.to_string(key)] = value
        elif event.style or not isinstance(value, dict):
            raise Uncertain("it takes over what is no mapping")
        else:
            found.update(value)


def _scalar(event: Any) -> Any:
    text = event.value
    if event.style or event.tag == "!":
        return normal(text)
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _SPECIAL.fullmatch(text):
        raise Uncertain("it has a number that is none")
    if (match := _DATE.fullmatch(text)) is not None:
        return _date(*match.groups()) or text
    try:
        if _WHOLE.fullmatch(text) and text[:2] in ("0o", "0x"):
            return numbers.rounded(int(text, 0))
        if _FLOAT.fullmatch(text):
            return numbers.parsed(text)
    except OverflowError:
        raise Uncertain("it has a number that is too large") from None
    return normal(text)


def _date(year: str, month: str, day: str, rest: str | None) -> str | None:
    """A date as the time at which it begins; None for one that is in no calendar."""
    if rest is not None or year == "0000":
        raise Uncertain("it has a time")
    try:
        return f"{date(int(year), int(month), int(day)).isoformat()}T00:00:00Z"
    except ValueError:
        return None


# Encoding


@function("yamlencode", ANY, nulls=True)
def _yamlencode(value: Any) -> str:
    if not isinstance(value, list | dict):
        written = _encoded_scalar(value, 0, 0)
        return f"{written}\n" if type(value) is str else f"{written}\n...\n"
    if not value:
        return "[]\n" if isinstance(value, list) else "{}\n"
    lines: list[str] = []
    _encode(value, 0, "", lines)
    limited(sum(map(len, lines)))
    text = "\n".join(lines) + "\n"
    if _keeps_breaks(value):
        raise Uncertain("its last text ends in empty lines")
    return text


def _keeps_breaks(value: Any) -> bool:
    """Whether the document ends in a text whose last line breaks are kept, and is marked so."""
    while isinstance(value, list | dict) and value:
        value = value[max(value)] if isinstance(value, dict) else value[-1]
    return type(value) is str and (value == "\n" or value.endswith("\n\n"))


def _encode(value: Any, indent: int, first: str, lines: list[str]) -> None:
    """The lines of a collection; ``first`` stands before the first of them."""
    start = first
    if isinstance(value, list):
        for item in value:
            _encode_item(item, f"{start}-", indent, lines, listed=True)
            start = " " * indent
        return
    for key in sorted(value):
        if len(key) > 100 or "\n" in key or not key.isascii():
            raise Uncertain("a key is too long, or not ASCII")
        label = f"{start}{_quoted(key, 0, None)}:"
        _encode_item(value[key], label, indent, lines, listed=False)
        start = " " * indent


def _encode_item(value: Any, label: str, indent: int, lines: list[str], *, listed: bool) -> None:
    if not isinstance(value, list | dict):
        lines.append(f"{label} {_encoded_scalar(value, indent + 2, len(label) + 1)}")
    elif not value:
        lines.append(f"{label} []" if isinstance(value, list) else f"{label} {{}}")
    elif listed:
        _encode(value, indent + 2, f"{label} ", lines)
    else:
        lines.append(label)
        deeper = indent if isinstance(value, list) else indent + 2
        _encode(value, deeper, " " * deeper, lines)


def _encoded_scalar(value: Any, indent: int, column: int) -> str:
    if type(value) is not str:
        text: Any = "null" if value is None else values.to_string(value)
        if type(text) is not str:
            raise Uncertain(text.reason)
        return text
    if "\n" not in value:
        return _quoted(value, column, max(indent, 2))
    if re.search(r" \n| \Z|[^\n\x20-\x7e]|\n\Z.|\A[ \n]", value):
        raise Uncertain("it has a text of several lines that is written in another way")
    kept = len(value) - len(value.rstrip("\n"))
    marks = {0: "|-", 1: "|"}.get(kept, "|+")
    margin = " " * max(indent, 2)
    body = value.removesuffix("\n").split("\n")
    return "\n".join([marks, *(margin + line if line else "" for line in body)])


def _quoted(text: str, column: int, indent: int | None) -> str:
    """In double quotes; with an indent, broken at blanks where a line has become too long."""
    written = ['"']
    column += 1
    broken = False
    for place, character in enumerate(text):
        blank = character == " "
        inside = 0 < place < len(text) - 1
        if blank and indent is not None and not broken and column > _WIDTH and inside:
            following = "\\" if text[place + 1] == " " else ""
            written.append("\n" + " " * indent + following)
            column = indent + len(following)
            broken = True
            continue
        broken = blank
        if character in _ESCAPES or not _PRINTED.fullmatch(character):
            code = ord(character)
            width = 2 if code < 0x100 else 4 if code < 0x10000 else 8
            letter = {2: "x", 4: "u", 8: "U"}[width]
            form = _ESCAPES.get(character, f"\\{letter}{code:0{width}X}")
        else:
            form = character
        written.append(form)
        column += len(form)
    return "".join(written) + '"'
