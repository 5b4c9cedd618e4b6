"""Terraform's built-in functions over three-valued values.

Each takes the list of evaluated arguments. An unknown argument makes the result unknown unless
the function says otherwise; an argument that Terraform would refuse does so too.
https://developer.hashicorp.com/terraform/language/functions
"""

import base64
import binascii
import json
import math
from collections.abc import Callable
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values

Function = Callable[[list[Any]], Any]
FUNCTIONS: dict[str, Function] = {}
MAX_RANGE = 1024


def _known(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function that is only called with arguments known through and through."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(arguments: list[Any]) -> Any:
            unknown = values.first_unknown(arguments)
            return unknown if unknown is not None else _attempt(name, function, arguments)

        FUNCTIONS[name] = call
        return function

    return register


def _shallow(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function that carries elements over unread: only they may be unknown."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(arguments: list[Any]) -> Any:
            for argument in arguments:
                if type(argument) is Unknown:
                    return argument
            return _attempt(name, function, arguments)

        FUNCTIONS[name] = call
        return function

    return register


def _attempt(name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError):
        return Unknown(f"{name} cannot be applied to these arguments")


def _text(value: Any) -> str:
    text = values.to_string(value)
    if type(text) is not str:
        raise TypeError
    return text


def _number(value: Any) -> Any:
    number = values.to_number(value)
    if not values.is_number(number):
        raise TypeError
    return number


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return value


@_known("lower")
def _lower(text: Any) -> str:
    return _by_character(_text(text), str.lower)


@_known("upper")
def _upper(text: Any) -> str:
    return _by_character(_text(text), str.upper)


def _by_character(text: str, convert: Callable[[str], str]) -> str:
    """As Go does it: a character whose other case is two characters stays as it is."""
    return "".join(c if len(convert(c)) != 1 else convert(c) for c in text)


@_known("join")
def _join(separator: Any, *lists: Any) -> str:
    return _text(separator).join(_text(item) for part in lists for item in _list(part))


@_known("split")
def _split(separator: Any, text: Any) -> list[str]:
    if not separator:
        return list(_text(text))
    return _text(text).split(_text(separator))


@_known("replace")
def _replace(text: Any, old: Any, new: Any) -> Any:
    pattern = _text(old)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        return Unknown("replace with a regular expression is not evaluated")
    return _text(text).replace(pattern, _text(new))


@_known("trimspace")
def _trimspace(text: Any) -> str:
    return _text(text).strip()


@_known("trimprefix")
def _trimprefix(text: Any, prefix: Any) -> str:
    return _text(text).removeprefix(_text(prefix))


@_known("trimsuffix")
def _trimsuffix(text: Any, suffix: Any) -> str:
    return _text(text).removesuffix(_text(suffix))


@_known("startswith")
def _startswith(text: Any, prefix: Any) -> bool:
    return _text(text).startswith(_text(prefix))


@_known("endswith")
def _endswith(text: Any, suffix: Any) -> bool:
    return _text(text).endswith(_text(suffix))


@_known("strcontains")
def _strcontains(text: Any, part: Any) -> bool:
    return _text(part) in _text(text)


@_known("substr")
def _substr(text: Any, offset: Any, length: Any) -> str:
    content, start = _text(text), int(_number(offset))
    start = start if start >= 0 else len(content) + start
    count = int(_number(length))
    return content[start:] if count < 0 else content[start : start + count]


@_known("tostring")
def _tostring(value: Any) -> Any:
    return None if value is None else _text(value)


@_known("tonumber")
def _tonumber(value: Any) -> Any:
    return None if value is None else _number(value)


@_known("tobool")
def _tobool(value: Any) -> Any:
    return values.to_bool(value)


@_shallow("tolist")
def _tolist(value: Any) -> list[Any]:
    return _list(value)


@_shallow("tomap")
def _tomap(value: Any) -> dict[str, Any]:
    return _dict(value)


@_known("toset")
def _toset(value: Any) -> list[Any]:
    return _sorted_set(_list(value))


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


@_shallow("length")
def _length(value: Any) -> int:
    if type(value) not in (str, list, dict):
        raise TypeError
    return len(value)


@_shallow("keys")
def _keys(value: Any) -> list[str]:
    return sorted(_dict(value))


@_shallow("values")
def _values(value: Any) -> list[Any]:
    return [_dict(value)[key] for key in sorted(value)]


@_shallow("element")
def _element(items: Any, index: Any) -> Any:
    return _list(items)[int(_number(index)) % len(items)]


@_shallow("one")
def _one(items: Any) -> Any:
    if len(_list(items)) > 1:
        raise ValueError
    return items[0] if items else None


@_shallow("concat")
def _concat(*lists: Any) -> list[Any]:
    return [item for part in lists for item in _list(part)]


@_known("flatten")
def _flatten(items: Any) -> list[Any]:
    flat: list[Any] = []
    for item in _list(items):
        flat += _flatten(item) if type(item) is list else [item]
    return flat


@_known("compact")
def _compact(items: Any) -> list[Any]:
    return [item for item in _list(items) if item not in (None, "")]


@_known("distinct")
def _distinct(items: Any) -> list[Any]:
    return [item for i, item in enumerate(_list(items)) if item not in items[:i]]


@_known("contains")
def _contains(items: Any, wanted: Any) -> bool:
    return any(values.same(item, wanted) for item in _list(items))


@_shallow("merge")
def _merge(*maps: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in maps:
        merged |= {} if part is None else _dict(part)
    return merged


@_shallow("lookup")
def _lookup(mapping: Any, key: Any, *default: Any) -> Any:
    found = _dict(mapping)
    return found[_text(key)] if _text(key) in found else default[0]


@_shallow("zipmap")
def _zipmap(keys: Any, items: Any) -> dict[str, Any]:
    return dict(zip(map(_text, _list(keys)), _list(items), strict=True))


@_shallow("slice")
def _slice(items: Any, start: Any, end: Any) -> list[Any]:
    low, high = int(_number(start)), int(_number(end))
    if not 0 <= low <= high <= len(_list(items)):
        raise ValueError
    return _list(items)[low:high]


@_shallow("reverse")
def _reverse(items: Any) -> list[Any]:
    return _list(items)[::-1]


@_known("sort")
def _sort(items: Any) -> list[str]:
    return sorted(map(_text, _list(items)))


@_known("range")
def _range(*bounds: Any) -> Any:
    numbers = [int(_number(bound)) for bound in bounds]
    found = range(*numbers)
    return list(found) if len(found) <= MAX_RANGE else Unknown("range has too many elements")


@_known("max")
def _max(*numbers: Any) -> Any:
    return max(map(_number, numbers))


@_known("min")
def _min(*numbers: Any) -> Any:
    return min(map(_number, numbers))


@_known("abs")
def _abs(number: Any) -> Any:
    return abs(_number(number))


@_known("ceil")
def _ceil(number: Any) -> Any:
    return math.ceil(_number(number))


@_known("floor")
def _floor(number: Any) -> Any:
    return math.floor(_number(number))


@_known("sum")
def _sum(items: Any) -> Any:
    return values.normal(sum(map(_number, _list(items))))


@_known("alltrue")
def _alltrue(items: Any) -> bool:
    return all(values.to_bool(item) is True for item in _list(items))


@_known("anytrue")
def _anytrue(items: Any) -> bool:
    return any(values.to_bool(item) is True for item in _list(items))


@_known("jsonencode")
def _jsonencode(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@_known("jsondecode")
def _jsondecode(text: Any) -> Any:
    return json.loads(_text(text))


@_known("base64encode")
def _base64encode(text: Any) -> str:
    return base64.b64encode(_text(text).encode()).decode()


@_known("base64decode")
def _base64decode(text: Any) -> str:
    try:
        return base64.b64decode(_text(text), validate=True).decode()
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
