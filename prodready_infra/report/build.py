"""Verdicts and what surrounds them → the report that all formats render."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prodready_infra import __version__
from prodready_infra.engine.tally import Tally
from prodready_infra.errors import InputError
from prodready_infra.findings import Location, Outcome, Severity, Verdict
from prodready_infra.model.gap import Gap
from prodready_infra.report import contract
from prodready_infra.report.terminal import printable
from prodready_infra.rules.catalogue import Catalogue
from prodready_infra.rules.page import Page
from prodready_infra.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Run:
    """What one run produced, before it is put into words."""

    catalogue: Catalogue
    asked: int
    profile: str
    tier: int
    tally: Tally
    resources: dict[str, int]
    files: int
    problems: Sequence[InputError]
    gaps: Sequence[Gap]
    suppression_defects: Sequence[tuple[Location, str]]
    unasked: int = 0
    paths: Sequence[str] = ()
    digest: str = ""


def build(run: Run) -> contract.Report:
    """The report of a run."""
    outcomes, shown = run.tally.outcomes, run.tally.shown
    slugs = {verdict.rule for verdict in shown}
    rules = {rule.slug: rule for rule in run.catalogue if rule.slug in slugs}
    infos = {slug: _info(rule) for slug, rule in rules.items()}
    entries = sorted((_entry(v, infos[v.rule]) for v in shown), key=_order)
    return contract.Report(
        version=contract.FORMAT,
        tool=contract.Tool("prodready-infra", __version__),
        ruleset=contract.Ruleset(
            run.profile, run.tier, run.asked, run.digest, tuple(infos.values())
        ),
        inputs=_inputs(run),
        coverage=_coverage(run, outcomes),
        services=(contract.Service("default", run.tier, run.profile, assumed=True),),
        verdicts=tuple(entries),
        summary=_summary(run, outcomes),
    )


def _order(entry: contract.Entry) -> tuple[str, int, str, str]:
    place = entry.locations[0] if entry.locations else None
    return (place.path if place else "", place.line if place else 0, entry.id, entry.message)


def _info(rule: Rule) -> contract.RuleInfo:
    page = Page(rule.page)
    return contract.RuleInfo(
        slug=rule.slug,
        id=rule.id,
        title=rule.title,
        category=rule.category.value,
        why=page.first_paragraph("Why it matters"),
        fix=page.first_paragraph("How to fix"),
        references=rule.references,
    )


def _entry(verdict: Verdict, rule: contract.RuleInfo) -> contract.Entry:
    accepted = verdict.suppressed_by
    return contract.Entry(
        rule=verdict.rule,
        id=rule.id,
        category=rule.category,
        outcome=str(verdict.outcome),
        severity=str(verdict.severity),
        priority=verdict.severity.priority,
        resource=contract.Subject(
            printable(verdict.address, lines=False), verdict.kind, verdict.source, verdict.root
        ),
        message=printable(verdict.message, lines=False),
        locations=tuple(map(_place, verdict.locations)),
        provenance=tuple(map(_place, verdict.provenance)),
        remediation=rule.fix if verdict.outcome is Outcome.FAIL else "",
        fingerprint=verdict.fingerprint,
        sensitive=verdict.sensitive,
        suppressed_by=contract.Accepted(
            accepted.reason, accepted.location.path, accepted.location.line, accepted.expires
        )
        if accepted
        else None,
    )


def _place(location: Location) -> contract.Place:
    return contract.Place(
        location.path,
        location.line,
        location.column,
        location.end_line,
        location.end_column,
        location.label,
    )


def _inputs(run: Run) -> contract.Inputs:
    return contract.Inputs(
        paths=tuple(run.paths),
        files=run.files,
        resources=run.resources,
        problems=tuple(
            contract.InputProblem(p.path, p.line, p.column, p.message) for p in run.problems
        ),
        notes=tuple(contract.InputNote(note.path, note.message) for note in run.gaps),
    )


def _coverage(run: Run, outcomes: Counter[str]) -> contract.Coverage:
    decided = outcomes[Outcome.PASS] + outcomes[Outcome.FAIL]
    unknown = outcomes[Outcome.UNKNOWN] + outcomes[Outcome.ERROR]
    return contract.Coverage(
        decided=decided,
        unknown=unknown,
        ratio=round(decided / (decided + unknown), 4) if decided + unknown else 0.0,
        files_judged=run.files,
        files_failed=len({problem.path for problem in run.problems}),
        left_out=len(run.gaps),
        unasked=run.unasked,
    )


def _summary(run: Run, outcomes: Counter[str]) -> contract.Summary:
    failures = [verdict for verdict in run.tally.shown if verdict.outcome is Outcome.FAIL]
    open_ = Counter(str(v.severity) for v in failures if v.suppressed_by is None)
    return contract.Summary(
        outcomes={str(outcome): outcomes[outcome] for outcome in Outcome},
        findings={str(s): open_[s] for s in Severity if s is not Severity.OFF},
        suppressed=sum(verdict.suppressed_by is not None for verdict in failures),
        suppression_defects=tuple(_defects(run.suppression_defects)),
    )


def _defects(
    defects: Iterable[tuple[Location, str]],
) -> Iterable[contract.SuppressionDefect]:
    for location, message in sorted(defects, key=lambda d: (d[0].path, d[0].line, d[1])):
        yield contract.SuppressionDefect(location.path, location.line, message)
