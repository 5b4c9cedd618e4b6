"""Measures this tool and its peers and compares the figures with the budget.

``python -m benchmarks`` prints the table; see ``benchmarks/README.md``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import report
from benchmarks.measure import Command, alternating
from benchmarks.peers import PEERS, missing
from benchmarks.report import OURS, Result
from benchmarks.rows import LINES, ROWS, Line, program


def main() -> int:
    options = _options()
    wanted = [line for line in LINES if line.row in (options.only or ROWS)]
    peers = [name for name in PEERS if options.peers and any(name in x.peers for x in wanted)]
    absent = [name for name in peers if name in missing()]
    if absent:
        names = ", ".join(absent)
        _say(f"not installed: {names}; `python -m benchmarks.peers` installs what is missing")
    with tempfile.TemporaryDirectory(prefix="prodready-bench-") as scratch:
        results = _measure(wanted, peers, options.runs, Path(scratch))
    rows = report.table(results, peers)
    print(_markdown(rows, peers, options.runs) if options.markdown else report.plain(rows))
    for failure in report.failures(results):
        _say(f"failed: {failure}")
    if options.json:
        _write_json(options.json, results, peers)
    by_key = {result.line.key: result for result in results}
    verdicts = {report.verdict(result, report.limits(result, by_key)) for result in results}
    missed = not verdicts.isdisjoint({report.OVER, report.FAILED})
    return 1 if missed and options.strict else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--runs", type=_positive, default=5, help="measured runs of each command (default 5)")
    add("--only", nargs="+", choices=ROWS, metavar="ROW", help=f"some of: {', '.join(ROWS)}")
    add("--peers", action=argparse.BooleanOptionalAction, default=True, help="measure peers too")
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--markdown", action="store_true", help="print the block that the README quotes")
    add("--strict", action="store_true", help="exit with 1 when a budget is missed")
    return parser.parse_args()


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _measure(lines: list[Line], peers: list[str], runs: int, scratch: Path) -> list[Result]:
    results: list[Result] = []
    for row in dict.fromkeys(line.row for line in lines):
        some = [line for line in lines if line.row == row]
        _say(f"measuring {row}")
        commands = {
            (line.key, name): command
            for line in some
            for name, command in _commands(line, peers, scratch)
        }
        taken = alternating(commands, runs)
        results += [
            Result(line, {name: taken[key, name] for key, name in commands if key == line.key})
            for line in some
        ]
    return results


def _commands(line: Line, peers: Iterable[str], scratch: Path) -> list[tuple[str, Command]]:
    tree = _tree(line, scratch)
    found = [(OURS, line.command(tree, scratch / "cache"))]
    for name in peers:
        command = PEERS[name].command(line.kind, tree, scratch) if name in line.peers else None
        if command:
            found.append((name, command))
    return found


def _tree(line: Line, scratch: Path) -> Path:
    """Made by another process: what this one holds in memory would count for those it starts,
    since on Linux a process begins its life with the peak of the one it came from.
    """
    folder = scratch / f"{line.tree or 'none'}-{line.scale:g}"
    if line.tree and not folder.exists():
        maker = (sys.executable, "-m", "benchmarks.trees", line.tree, folder)
        home = Path(__file__).resolve().parent.parent
        subprocess.run([*maker, f"--scale={line.scale}"], check=True, cwd=home)
    return folder


def _markdown(rows: list[list[str]], peers: list[str], runs: int) -> str:
    versions = [f"{name} {_number(PEERS[name].version())}" for name in peers]
    where = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    compared = f" Peers: {', '.join(versions)}; in brackets, times ours." if versions else ""
    note = f"Medians of up to {runs} runs of the whole process on {where}.{compared}"
    return f"{report.markdown(rows)}\n\n{note}\nMeasured with `python -m benchmarks --markdown`."


def _number(version: str) -> str:
    return version.rpartition(" ")[2]


def _write_json(file: Path, results: list[Result], peers: list[str]) -> None:
    machine: dict[str, Callable[[], object]] = {
        "cores": os.cpu_count,
        "system": platform.platform,
        "python": platform.python_version,
    }
    content = {
        "machine": {name: ask() for name, ask in machine.items()},
        "program": program(),
        "peers": {name: PEERS[name].version() for name in peers},
        "lines": report.data(results),
    }
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
