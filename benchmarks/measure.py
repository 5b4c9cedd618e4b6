"""Runs commands as whole processes and says what they took. POSIX only, for ``wait4``."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGKILL
from typing import IO

# Which command of a round: the line of the table and the tool.
Key = tuple[str, str]

# A tool that found something, or nothing to judge, has done its work.
FINE = frozenset({0, 1, 3})
TRACEBACK = "Traceback (most recent call last)"
TIMEOUT_SECONDS = 900
# A command that takes a minute is not made comparable by five of them: noise is a small part of it.
PATIENCE_SECONDS = 60
SAMPLING_SECONDS = 0.2


@dataclass(frozen=True)
class Command:
    """One process to measure. ``before`` runs ahead of each run, outside its time."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None


@dataclass(frozen=True)
class Run:
    """What one run took; ``failure`` says why it does not count."""

    wall: float
    cpu: float
    megabytes: float
    code: int = 0
    failure: str = ""


@dataclass(frozen=True)
class Sample:
    """All runs of one command: medians of time, the highest memory."""

    runs: tuple[Run, ...]

    @property
    def failure(self) -> str:
        return next((run.failure for run in self.runs if run.failure), "")

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def megabytes(self) -> float:
        return max(run.megabytes for run in self.runs)


def alternating(commands: Mapping[Key, Command], runs: int) -> dict[Key, Sample]:
    """Every command once to warm the disk cache, then ``runs`` rounds of all of them in turn.

    In turn, so that a busy minute of the machine falls on every tool alike. The warm-up run counts
    for memory only: there the processes are looked at while they run, which costs time.
    """
    warm = {name: _run(command, watch=True) for name, command in commands.items()}
    wanted = {name: _repetitions(run, runs) for name, run in warm.items()}
    taken: dict[Key, list[Run]] = {name: [] for name in commands}
    for round_ in range(runs):
        for name, command in commands.items():
            if round_ < wanted[name]:
                run = _run(command)
                memory = max(run.megabytes, warm[name].megabytes)
                taken[name].append(replace(run, megabytes=memory))
    return {name: Sample(tuple(some) or (warm[name],)) for name, some in taken.items()}


def _repetitions(warm: Run, runs: int) -> int:
    if warm.failure:
        return 0
    return min(runs, max(1, round(PATIENCE_SECONDS / max(warm.wall, 0.001))))


def _run(command: Command, *, watch: bool = False) -> Run:
    if command.before:
        command.before()
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        try:
            process = _start(command, output)
        except OSError as error:
            return Run(0, 0, 0, failure=f"cannot start {command.argv[0]}: {error.strerror}")
        watcher = _TreeWatcher(process.pid) if watch else None
        killer = threading.Timer(TIMEOUT_SECONDS, _kill, [process.pid])
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        # The largest process of the tree; macOS counts in bytes, Linux in kilobytes.
        largest = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        together = watcher.stop() if watcher else 0
        code, cpu = process.returncode, usage.ru_utime + usage.ru_stime
        return Run(wall, cpu, max(largest, together), code, _failure(code, output))


def _start(command: Command, output: IO[bytes]) -> "subprocess.Popen[bytes]":
    """In a session of its own, so that what it starts is found, and ended, with it."""
    return subprocess.Popen(
        command.argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, **command.environment},
        start_new_session=True,
    )


def _kill(session: int) -> None:
    os.killpg(session, SIGKILL)


def _failure(code: int, output: IO[bytes]) -> str:
    if code < 0:
        return f"ended by signal {-code}"
    output.seek(0)
    text = output.read().decode(errors="replace")
    # A Python program that breaks down exits with 1 too, and very fast.
    if code in FINE and TRACEBACK not in text:
        return ""
    lines = text.split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
    return f"exit code {code}: {last[:160]}"


class _TreeWatcher:
    """The memory of a process and of those it started, together, from ``/proc``.

    ``wait4`` knows only the largest of them, which flatters a tool that works in a pool. Shared
    pages are divided among their users, so forks are not counted twice. Elsewhere than on Linux
    there is nothing to read and the answer is 0.
    """

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(SAMPLING_SECONDS):
            self._peak = max(self._peak, sum(map(_megabytes, _members(self._session))))


def _members(session: int) -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*") if _session(path) == session]


def _session(process: Path) -> int:
    try:
        # The name in the second field may hold blanks and brackets: read what follows it.
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, IndexError, ValueError):
        return -1


def _megabytes(process: Path) -> float:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("Pss:")), 0)
