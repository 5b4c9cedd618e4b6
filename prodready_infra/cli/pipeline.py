"""One run from paths to a report: the way of data, in one place."""

import datetime as dt
import gc
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodready_infra import __version__
from prodready_infra.engine.judge import Judge
from prodready_infra.engine.suppress import collect
from prodready_infra.errors import UsageError
from prodready_infra.findings import Severity
from prodready_infra.readiness.severity import select, severity_table
from prodready_infra.report.build import Run, build
from prodready_infra.report.contract import Report
from prodready_infra.rules.catalogue import Catalogue, load
from prodready_infra.rules.rule import Rule
from prodready_infra.settings import Settings
from prodready_infra.sources.scan import Scan, scan


@dataclass(slots=True)
class Timings:
    """Seconds spent in each part of a run, for ``--verbose``."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - start

    def __str__(self) -> str:
        return " · ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())


@dataclass(frozen=True, slots=True)
class Asked:
    """The rules of a run and how grave each is."""

    catalogue: Catalogue
    rules: list[Rule]
    severities: dict[str, Severity]

    def severity(self, rule: Rule) -> Severity:
        return self.severities[rule.slug]


def asked(settings: Settings) -> Asked:
    """Loads the rules and chooses among them; raises :class:`UsageError` or ``PolicyError``."""
    catalogue = load(Path(folder) for folder in settings.policies)
    table = severity_table()
    profile = table.profile(settings.profile)
    severities = {r.slug: table.severity(r, profile, settings.tier) for r in catalogue}
    chosen = select(catalogue, settings.select, settings.ignore, settings.category)
    rules = [rule for rule in chosen if severities[rule.slug] is not Severity.OFF]
    _check_options(catalogue, settings)
    return Asked(catalogue, rules, severities)


def _check_options(catalogue: Catalogue, settings: Settings) -> None:
    for slug, options in settings.rules.items():
        rule = catalogue.get(slug)
        if rule is None:
            raise UsageError(f"the configuration sets options of '{slug}', which is no rule")
        for name, value in options.items():
            _check_option(rule, name, value)


def _check_option(rule: Rule, name: str, value: Any) -> None:
    if name not in rule.options:
        known = ", ".join(rule.options) or "none"
        raise UsageError(f"{rule.slug} has no option '{name}' (it has: {known})")
    wanted = type(rule.options[name])
    if type(value) is not wanted:
        raise UsageError(f"{rule.slug}.{name} must be of type {wanted.__name__}")


def run(
    paths: Sequence[str],
    settings: Settings,
    *,
    ignores: bool = True,
    include_passes: bool = False,
    timings: Timings,
) -> tuple[Report, Scan]:
    """Scans and judges; the scan comes with it, for its texts."""
    with timings.measure("rules"):
        chosen = asked(settings)
    with timings.measure("reading"), _collecting_rarely():
        found = scan(paths, settings.exclude)
    with timings.measure("judging"), _collecting_rarely():
        suppressions = collect(
            found.comments if ignores else (), found.inventory, chosen.catalogue, _today()
        )
        judging = Judge(
            found.inventory,
            chosen.severity,
            settings.rules,
            suppressions if ignores else None,
        )
        verdicts = judging.verdicts(chosen.rules)
        defects = [*suppressions.defects, *suppressions.unused(chosen.rules)] if ignores else []
    with timings.measure("report"):
        report = build(
            Run(
                paths=paths,
                catalogue=chosen.catalogue,
                asked=len(chosen.rules),
                digest=digest(chosen.catalogue),
                profile=settings.profile,
                tier=settings.tier,
                verdicts=verdicts,
                resources=_count(found),
                files=len(found.judged),
                problems=found.problems,
                notes=found.notes,
                suppression_defects=defects,
            ),
            include_passes=include_passes,
        )
    return report, found


def digest(catalogue: Catalogue) -> str:
    """Changes with this program's version and with the text of any rule."""
    state = hashlib.sha256(__version__.encode())
    for rule in catalogue:
        state.update(rule.file.read_bytes())
    return state.hexdigest()[:16]


def _today() -> dt.date:
    """The date that a suppression's expiry is compared with, the same in every time zone."""
    return dt.datetime.now(dt.UTC).date()


def _count(found: Scan) -> dict[str, int]:
    counts = Counter(resource.source for resource in found.inventory.resources)
    counts["docker"] = len(found.inventory.stages)
    return {source: counts[source] for source in ("kubernetes", "terraform", "docker")}


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Bulk loading makes many objects and little garbage: looking for cycles is wasted time."""
    threshold = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
