"""``format`` and ``formatlist``.

https://developer.hashicorp.com/terraform/language/functions/format
"""

import re
from dataclasses import dataclass
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import numbers, values
from prodready_infra.sources.terraform.functions.encoding import json_text
from prodready_infra.sources.terraform.functions.text import characters
from prodready_infra.sources.terraform.kinds import ANY, STRING, quoted
from prodready_infra.sources.terraform.registry import function, limited
from prodready_infra.sources.terraform.values import (
    MAX_ELEMENTS,
    ListValue,
    Refused,
    SetValue,
    Uncertain,
)

MAX_WIDTH = 1000

_VERB = re.compile(r"%([ +#0-]*)([0-9]*)(?:\.([0-9]*))?(?:\[([0-9]+)\])?([a-zA-Z])")
_BASES = {"b": (2, "0b"), "o": (8, "0"), "x": (16, "0x"), "X": (16, "0X")}


@dataclass(frozen=True, slots=True)
class Verb:
    """``%5.1f`` and the like; ``index`` is that of the argument, from one."""

    flags: str
    width: int
    precision: int | None
    index: int | None
    letter: str


def _parts(text: str) -> list[str | Verb]:
    """The literal text and the verbs of a format."""
    parts: list[str | Verb] = []
    place = 0
    while (sign := text.find("%", place)) >= 0:
        parts.append(text[place:sign])
        if text.startswith("%%", sign):
            parts.append("%")
            place = sign + 2
            continue
        match = _VERB.match(text, sign)
        if match is None:
            raise Refused("a verb is not complete")
        flags, width, precision, index, letter = match.groups()
        limited(max(len(width), len(precision or ""), len(index or "")), 4)
        parts.append(
            Verb(
                flags,
                int(width or 0),
                None if precision is None else int(precision or 0),
                int(index) if index else None,
                letter,
            )
        )
        place = match.end()
    return [*parts, text[place:]]


def formatted(text: str, arguments: list[Any]) -> str:
    written: list[str] = []
    following, used = 0, 0
    for part in _parts(text):
        if isinstance(part, str):
            written.append(part)
            continue
        if part.index is not None:
            following = part.index - 1
        if not 0 <= following < len(arguments):
            raise Refused("there are too few of them")
        limited(max(part.width, part.precision or 0), MAX_WIDTH)
        written.append(_written(part, arguments[following]))
        following += 1
        used = max(used, following)
    if used < len(arguments):
        raise Refused("there are too many of them")
    limited(sum(map(len, written)))
    return "".join(written)


def _written(verb: Verb, value: Any) -> str:
    if value is None:
        raise Uncertain("one of them is null")
    if verb.letter == "v":
        return _as_it_is(verb, value)
    if verb.letter in "sq":
        return _text(verb, _converted(values.to_string(value)))
    if verb.letter == "t":
        return "true" if _converted(values.to_bool(value)) else "false"
    if verb.letter in "bdoxXeEfgG":
        return _number(verb, _converted(values.to_number(value)))
    raise Refused(f"there is no verb %{verb.letter}")


def _converted(value: Any) -> Any:
    if isinstance(value, values.Refusal):
        raise Refused(value.reason)
    if isinstance(value, Unknown):
        raise Uncertain(value.reason)
    return value


def _as_it_is(verb: Verb, value: Any) -> str:
    if set(verb.flags) - set("#-") or verb.precision is not None:
        raise Uncertain("a verb has flags that are not read")
    if "#" in verb.flags or isinstance(value, list | dict):
        text = json_text(value)
    elif values.is_number(value):
        text = _general(value, None)
    else:
        text = values.to_string(value)
    return _padded(verb, text)


def _text(verb: Verb, text: str) -> str:
    if verb.precision is not None and verb.letter == "s":
        text = characters(text)[: verb.precision]
    elif verb.precision is not None or "#" in verb.flags:
        raise Uncertain("a verb has flags that are not read")
    return _padded(verb, quoted(text) if verb.letter == "q" else text)


def _padded(verb: Verb, text: str) -> str:
    if not verb.width:
        return text
    missing = verb.width - len(characters(text))
    if "-" in verb.flags:
        return text + " " * missing
    return ("0" if "0" in verb.flags else " ") * missing + text


def _general(number: Any, precision: int | None) -> str:
    text = numbers.general(number, precision)
    if text is None:
        raise Uncertain("the digits of a number depend on how it was computed")
    return text


def _number(verb: Verb, number: Any) -> str:
    sign = "-" if number < 0 else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    letter = verb.letter
    if letter == "d" or letter in _BASES:
        digits = _whole(verb, number)
    elif "#" in verb.flags:
        raise Uncertain("a verb has flags that are not read")
    elif letter == "f":
        digits = numbers.fixed(number, 6 if verb.precision is None else verb.precision)
    elif letter in "eE":
        digits = numbers.scientific(number, 6 if verb.precision is None else verb.precision)
    else:
        digits = _general(abs(number), verb.precision)
    if letter in "EG":
        digits = digits.upper()
    missing = verb.width - len(sign) - len(digits)
    if "-" in verb.flags:
        return sign + digits + " " * missing
    if "0" in verb.flags and not (verb.precision is not None and letter in "dboxX"):
        return sign + "0" * missing + digits
    return " " * missing + sign + digits


def _whole(verb: Verb, number: Any) -> str:
    if type(number) is not int:
        raise Refused("a number is not whole")
    if verb.letter == "d":
        digits, prefix = str(abs(number)), ""
    else:
        base, prefix = _BASES[verb.letter]
        digits = format(abs(number), {2: "b", 8: "o", 16: verb.letter}[base])
    if verb.precision is not None:
        digits = digits.rjust(verb.precision, "0") if number or verb.precision else ""
    if "#" in verb.flags and prefix:
        if verb.width or verb.precision is not None or not number:
            raise Uncertain("a verb has flags that are not read")
        return prefix + digits
    return digits


@function("format", STRING, rest=ANY, nulls=True)
def _format(text: str, *arguments: Any) -> str:
    if text is None:
        raise Refused("one of them is null")
    return formatted(text, list(arguments))


@function("formatlist", STRING, rest=ANY, nulls=True)
def _formatlist(text: str, *arguments: Any) -> Any:
    if text is None or None in arguments:
        raise Uncertain("one of them is null")
    lengths = {len(item) for item in arguments if isinstance(item, list)}
    if len(lengths) > 1:
        raise Refused("the lists are not of one length")
    if any(type(item) not in (list, ListValue, SetValue, str, bool) for item in arguments) and any(
        isinstance(item, dict | values.Sequence) for item in arguments
    ):
        raise Uncertain("one of them is neither a list nor a text")
    count = lengths.pop() if lengths else 1
    limited(count, MAX_ELEMENTS)
    limited(count * (len(text) + sum(len(i) for i in arguments if type(i) is str)))
    rows = (
        [item[row] if isinstance(item, list) else item for item in arguments]
        for row in range(count)
    )
    return ListValue([formatted(text, row) for row in rows], STRING)
