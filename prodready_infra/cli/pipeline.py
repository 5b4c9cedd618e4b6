"""One run from paths to a report: the way of data, in one place."""

import datetime as dt
import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prodready_infra import __version__
from prodready_infra.engine.judge import Judge
from prodready_infra.engine.share import judged
from prodready_infra.engine.suppress import collect
from prodready_infra.engine.tally import Tally
from prodready_infra.errors import UsageError
from prodready_infra.findings import Severity, Verdict
from prodready_infra.readiness.severity import select, severity_table
from prodready_infra.report.build import Run, build
from prodready_infra.report.cache import key_of, recall, remember
from prodready_infra.report.contract import Report
from prodready_infra.report.redaction import Redaction
from prodready_infra.rules.catalogue import Catalogue, digest, load
from prodready_infra.rules.rule import Rule
from prodready_infra.settings import Inputs, Settings
from prodready_infra.sources.scan import Scan, discover, read, tools_state


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
        if rule is None or rule.slug != slug:
            raise UsageError(f"the configuration sets options of '{slug}', which is no rule's slug")
        for name, value in options.items():
            _check_option(rule, name, value)


def _check_option(rule: Rule, name: str, value: Any) -> None:
    if name not in rule.options:
        known = ", ".join(rule.options) or "none"
        raise UsageError(f"{rule.slug} has no option '{name}' (it has: {known})")
    wanted = type(rule.options[name])
    if type(value) is not wanted:
        raise UsageError(f"{rule.slug}.{name} must be of type {wanted.__name__}")


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made, beside what its settings say."""

    ignores: bool = True
    include_passes: bool = False
    cached: bool = True
    inputs: Inputs = field(default_factory=Inputs)


def run(
    paths: Sequence[str], settings: Settings, options: Options, timings: Timings
) -> tuple[Report, dict[str, str]]:
    """Scans and judges, or recalls what came of the same input; and the text of standard input."""
    with timings.measure("discovery"):
        found = discover(paths, settings.exclude)
        ruleset = digest(map(Path, settings.policies))
        key = ""
        if options.cached and not found.stdin:
            state = (
                __version__,
                ruleset,
                repr(settings),
                repr(options),
                repr(paths),
                str(_today()),
                tools_state() if found.charts or found.kustomizations else "",
            )
            files = [*found.files(), *options.inputs.files]
            key = key_of(files, *state, *found.charts, *map(str, found.problems))
            known = recall(key)
            if known is not None:
                return known, {}
    with timings.measure("rules"):
        chosen = asked(settings)
    with timings.measure("reading"), _not_collecting():
        scan = read(found, options.inputs)
    with timings.measure("judging"), _not_collecting():
        result = _judge(scan, chosen, settings, options)
    with timings.measure("report"):
        result = replace(result, paths=paths, digest=ruleset)
        report = build(result)
    if key and not scan.consulted:  # what expressions read is no part of the key
        remember(key, report)
    return report, scan.texts


def _judge(scan: Scan, chosen: Asked, settings: Settings, options: Options) -> Run:
    comments = scan.comments if options.ignores else ()
    suppressions = collect(comments, scan.inventory, chosen.catalogue, _today())
    honoured = suppressions if options.ignores else None
    judging = Judge(
        scan.inventory, chosen.severity, settings.rules, honoured, Redaction(scan.sensitive)
    )
    tally = Tally(include_passes=options.include_passes)

    def keeps(verdict: Verdict) -> bool | None:
        place = verdict.locations[0].path if verdict.locations else verdict.path
        return None if place in scan.context else tally.keeps(verdict)

    for found in judged(judging, chosen.rules, len(scan.inventory.resources), keeps):
        for verdict in found.kept:
            tally.add(verdict)
        tally.add_others(found.others, found.kinds)
    defects = [*suppressions.defects, *suppressions.unused(chosen.rules)]
    return Run(
        catalogue=chosen.catalogue,
        asked=len(chosen.rules),
        profile=settings.profile,
        tier=settings.tier,
        tally=tally,
        resources=_count(scan),
        files=len(scan.judged),
        problems=scan.problems,
        gaps=scan.gaps,
        suppression_defects=defects if options.ignores else [],
        unasked=sum(r.kind not in tally.kinds for r in scan.inventory.resources),
    )


def _today() -> dt.date:
    """The date that a suppression's expiry is compared with, the same in every time zone."""
    return dt.datetime.now(dt.UTC).date()


def _count(scan: Scan) -> dict[str, int]:
    counts = Counter(resource.source for resource in scan.inventory.resources)
    counts["docker"] = len(scan.inventory.stages)
    return {source: counts[source] for source in ("kubernetes", "terraform", "docker")}


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Reading and judging make many objects and hardly a cycle: looking for those costs time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
