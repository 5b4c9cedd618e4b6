"""Functions on numbers.

https://developer.hashicorp.com/terraform/language/functions/abs and its neighbours
"""

import math
import re
from fractions import Fraction
from typing import Any

from prodready_infra.sources.terraform import numbers, values
from prodready_infra.sources.terraform.kinds import ANY, BOOL, NUMBER, convert, list_of
from prodready_infra.sources.terraform.registry import function, whole
from prodready_infra.sources.terraform.values import ListValue, Refused, Uncertain

MAX_RANGE = 1024
# Up to here Terraform's detour by floats of 64 bits changes no whole number.
_EXACT = 2**53
_DIGITS = re.compile(r"[+-]?[0-9A-Za-z]+")


@function("abs", NUMBER)
def _abs(number: Any) -> Any:
    return abs(number)


@function("ceil", NUMBER)
def _ceil(number: Any) -> Any:
    return math.ceil(number)


@function("floor", NUMBER)
def _floor(number: Any) -> Any:
    return math.floor(number)


@function("signum", NUMBER)
def _signum(number: Any) -> int:
    return int(whole(number) > 0) - int(number < 0)


@function("max", NUMBER, rest=NUMBER)
def _max(*found: Any) -> Any:
    return max(found)


@function("min", NUMBER, rest=NUMBER)
def _min(*found: Any) -> Any:
    return min(found)


@function("sum", ANY)
def _sum(items: Any) -> Any:
    if not isinstance(items, list) or not items:
        raise Refused("it is no list with elements")
    if isinstance(items, values.Sequence):
        raise Uncertain("whether it is a list or a set is not known")
    total: Any = 0
    for item in items:
        if item is None:
            raise Refused("an element is null")
        total = numbers.add(total, convert(item, NUMBER))
    return total


@function("pow", NUMBER, NUMBER)
def _pow(base: Any, power: Any) -> Any:
    """Where the way by floats of 64 bits, which Terraform takes, is exact."""
    if type(base) is not int or type(power) is not int or abs(power) > 1100:
        raise Uncertain("how exact it is computed is not known")
    if not base and power <= 0:
        raise Uncertain("zero is raised to nothing")
    if abs(base) > 1 and abs(power) > 53 and base & (base - 1):
        raise Uncertain("how exact it is computed is not known")
    result = Fraction(base) ** power
    bottom = result.denominator
    if abs(result.numerator) >= _EXACT or bottom >= _EXACT or bottom & (bottom - 1):
        raise Uncertain("how exact it is computed is not known")
    return numbers.whole(result)


@function("log", NUMBER, NUMBER)
def _log(number: Any, base: Any) -> Any:
    """Known for whole powers only: other digits differ from one machine to the next."""
    if number <= 0 or base <= 0:
        raise Uncertain("it has no such logarithm")
    if number == 1 and base != 1:
        return 0
    if base in (2, 10) and type(number) is int and number < 10**6:
        power = round(math.log(number, base))
        if base**power == number and math.log(number) / math.log(base) == power:
            return power
    raise Uncertain("its digits depend on the machine")


@function("parseint", ANY, NUMBER)
def _parseint(text: Any, base: Any) -> int:
    if type(text) is not str:
        raise Refused("it is no string")
    if not 2 <= whole(base) <= 62:
        raise Refused("there is no such base")
    if _DIGITS.fullmatch(text) is None or len(text) > 100:
        raise Refused("it is no whole number")
    number = 0
    for character in text.lstrip("+-"):
        digit = _digit(character, base)
        if digit >= base:
            raise Refused("it has digits that the base has not")
        number = number * base + digit
    return -number if text[0] == "-" else number


def _digit(character: str, base: int) -> int:
    if character.isdigit():
        return int(character)
    if character.islower() or base <= 36:
        return ord(character.lower()) - ord("a") + 10
    return ord(character) - ord("A") + 36


@function("range", NUMBER, rest=NUMBER)
def _range(*bounds: Any) -> Any:
    start, limit = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else (-1 if limit < start else 1)
    if len(bounds) > 3:
        raise Refused("there are too many of them")
    if start != limit and (not step or (step < 0) != (limit < start)):
        raise Refused("it would never end")
    found: list[Any] = []
    number = start
    while number > limit if step < 0 else number < limit:
        if len(found) == MAX_RANGE:
            raise Refused("it has too many elements")
        found.append(number)
        number = numbers.add(number, step)
    return ListValue(found, NUMBER)


@function("alltrue", list_of(BOOL))
def _alltrue(items: list[Any]) -> bool:
    return all(item is True for item in items)


@function("anytrue", list_of(BOOL))
def _anytrue(items: list[Any]) -> bool:
    return any(item is True for item in items)
