"""Terraform's values as Python's, and the operations on them, with a third answer: unknown.

Null is ``None``, numbers are ``int`` or ``float`` (an integral float becomes ``int``), lists,
sets and tuples are ``list``, maps and objects ``dict``. An operation whose operands Terraform
would refuse gives unknown: such a configuration has no plan.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

from prodready_infra.model.node import Unknown


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def normal(number: float) -> Any:
    """An integral float as the integer that Terraform's single number type makes of it."""
    if type(number) is float and math.isfinite(number) and number == int(number):
        return int(number)
    return number


def first_unknown(value: Any) -> Unknown | None:
    """Some unknown inside a value, or the value itself; what is shared is looked at once."""
    stack, seen = [value], set()
    while stack:
        here = stack.pop()
        kind = type(here)
        if kind is Unknown:
            return here  # type: ignore[no-any-return]
        if kind in (list, dict) and id(here) not in seen:
            seen.add(id(here))
            stack += reversed(list(here.values())) if kind is dict else reversed(here)
    return None


def to_string(value: Any) -> Any:
    """As string conversion and templates write it; unknown for what has no such form."""
    if type(value) is str or type(value) is Unknown:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return (
            format(value, ".17g")
            if float(format(value, ".15g")) != value
            else format(value, ".15g")
        )
    return Unknown("it is no string")


def to_number(value: Any) -> Any:
    if is_number(value) or type(value) is Unknown or value is None:
        return value
    if type(value) is str:
        try:
            return int(value)
        except ValueError:
            try:
                number = float(value)
            except ValueError:
                return Unknown("it is no number")
            return normal(number) if math.isfinite(number) else Unknown("it is no number")
    return Unknown("it is no number")


def to_bool(value: Any) -> Any:
    if type(value) in (bool, Unknown) or value is None:
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    return Unknown("it is no boolean")


def equal(left: Any, right: Any) -> Any:
    """``==``: values of different types differ; unknown inside makes the answer unknown."""
    unknown = first_unknown([left, right])
    if unknown is not None:
        return unknown
    return same(left, right)


def same(left: Any, right: Any) -> bool:
    """Equality of known values: ``1``, ``"1"`` and ``true`` are three things."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if type(left) is list:
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) is dict:
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return bool(left == right)


def unary(operator: str, operand: Any) -> Any:
    if operator == "!":
        value = to_bool(operand)
        return (not value) if type(value) is bool else _operand(value)
    value = to_number(operand)
    return -value if is_number(value) else _operand(value)


def binary(operator: str, left: Any, right: Any) -> Any:
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        answer = equal(left, right)
        return (not answer) if type(answer) is bool else answer
    if operator in ("&&", "||"):
        return _logical(operator, to_bool(left), to_bool(right))
    a, b = to_number(left), to_number(right)
    for value in (a, b):
        if not is_number(value):
            return _operand(value)
    try:
        result = _ARITHMETIC[operator](a, b)
    except OverflowError:
        return Unknown("its result is too large")
    if is_number(result) and not abs(result) <= sys.float_info.max:
        return Unknown("its result is too large")
    return result


def _operand(value: Any) -> Unknown:
    return value if type(value) is Unknown else Unknown("an operand is null")


def _logical(operator: str, left: Any, right: Any) -> Any:
    decisive = operator == "||"
    for value in (left, right):
        if value is decisive:
            return decisive
    for value in (left, right):
        if type(value) is not bool:
            return _operand(value)
    return not decisive


def _divide(a: float, b: float) -> Any:
    return normal(a / b) if b else Unknown("it divides by zero")


def _remainder(a: float, b: float) -> Any:
    return normal(math.fmod(a, b)) if b else Unknown("it divides by zero")


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: normal(a + b),
    "-": lambda a, b: normal(a - b),
    "*": lambda a, b: normal(a * b),
    "/": _divide,
    "%": _remainder,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
