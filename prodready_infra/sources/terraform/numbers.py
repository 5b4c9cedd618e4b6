"""Terraform's numbers: binary floats of 512 bits, here ``int`` or, when not whole, ``Fraction``.

Conversion from text, arithmetic and rounding are those of Go's ``big.Float`` as Terraform uses
it. https://developer.hashicorp.com/terraform/language/expressions/types#numbers
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any, TypeAlias

Number: TypeAlias = int | Fraction

PRECISION = 512
# Whole numbers of more bits are no configuration; Go's own limit is far beyond.
MAX_BITS = 4096
MAX_EXPONENT = 1000
# What takes more digits than this was computed, by Terraform partly with 53 or 64 bits: its
# digits depend on how, its value hardly.
MAX_DIGITS = 30

_TEXT = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?", re.ASCII)


def parsed(text: str) -> Number | None:
    """The number that a text of decimal digits means; None for any other text.

    Raises :class:`OverflowError` for one that is too large or too close to zero to be kept, and
    for the negative zero, which is a number of its own.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    sign, digits, exponent = match.groups()
    if not exponent and digits.isdigit() and len(digits) <= MAX_EXPONENT:
        number: Number = int(digits)
    else:
        power = int(exponent) if exponent and len(exponent) < 10 else 0
        if len(digits) > MAX_EXPONENT or abs(power) > MAX_EXPONENT or len(exponent or "") > 9:
            raise OverflowError
        number = Fraction(Decimal(digits)) * Fraction(10) ** power
    if sign == "-" and not number:
        raise OverflowError
    return rounded(-number if sign == "-" else number)


def whole(number: Fraction) -> Number:
    """A whole number as ``int``: Terraform has but one type of numbers."""
    return number.numerator if number.denominator == 1 else number


def rounded(number: Number) -> Number:
    """To 512 bits, half to even; raises :class:`OverflowError` when it is too large."""
    if type(number) is int and number.bit_length() <= PRECISION:
        return number
    value = Fraction(number)
    top, bottom = abs(value.numerator), value.denominator
    if top.bit_length() > 4 * MAX_BITS or bottom.bit_length() > 4 * MAX_BITS:
        raise OverflowError
    shift = top.bit_length() - bottom.bit_length() - PRECISION
    scale = Fraction(2) ** shift
    if Fraction(top, bottom) / scale >= 2**PRECISION:
        scale *= 2
    result = round(Fraction(top, bottom) / scale) * scale
    if result >= 2**MAX_BITS or 0 < result < Fraction(1, 2**MAX_BITS):
        raise OverflowError
    return whole(result if value > 0 else -result)


def text_of(number: Number) -> str | None:
    """The shortest decimal that means this number; None when it takes too many digits."""
    if type(number) is int and number.bit_length() <= PRECISION:
        return str(number)
    value = Fraction(number)
    for digits in range(1, MAX_DIGITS + 1):
        decimal = to_digits(value, digits)
        if rounded(Fraction(decimal)) == value:
            return format(decimal, "f")
    return None


def to_digits(value: Fraction, digits: int) -> Decimal:
    """Rounded to so many significant digits, half to even."""
    context = Context(prec=digits + 800, rounding=ROUND_HALF_EVEN)
    exact = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(exact).normalize()


def general(number: Number, precision: int | None) -> str | None:
    """As Go's ``%g`` writes it: with so many digits at most, or with as few as tell it apart.

    None where the shortest form takes too many digits.
    """
    if precision is None:
        text = text_of(number)
        if text is None:
            return None
        decimal = Decimal(text).normalize()
    else:
        decimal = to_digits(Fraction(number), max(precision, 1)).normalize()
    sign, digits, exponent = decimal.as_tuple()
    mantissa = "".join(map(str, digits))
    point = len(mantissa) + int(exponent) if number else 1
    minus = "-" if sign else ""
    limit = 6 if precision is None else max(precision, 1)
    if precision is not None and limit > len(mantissa) >= point:
        limit = len(mantissa)
    if not -4 <= point - 1 < limit:
        rest = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
        return f"{minus}{mantissa[0]}{rest}e{point - 1:+03d}"
    return minus + format(abs(decimal), "f")


def fixed(number: Number, precision: int) -> str:
    """As Go's ``%f`` writes it without its sign, rounded half to even."""
    scaled = str(round(abs(Fraction(number)) * 10**precision)).rjust(precision + 1, "0")
    return f"{scaled[:-precision]}.{scaled[-precision:]}" if precision else scaled


def scientific(number: Number, precision: int) -> str:
    """As Go's ``%e`` writes it without its sign."""
    if not number:
        return f"{'0.' + '0' * precision if precision else '0'}e+00"
    digits = to_digits(abs(Fraction(number)), precision + 1).as_tuple()
    mantissa = "".join(map(str, digits.digits))
    exponent = len(mantissa) - 1 + int(digits.exponent)
    mantissa = mantissa.ljust(precision + 1, "0")
    return f"{mantissa[0]}{'.' + mantissa[1:] if precision else ''}e{exponent:+03d}"


def to_float(number: Number) -> Any:
    """As Python's numbers, for whoever reads a value and computes nothing with it."""
    return number if type(number) is int else float(number)


def add(a: Number, b: Number) -> Number:
    return rounded(a + b)


def subtract(a: Number, b: Number) -> Number:
    return rounded(a - b)


def multiply(a: Number, b: Number) -> Number:
    """Raises :class:`OverflowError` for the negative zero too, as ``0 * -1`` gives it."""
    if not (a and b) and (a < 0 or b < 0):
        raise OverflowError
    return rounded(a * b)


def divide(a: Number, b: Number) -> Number:
    if not a and b < 0:
        raise OverflowError
    return rounded(Fraction(a) / Fraction(b))


def remainder(a: Number, b: Number) -> Number:
    """Of the division that rounds towards zero, where 64 bits hold all of it.

    Terraform computes it in as many; what does not fit is too large here.
    """
    scale: int = max(Fraction(a).denominator, Fraction(b).denominator)
    top, bottom = (int(abs(Fraction(number) * scale)) for number in (a, b))
    if scale > 2**16 or scale & (scale - 1) or max(top, bottom) >= 2**46:
        raise OverflowError
    rest = whole(Fraction(top % bottom, scale))
    return -rest if a < 0 else rest
