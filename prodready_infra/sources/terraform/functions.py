"""Terraform's built-in functions over three-valued values.

Each takes the list of evaluated arguments. An unknown argument makes the result unknown unless
the function says otherwise; an argument that Terraform would refuse does so too.
https://developer.hashicorp.com/terraform/language/functions
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.registry import (
    FUNCTIONS,
    as_dict,
    as_list,
    as_number,
    as_text,
    known,
    shallow,
)

__all__ = ["FUNCTIONS"]

MAX_RANGE = 1024


@known("lower")
def _lower(text: Any) -> str:
    return _by_character(as_text(text), str.lower)


@known("upper")
def _upper(text: Any) -> str:
    return _by_character(as_text(text), str.upper)


def _by_character(text: str, convert: Callable[[str], str]) -> str:
    """As Go does it: a character whose other case is two characters stays as it is."""
    return "".join(c if len(convert(c)) != 1 else convert(c) for c in text)


@known("join")
def _join(separator: Any, *lists: Any) -> str:
    return as_text(separator).join(as_text(item) for part in lists for item in as_list(part))


@known("split")
def _split(separator: Any, text: Any) -> list[str]:
    if not separator:
        return list(as_text(text))
    return as_text(text).split(as_text(separator))


@known("replace")
def _replace(text: Any, old: Any, new: Any) -> Any:
    pattern = as_text(old)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        return Unknown("replace with a regular expression is not evaluated")
    return as_text(text).replace(pattern, as_text(new))


@known("trimspace")
def _trimspace(text: Any) -> str:
    return as_text(text).strip()


@known("trimprefix")
def _trimprefix(text: Any, prefix: Any) -> str:
    return as_text(text).removeprefix(as_text(prefix))


@known("trimsuffix")
def _trimsuffix(text: Any, suffix: Any) -> str:
    return as_text(text).removesuffix(as_text(suffix))


@known("startswith")
def _startswith(text: Any, prefix: Any) -> bool:
    return as_text(text).startswith(as_text(prefix))


@known("endswith")
def _endswith(text: Any, suffix: Any) -> bool:
    return as_text(text).endswith(as_text(suffix))


@known("strcontains")
def _strcontains(text: Any, part: Any) -> bool:
    return as_text(part) in as_text(text)


@known("substr")
def _substr(text: Any, offset: Any, length: Any) -> str:
    content, start = as_text(text), int(as_number(offset))
    start = start if start >= 0 else len(content) + start
    count = int(as_number(length))
    return content[start:] if count < 0 else content[start : start + count]


_VERB = re.compile(r"%(?:%|(?:\.(\d+))?([sdv]))")


@known("format")
def _format(spec: Any, *arguments: Any) -> Any:
    """The verbs ``%s``, ``%.3s``, ``%d`` and ``%v``; any other is not evaluated."""
    text, waiting = as_text(spec), list(arguments)
    if _VERB.sub("", text).count("%"):
        return Unknown("format with such a verb is not evaluated")

    def written(match: re.Match[str]) -> str:
        if match[2] is None:
            return "%"
        value = waiting.pop(0)
        if match[2] == "d" and type(as_number(value)) is not int:
            raise ValueError
        shown = as_text(value)
        return shown[: int(match[1])] if match[1] and match[2] == "s" else shown

    result = _VERB.sub(written, text)
    return result if not waiting else Unknown("format has too many arguments")


@known("tostring")
def _tostring(value: Any) -> Any:
    return None if value is None else as_text(value)


@known("tonumber")
def _tonumber(value: Any) -> Any:
    return None if value is None else as_number(value)


@known("tobool")
def _tobool(value: Any) -> Any:
    return values.to_bool(value)


@shallow("tolist")
def _tolist(value: Any) -> list[Any]:
    return as_list(value)


@shallow("tomap")
def _tomap(value: Any) -> dict[str, Any]:
    return as_dict(value)


@known("toset")
def _toset(value: Any) -> list[Any]:
    return _sorted_set(as_list(value))


def _sorted_set(items: list[Any]) -> list[Any]:
    """Without duplicates; strings in the lexical order that Terraform iterates sets in."""
    unique: list[Any] = []
    seen: set[str] = set()
    for item in items:
        key = json.dumps(item, sort_keys=True)
        if key not in seen:
            seen.add(key)
            unique.append(item)
    return sorted(unique) if all(type(item) is str for item in unique) else unique


@shallow("length")
def _length(value: Any) -> int:
    if type(value) not in (str, list, dict):
        raise TypeError
    return len(value)


@shallow("keys")
def _keys(value: Any) -> list[str]:
    return sorted(as_dict(value))


@shallow("values")
def _values(value: Any) -> list[Any]:
    return [as_dict(value)[key] for key in sorted(value)]


@shallow("element")
def _element(items: Any, index: Any) -> Any:
    return as_list(items)[int(as_number(index)) % len(items)]


@shallow("one")
def _one(items: Any) -> Any:
    if len(as_list(items)) > 1:
        raise ValueError
    return items[0] if items else None


@shallow("concat")
def _concat(*lists: Any) -> list[Any]:
    return [item for part in lists for item in as_list(part)]


@known("flatten")
def _flatten(items: Any) -> list[Any]:
    flat: list[Any] = []
    for item in as_list(items):
        flat += _flatten(item) if type(item) is list else [item]
    return flat


@known("compact")
def _compact(items: Any) -> list[Any]:
    return [item for item in as_list(items) if item not in (None, "")]


@known("distinct")
def _distinct(items: Any) -> list[Any]:
    return [item for i, item in enumerate(as_list(items)) if item not in items[:i]]


@known("contains")
def _contains(items: Any, wanted: Any) -> bool:
    return any(values.same(item, wanted) for item in as_list(items))


@shallow("merge")
def _merge(*maps: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in maps:
        merged |= {} if part is None else as_dict(part)
    return merged


@shallow("lookup")
def _lookup(mapping: Any, key: Any, *default: Any) -> Any:
    found = as_dict(mapping)
    return found[as_text(key)] if as_text(key) in found else default[0]


@shallow("zipmap")
def _zipmap(keys: Any, items: Any) -> dict[str, Any]:
    return dict(zip(map(as_text, as_list(keys)), as_list(items), strict=True))


@shallow("slice")
def _slice(items: Any, start: Any, end: Any) -> list[Any]:
    low, high = int(as_number(start)), int(as_number(end))
    if not 0 <= low <= high <= len(as_list(items)):
        raise ValueError
    return as_list(items)[low:high]


@shallow("reverse")
def _reverse(items: Any) -> list[Any]:
    return as_list(items)[::-1]


@known("sort")
def _sort(items: Any) -> list[str]:
    return sorted(map(as_text, as_list(items)))


@known("range")
def _range(*bounds: Any) -> Any:
    numbers = [int(as_number(bound)) for bound in bounds]
    found = range(*numbers)
    return list(found) if len(found) <= MAX_RANGE else Unknown("range has too many elements")


@known("max")
def _max(*numbers: Any) -> Any:
    return max(map(as_number, numbers))


@known("min")
def _min(*numbers: Any) -> Any:
    return min(map(as_number, numbers))


@known("abs")
def _abs(number: Any) -> Any:
    return abs(as_number(number))


@known("ceil")
def _ceil(number: Any) -> Any:
    return math.ceil(as_number(number))


@known("floor")
def _floor(number: Any) -> Any:
    return math.floor(as_number(number))


@known("sum")
def _sum(items: Any) -> Any:
    return values.normal(sum(map(as_number, as_list(items))))


@known("alltrue")
def _alltrue(items: Any) -> bool:
    return all(values.to_bool(item) is True for item in as_list(items))


@known("anytrue")
def _anytrue(items: Any) -> bool:
    return any(values.to_bool(item) is True for item in as_list(items))


@known("jsonencode")
def _jsonencode(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@known("jsondecode")
def _jsondecode(text: Any) -> Any:
    return json.loads(as_text(text))


@known("base64encode")
def _base64encode(text: Any) -> str:
    return base64.b64encode(as_text(text).encode()).decode()


@known("base64decode")
def _base64decode(text: Any) -> str:
    try:
        return base64.b64decode(as_text(text), validate=True).decode()
    except binascii.Error:
        raise ValueError from None


def _coalesce(arguments: list[Any]) -> Any:
    """The first argument that is neither null nor empty; an unknown one before it decides."""
    for argument in arguments:
        if type(argument) is Unknown:
            return argument
        if argument is not None and argument != "":
            return argument
    return Unknown("coalesce has nothing to choose")


def _coalescelist(arguments: list[Any]) -> Any:
    for argument in arguments:
        if type(argument) is Unknown or argument:
            return argument
    return Unknown("coalescelist has nothing to choose")


def _carry(arguments: list[Any]) -> Any:
    return arguments[0] if arguments else Unknown("it has no arguments")


FUNCTIONS["coalesce"] = _coalesce
FUNCTIONS["coalescelist"] = _coalescelist
FUNCTIONS["sensitive"] = _carry
FUNCTIONS["nonsensitive"] = _carry
