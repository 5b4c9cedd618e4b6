"""Judges the figures and prints them: a table for people, the README's block, JSON for tools."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.measure import Sample
from benchmarks.rows import Line

HEAD = ("work", "time", "CPU", "memory")
OURS = "ours"
OVER, FAILED = "OVER", "failed"


@dataclass(frozen=True)
class Result:
    """A line with what was measured for it: our sample under ``OURS``, and one for each peer."""

    line: Line
    samples: Mapping[str, Sample]

    @property
    def ours(self) -> Sample:
        return self.samples[OURS]


@dataclass(frozen=True)
class Limit:
    """One part of a budget. ``kept`` is ``None`` when there is nothing to compare with."""

    wording: str
    kept: bool | None


def limits(result: Result, earlier: Mapping[str, Result]) -> list[Limit]:
    return list(_limits(result, earlier))


def _limits(result: Result, earlier: Mapping[str, Result]) -> Iterator[Limit]:
    budget, ours = result.line.budget, result.ours
    usable = not ours.failure
    if budget.seconds is not None:
        yield Limit(f"≤ {budget.seconds:g} s", usable and ours.wall <= budget.seconds)
    if budget.megabytes is not None:
        yield Limit(f"≤ {budget.megabytes:g} MB", usable and ours.megabytes <= budget.megabytes)
    for peer, factor in budget.times_faster.items():
        ratio = times_slower(result, peer)
        kept = None if usable and ratio is None else ratio is not None and ratio >= factor
        yield Limit(f"≥ {factor:g}× faster than {peer}", kept)
    if budget.reference:
        reference = earlier[budget.reference]
        what = "CPU of" if budget.of_cpu else ""
        wording = f"≤ {budget.at_most:g}× {what} “{reference.line.title}”".replace("  ", " ")
        if reference.ours.failure or not usable:
            yield Limit(wording, kept=False)
        else:
            ratio = _of_reference(result, reference)
            yield Limit(f"{wording}: {ratio:.2f}×", ratio <= budget.at_most)


def _of_reference(result: Result, reference: Result) -> float:
    if result.line.budget.of_cpu:
        return result.ours.cpu / reference.ours.cpu
    return result.ours.wall / reference.ours.wall


def times_slower(result: Result, peer: str) -> float | None:
    """How many times our time ``peer`` took, where both have one."""
    sample = result.samples.get(peer)
    if sample is None or sample.failure or result.ours.failure:
        return None
    return sample.wall / result.ours.wall


def verdict(result: Result, found: list[Limit]) -> str:
    if result.ours.failure:
        return FAILED
    if not found:
        return ""
    if any(limit.kept is False for limit in found):
        return OVER
    return "not compared" if any(limit.kept is None for limit in found) else "OK"


def table(results: list[Result], peers: list[str]) -> list[list[str]]:
    """The cells, heads first."""
    by_key = {result.line.key: result for result in results}
    rows = [[*HEAD, *peers, "budget", ""]]
    for result in results:
        found = limits(result, by_key)
        budget = ", ".join(limit.wording for limit in found)
        others = [_peer_cell(result, peer) for peer in peers]
        rows.append(
            [result.line.title, *_our_cells(result.ours), *others, budget, verdict(result, found)]
        )
    return rows


def _our_cells(sample: Sample) -> list[str]:
    if sample.failure:
        return [FAILED, "", ""]
    return [seconds(sample.wall), seconds(sample.cpu), f"{sample.megabytes:.0f} MB"]


def _peer_cell(result: Result, peer: str) -> str:
    sample = result.samples.get(peer)
    if sample is None:
        return "" if peer not in result.line.peers else "not installed"
    if sample.failure:
        return FAILED
    ratio = times_slower(result, peer)
    times = f" ({ratio:.1f}×)" if ratio else ""
    return f"{seconds(sample.wall)}, {sample.megabytes:.0f} MB{times}"


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def plain(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def markdown(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def failures(results: list[Result]) -> list[str]:
    return [
        f"{result.line.key}, {name}: {sample.failure}"
        for result in results
        for name, sample in result.samples.items()
        if sample.failure
    ]


def data(results: list[Result]) -> list[dict[str, object]]:
    by_key = {result.line.key: result for result in results}
    return [
        {
            "key": result.line.key,
            "row": result.line.row,
            "title": result.line.title,
            "samples": {name: _sample_data(sample) for name, sample in result.samples.items()},
            "budget": [
                {"limit": limit.wording, "kept": limit.kept} for limit in limits(result, by_key)
            ],
            "verdict": verdict(result, limits(result, by_key)),
        }
        for result in results
    ]


def _sample_data(sample: Sample) -> dict[str, object]:
    return {
        "wall_seconds": round(sample.wall, 4),
        "cpu_seconds": round(sample.cpu, 4),
        "peak_megabytes": round(sample.megabytes, 1),
        "exit_codes": sorted({run.code for run in sample.runs}),
        "runs": [round(run.wall, 4) for run in sample.runs],
        "failure": sample.failure,
    }
