"""Terraform's values as Python's, and the operations on them, with a third answer: unknown.

Null is ``None``, numbers are ``int`` or ``Fraction``. Tuples and objects are plain ``list`` and
``dict``; lists, sets and maps, whose elements are of one type, are subclasses that know it. An
operation whose operands Terraform would refuse gives a :class:`Refusal`.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from prodready_infra.model.node import Encoded, Unknown
from prodready_infra.sources.terraform import numbers

MAX_ELEMENTS = 100_000
MAX_TEXT = 2**20
# What a value may weigh that a function looks at through and through: elements count as one,
# text by its length. A value that holds another one many times weighs it as often.
MAX_WEIGHT = 500_000
_TEXT_WEIGHT = 64


class Refusal(Unknown):
    """Unknown because Terraform itself refuses the expression: ``try`` goes on to the next."""

    __slots__ = ()


class Whole(Unknown):
    """A resource, or a call of a module: unknown as a whole, though parts of it are known."""

    __slots__ = ("part",)

    def __init__(self, reason: str, part: Callable[[Any], Any]) -> None:
        super().__init__(reason)
        self.part = part


class Refused(Exception):
    """Raised where Terraform is certain to refuse."""


class Uncertain(Exception):
    """Raised where what Terraform would do is not known; it may well succeed."""


class ListValue(list[Any]):
    """A list; ``element`` is the type of its elements, from ``kinds``."""

    __slots__ = ("element",)

    def __init__(self, items: Any, element: Any) -> None:
        super().__init__(items)
        self.element = element


class SetValue(ListValue):
    """A set without duplicates, in the order in which Terraform iterates over it.

    While elements are unknown, so are its order and its length.
    """

    __slots__ = ()


class Sequence(ListValue):
    """A list or a set: which of them is up to a provider that is not asked."""

    __slots__ = ()


class MapValue(dict[str, Any]):
    """A map; ``element`` is the type of its elements."""

    __slots__ = ("element",)

    def __init__(self, items: Any, element: Any) -> None:
        super().__init__(items)
        self.element = element


def is_number(value: Any) -> bool:
    return type(value) in (int, Fraction)


def survey(value: Any) -> tuple[int, Unknown | None]:
    """The weight of a value, and some unknown inside it or the value itself: a refusal first.

    Too large a value is unknown.
    """
    stack, weight = [value], 0
    found: Unknown | None = None
    while stack:
        here = stack.pop()
        weight += 1
        if isinstance(here, str):
            weight += len(here) // _TEXT_WEIGHT
        elif isinstance(here, list):
            stack += reversed(here)
        elif isinstance(here, dict):
            stack += reversed(here.values())
        elif isinstance(here, Unknown):
            if isinstance(here, Refusal):
                return weight, here
            found = here if found is None else found
        if weight + len(stack) > MAX_WEIGHT:
            return MAX_WEIGHT + 1, Unknown("it is too large to evaluate")
    return weight, found


def leaves(value: Any) -> Iterator[Any]:
    """What stands in a value at its ends, up to so much as is looked at."""
    stack, weight = [value], 0
    while stack and weight < MAX_WEIGHT:
        here = stack.pop()
        weight += 1
        if isinstance(here, list):
            stack += here
        elif isinstance(here, dict):
            stack += here.values()
        else:
            yield here


def first_unknown(value: Any) -> Unknown | None:
    """Some unknown inside a value, or the value itself; too large a value is unknown."""
    return survey(value)[1]


def plain(value: Any) -> Any:
    """A value as rules read it: without what only matters while computing."""
    if type(value) in (str, int, bool, Unknown) or value is None:
        return value
    try:
        return _plain(value, {})
    except RecursionError:
        return Unknown("it is nested too deep")


def _plain(value: Any, done: dict[int, Any]) -> Any:
    """What occurs many times is made plain once."""
    if isinstance(value, list | dict):
        if id(value) not in done:
            done[id(value)] = (
                [_plain(item, done) for item in value]
                if isinstance(value, list)
                else {key: _plain(item, done) for key, item in value.items()}
            )
        return done[id(value)]
    if type(value) is Fraction:
        return numbers.to_float(value)
    if isinstance(value, Encoded):
        return Encoded(value.reason, _plain(value.value, done))
    if isinstance(value, Unknown) and type(value) is not Unknown:
        return Unknown(value.reason, value.text)
    return value


def settled(value: Any) -> Any:
    """A collection whose elements can be told apart; raises :class:`Uncertain` otherwise."""
    if type(value) is SetValue and any(survey(item)[1] is not None for item in value):
        raise Uncertain("the elements of a set are not known")
    return value


def to_string(value: Any) -> Any:
    """As string conversion and templates write it; a refusal for what has no such form."""
    if type(value) is str or isinstance(value, Unknown):
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if is_number(value):
        text = numbers.text_of(value)
        return Unknown("its digits depend on how it was computed") if text is None else text
    return Refusal("null is no string" if value is None else "it is no string")


def to_number(value: Any) -> Any:
    if is_number(value) or isinstance(value, Unknown) or value is None:
        return value
    if type(value) is str:
        try:
            number = numbers.parsed(value)
        except OverflowError:
            return Unknown("it is too large a number")
        if number is not None:
            return number
        if "p" in value.lower():  # a binary exponent
            return Unknown("it is no decimal number")
    return Refusal("it is no number")


def to_bool(value: Any) -> Any:
    if type(value) is bool or isinstance(value, Unknown) or value is None:
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    return Refusal("it is no boolean")


def equal(left: Any, right: Any) -> Any:
    """``==``: values of different types differ; unknown inside makes the answer unknown."""
    unknown = first_unknown([left, right])
    if unknown is not None:
        # A collection is not null, whatever it holds.
        null = left is None or right is None
        whole = isinstance(right if left is None else left, list | dict)
        return False if null and whole and not isinstance(unknown, Refusal) else unknown
    try:
        return same(left, right)
    except Uncertain as reason:
        return Unknown(str(reason))


def same(left: Any, right: Any) -> bool:
    """Equality of known values: ``1``, ``"1"`` and ``true`` are three things.

    Raises :class:`Uncertain` when two values differ in the types of nulls at most.
    """
    if left is None and right is None:
        return True
    answer = _compared(left, right)
    if answer is None:
        raise Uncertain("whether its types are the same is not known")
    return answer


def _compared(left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None if left is right else False
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, Sequence) or isinstance(right, Sequence):
        return None
    if type(left) is not type(right):
        return False
    if not isinstance(left, list | dict):
        return bool(left == right)
    if len(left) != len(right):
        return False
    if not left and isinstance(left, ListValue | MapValue):
        return bool(left.element == right.element)
    if isinstance(left, dict) and left.keys() != right.keys():
        return False
    return _all(_compared(left[key], right[key]) for key in _keys(left))


def _keys(value: Any) -> Any:
    return value if isinstance(value, dict) else range(len(value))


def _all(answers: Iterator[bool | None]) -> bool | None:
    unsure = False
    for answer in answers:
        if answer is False:
            return False
        unsure = unsure or answer is None
    return None if unsure else True


def unary(operator: str, operand: Any) -> Any:
    if operator == "!":
        value = to_bool(operand)
        return (not value) if type(value) is bool else _operand(value)
    value = to_number(operand)
    if not is_number(value):
        return _operand(value)
    return -value if value else Unknown("it is the negative zero")


def binary(operator: str, left: Any, right: Any) -> Any:
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        answer = equal(left, right)
        return (not answer) if type(answer) is bool else answer
    if operator in ("&&", "||"):
        return _logical(operator, left, right)
    a, b = to_number(left), to_number(right)
    for value in sorted((a, b), key=lambda operand: not _refused(operand)):
        if not is_number(value):
            return _operand(value)
    try:
        return _ARITHMETIC[operator](a, b)
    except OverflowError:
        return Unknown("its result is too large, or the negative zero")
    except ZeroDivisionError:
        # 1 / 0 is infinite, and 1 % 0 is 1, for all that it makes no sense.
        refused = operator == "/" and not a
        return (Refusal if refused else Unknown)("it divides by zero")


def _refused(operand: Any) -> bool:
    return operand is None or isinstance(operand, Refusal)


def _operand(value: Any) -> Unknown:
    return value if isinstance(value, Unknown) else Refusal("an operand is null")


def _logical(operator: str, left: Any, right: Any) -> Any:
    """Since 1.12, an operand that decides excuses another one; and then null is like false."""
    decisive = operator == "||"
    operands = [to_bool(left), to_bool(right)]
    for operand, value in zip((left, right), operands, strict=True):
        if isinstance(value, Refusal) and not isinstance(operand, Unknown):
            return value  # it is no boolean, which no version excuses
    open_ones = [value for value in operands if type(value) is not bool]
    refused = [value for value in open_ones if _refused(value)]
    if not decisive and any(value is None for value in operands):
        return Unknown("versions of terraform differ")
    if any(value is decisive for value in operands):
        return Unknown("versions of terraform differ") if refused else decisive
    for value in open_ones:
        if not _refused(value):
            return value
    return _operand(refused[0]) if refused else not decisive


def refusal_in(found: Iterable[Any]) -> Refusal | None:
    """The first of some values that Terraform refuses."""
    return next((value for value in found if type(value) is Refusal), None)


def unless_refused(whole: Any, parts: Iterable[Any]) -> Any:
    """A value, unless Terraform refuses a part of it, and so all of it."""
    refusal = refusal_in(parts)
    return whole if refusal is None else refusal


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "/": numbers.divide,
    "%": numbers.remainder,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
