"""Cron schedules as the CronJob controller reads them, and how close together their runs are.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax, and the
library behind it: https://pkg.go.dev/github.com/robfig/cron/v3. Five fields, no seconds; Sunday is
0 and never 7; ``L``, ``W`` and ``#`` mean nothing.
"""

import math
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Node

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_TIME_ZONE = re.compile(r"(?:CRON_)?TZ=\S* +")
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 2**63 / 1e9  # a duration of Go is 64 bits of nanoseconds
# Dates and weekdays fall together again after 28 years, leap days included.
_CYCLE = range(date(2001, 1, 1).toordinal(), date(2029, 1, 1).toordinal())


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """The numbers that a field such as ``1,10-20/5,MON`` stands for."""
        parts = [part for part in text.split(",") if part]
        return frozenset(value for part in parts for value in self._range(part))

    def _range(self, text: str) -> range:
        bounds, slash, step = text.partition("/")
        first, dash, last = bounds.partition("-")
        every = _number(step) if slash else 1
        if first in ("*", "?"):
            low, high = self.least, self.most
        else:
            low = self._value(first)
            # "5/15" is "from 5 on, each 15th".
            high = self._value(last) if dash else self.most if slash else low
        if dash and low > high:
            raise ValueError(f"'{text}' ends before it begins")
        if every == 0 or not self.least <= low <= high <= self.most:
            raise ValueError(f"'{text}' is no {self.name} ({self.least}-{self.most})")
        return range(low, high + 1, every)

    def _value(self, text: str) -> int:
        word = text.lower()
        return self.words.index(word) + self.least if word in self.words else _number(text)


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something runs; ``every`` is the delay in seconds of ``@every``, else 0.

    With ``either_day`` a day that one of ``days`` and ``weekdays`` names is enough, as cron has
    it when both fields are restricted; otherwise both must name it.
    """

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    either_day: bool = False
    every: float = 0

    def shortest_period(self) -> float:
        """Seconds between the two runs that stand closest; infinite when it never runs.

        A change of the clocks for summer time may bring two runs closer still.
        """
        if self.every:
            return self.every
        times = sorted(60 * hour + minute for hour in self.hours for minute in self.minutes)
        days = self._shortest_days()
        if not times or not days:
            return math.inf
        overnight = days * 24 * 60 + times[0] - times[-1]
        return 60.0 * min([overnight, *(later - earlier for earlier, later in pairwise(times))])

    def runs_a_day(self) -> float:
        """How many runs the busiest of its days has."""
        return 24 * 60 * 60 / self.every if self.every else len(self.hours) * len(self.minutes)

    def _shortest_days(self) -> int:
        """Days between the two closest that it runs on; 0 when there is no such day."""
        shortest, last = 0, 0
        for ordinal in _CYCLE:
            if not self._includes(date.fromordinal(ordinal)):
                continue
            gap = ordinal - last if last else len(_CYCLE)
            shortest, last = min(gap, shortest or gap), ordinal
            if shortest == 1:
                break
        return shortest

    def _includes(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        named = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return any(named) if self.either_day else all(named)


def parse_schedule(text: str) -> Schedule:
    """The schedule that a text means; raises ValueError, with a clause, where the API refuses it.

    A time zone written in front of it is read over: it changes no period.
    """
    zone = _TIME_ZONE.match(text)
    text = text[zone.end() :] if zone else text
    if text.startswith("@every "):
        return Schedule(every=_duration(text.removeprefix("@every ")))
    words = _MACROS.get(text, text).split()
    if len(words) != len(_FIELDS):
        fields = "1 field" if len(words) == 1 else f"{len(words)} fields"
        raise ValueError(f"it has {fields} and not {len(_FIELDS)}")
    minutes, hours, days, months, weekdays = (
        field.values(word) for field, word in zip(_FIELDS, words, strict=True)
    )
    either_day = not (_is_star(words[2]) or _is_star(words[4]))
    return Schedule(minutes, hours, days, months, weekdays, either_day)


def schedule_of(node: Node) -> Schedule:
    """The schedule that a value means; raises :class:`UnknownValue` where it is none."""
    text = node.text()
    try:
        return parse_schedule(text)
    except ValueError as error:
        raise UnknownValue(f"'{text}' is no schedule: {error}") from None


def _is_star(text: str) -> bool:
    """Whether a field of days leaves the choice to the other one; ``*/2`` does not."""
    ranges = [part.partition("/") for part in text.split(",")]
    return any(
        bounds.partition("-")[0] in ("*", "?") and (not step or _number(step) == 1)
        for bounds, _, step in ranges
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"'{text}' is no number")
    return int(text)


def _duration(text: str) -> float:
    """A duration of Go such as ``1h30m``, in the whole seconds that the library keeps."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"'{text}' is no duration")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds >= _LONGEST:
        raise ValueError(f"'{text}' is too long a duration")
    return max(math.floor(seconds), 1)
