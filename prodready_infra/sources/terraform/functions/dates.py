"""Functions on dates and times.

https://developer.hashicorp.com/terraform/language/functions/formatdate and its neighbours
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from prodready_infra.sources.terraform.kinds import STRING
from prodready_infra.sources.terraform.registry import function
from prodready_infra.sources.terraform.values import Refused, Uncertain

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DURATION = re.compile(r"([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _time(text: str) -> tuple[datetime, int]:
    """A point in time to the second, and the nanoseconds beyond."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise Refused("it is no time as RFC 3339 writes it")
    fraction, sign, hours, minutes = match.group(7, 8, 9, 10)
    if fraction and len(fraction) > 10:
        raise Uncertain("its fraction is too long")
    zone: timezone = UTC
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if int(hours) > 23 or int(minutes) > 59:
            raise Uncertain("its offset is too large")
        zone = timezone(-offset if sign == "-" else offset)
    try:
        numbers = [int(part) for part in match.groups()[:6]]
        time = datetime(*numbers, tzinfo=zone)  # type: ignore[arg-type,misc]
    except ValueError:
        if numbers[0] == 0 or numbers[5] == 60:
            raise Uncertain("it is no time of Python's") from None
        raise Refused("it is no time as RFC 3339 writes it") from None
    return time, int((fraction or ".0")[1:].ljust(9, "0"))


def _offset(time: datetime, colon: str) -> str:
    minutes = round((time.utcoffset() or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def _written(time: datetime) -> str:
    zone = _offset(time, ":") if time.utcoffset() else "Z"
    return time.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + zone


def _duration(text: str) -> int:
    """Nanoseconds, as Go reads a duration."""
    rest = text.lstrip("+-") if len(text) - len(text.lstrip("+-")) < 2 else text
    if rest == "0":
        return 0
    place, total = 0, Fraction(0)
    while match := _DURATION.match(rest, place):
        total += Fraction(match[1]) * _NANOSECONDS[match[2]]
        place = match.end()
    if not rest or place < len(rest):
        raise Refused("it is no duration")
    if total.denominator != 1 or total >= 2**63:
        raise Uncertain("its duration is too long, or too exact")
    return -int(total) if text[0] == "-" else int(total)


@function("timeadd", STRING, STRING)
def _timeadd(text: str, duration: str) -> str:
    time, nanoseconds = _time(text)
    seconds = (nanoseconds + _duration(duration)) // 10**9
    try:
        return _written(time + timedelta(seconds=seconds))
    except OverflowError:
        raise Uncertain("it is no time of Python's") from None


@function("timecmp", STRING, STRING)
def _timecmp(left: str, right: str) -> int:
    a, b = _time(left), _time(right)
    return (a > b) - (a < b)


@function("formatdate", STRING, STRING)
def _formatdate(form: str, text: str) -> str:
    time, _ = _time(text)
    written, place = [], 0
    while place < len(form):
        match = _TOKEN.match(form, place)
        if match is None:
            raise Refused("a quote is not closed")
        place = match.end()
        token = match[0]
        if token.startswith("'"):
            written.append(token[1:-1].replace("''", "'"))
        else:
            written.append(_part(token, time) if match[1] else token)
    return "".join(written)


def _part(token: str, time: datetime) -> str:
    parts = {
        "YYYY": f"{time.year:04d}",
        "YY": f"{time.year % 100:02d}",
        "MMMM": _MONTHS[time.month - 1],
        "MMM": _MONTHS[time.month - 1][:3],
        "MM": f"{time.month:02d}",
        "M": str(time.month),
        "DD": f"{time.day:02d}",
        "D": str(time.day),
        "EEEE": _DAYS[time.weekday()],
        "EEE": _DAYS[time.weekday()][:3],
        "hh": f"{time.hour:02d}",
        "h": str(time.hour),
        "HH": f"{(time.hour - 1) % 12 + 1:02d}",
        "H": str((time.hour - 1) % 12 + 1),
        "AA": "PM" if time.hour >= 12 else "AM",
        "aa": "pm" if time.hour >= 12 else "am",
        "mm": f"{time.minute:02d}",
        "m": str(time.minute),
        "ss": f"{time.second:02d}",
        "s": str(time.second),
        "ZZZZZ": _offset(time, ":"),
        "ZZZZ": _offset(time, ""),
        "ZZZ": _offset(time, "") if time.utcoffset() else "UTC",
        "Z": _offset(time, ":") if time.utcoffset() else "Z",
    }
    if token not in parts:
        raise Refused(f"there is no part {token} of a date")
    return parts[token]
