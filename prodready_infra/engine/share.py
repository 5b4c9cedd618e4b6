"""Judging on two cores: a forked process asks the rules of the second half of the subjects.

It has the inventory as it stands, and sends back what it found. Where there is one core only, no
``fork``, or little to judge, nobody is asked for help; when the helper fails, its part is judged
here. The verdicts and their order are the same in every case.
"""

import os
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prodready_infra.engine.judge import Judge
from prodready_infra.findings import Verdict
from prodready_infra.rules.rule import Rule

# Below so many resources a second process costs about what it saves.
WORTHWHILE = 4_000
_FIRST, _SECOND = (0, 2), (1, 2)


@dataclass(slots=True)
class Found:
    """Verdicts of one rule: those worth keeping in their order, and how many others there were."""

    kept: list[Verdict] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)


Keeps = Callable[[Verdict], bool | None]
"""Whether a verdict is to be kept; None for one that does not count at all."""


def judged(judging: Judge, rules: Sequence[Rule], size: int, keeps: Keeps) -> Iterator[Found]:
    """What comes of each rule, in order; for large inventories in one or two parts."""
    if size < WORTHWHILE or not _may_fork():
        for rule in rules:
            yield _asked(judging, rule, keeps)
        return
    helper = _Helper(judging, rules, keeps)
    own = [_asked(judging, rule, keeps, _FIRST) for rule in rules]
    theirs = helper.answer()
    if theirs is None:
        theirs = [_asked(judging, rule, keeps, _SECOND) for rule in rules]
    for one, other in zip(own, theirs, strict=True):
        yield from (one, other)


def _asked(judging: Judge, rule: Rule, keeps: Keeps, part: tuple[int, int] = (0, 1)) -> Found:
    found = Found()
    for verdict in judging.verdicts([rule], part):
        keep = keeps(verdict)
        if keep:
            found.kept.append(verdict)
        elif keep is not None:
            found.others[str(verdict.outcome)] += 1
            found.kinds.add(verdict.kind)
    return found


def _may_fork() -> bool:
    """Where a copy of this process can work: no thread of it would be missing there."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0)) > 1


class _Helper:
    """The forked process; its answer comes through a pipe."""

    def __init__(self, judging: Judge, rules: Sequence[Rule], keeps: Keeps) -> None:
        self._judging = judging
        self._source, sink = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        if self._process == 0:
            try:
                os.close(self._source)
                found = [_asked(judging, rule, keeps, _SECOND) for rule in rules]
                with os.fdopen(sink, "wb") as file:
                    pickle.dump((found, judging.served()), file, pickle.HIGHEST_PROTOCOL)
            finally:
                os._exit(0)
        os.close(sink)

    def answer(self) -> list[Found] | None:
        """What it found, or nothing where it did not come to an end."""
        with os.fdopen(self._source, "rb") as file:
            data = file.read()
        with suppress(ChildProcessError):
            os.waitpid(self._process, 0)
        try:
            found, served = pickle.loads(data)  # noqa: S301 - written by this program just now
        except (EOFError, pickle.UnpicklingError):
            return None
        self._judging.note_served(served)
        return list(found)
