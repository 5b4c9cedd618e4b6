"""Diagnostics for people: what is wrong, where, why it matters and how to mend it."""

from collections import defaultdict
from collections.abc import Iterator

import click

from prodready_infra.findings import Severity
from prodready_infra.report.contract import Entry, Place, Report, RuleInfo
from prodready_infra.report.excerpt import WITHHELD, Excerpts

_COLOURS = {"blocker": "red", "warning": "yellow", "info": "cyan", "unknown": "magenta"}
_SHOWN_IN_FULL = 2
_LISTED = 8
_WIDTH = 100


def render(report: Report, excerpts: Excerpts, *, verbose: bool = False) -> str:
    """The whole report, with ANSI colours; ``verbose`` shows every finding and every unknown."""
    lines: list[str] = []
    for entries in _groups(report):
        lines += _group(entries, _rule(report, entries[0]), excerpts, verbose=verbose)
        lines.append("")
    lines += _errors(report)
    lines += _unknowns(report, verbose=verbose)
    lines += _left_out(report, verbose=verbose)
    lines += _summary(report)
    return "\n".join(lines) + "\n"


def _rule(report: Report, entry: Entry) -> RuleInfo:
    return next(rule for rule in report.ruleset.rules if rule.slug == entry.rule)


def _groups(report: Report) -> list[list[Entry]]:
    """Open findings by rule: the gravest first, then those that occur most."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in report.findings:
        groups[entry.rule].append(entry)
    return sorted(
        groups.values(), key=lambda es: (Severity(es[0].severity).rank, -len(es), es[0].id)
    )


def _group(
    entries: list[Entry], rule: RuleInfo, excerpts: Excerpts, *, verbose: bool
) -> Iterator[str]:
    severity = entries[0].severity
    head = click.style(f"{severity}[{rule.slug}]", fg=_COLOURS[severity], bold=True)
    yield f"{head}{click.style(f': {rule.title}', bold=True)}"
    distinct = _by_place(entries)
    full = len(distinct) if verbose else _SHOWN_IN_FULL
    if len(distinct) == full + 1:
        full += 1  # a list of one saves nothing
    margin = _margin(distinct[:full])
    for same in distinct[:full]:
        yield from _diagnostic(same, excerpts, severity, margin)
    yield from _others(distinct[full:], margin)
    bar = " " * margin + click.style(" = ", fg="blue", bold=True)
    yield from _note(bar, margin, "why", rule.why)
    yield from _note(bar, margin, "fix", rule.fix)
    yield f"{bar}{click.style('more', bold=True)}: prodready-infra explain {rule.slug}"


def _by_place(entries: list[Entry]) -> list[list[Entry]]:
    """Findings that stand at one place, such as those of all instances of one block."""
    places: dict[tuple[str, int, int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        place = entry.locations[0]
        places[place.path, place.line, place.column, entry.message].append(entry)
    return list(places.values())


def _margin(groups: list[list[Entry]]) -> int:
    lines = [place.line for same in groups for place in same[0].locations]
    return max((len(str(line)) for line in lines), default=1) + 1


def _diagnostic(same: list[Entry], excerpts: Excerpts, severity: str, margin: int) -> Iterator[str]:
    entry = same[0]
    first, *related = entry.locations
    yield _arrow(first, margin, "-->")
    yield from _excerpt(first, excerpts, entry.message, _COLOURS[severity], margin)
    for place in related:
        if place.path != first.path:
            yield _arrow(place, margin, ":::")
        yield from _excerpt(place, excerpts, place.label, "blue", margin)
    pad = " " * margin
    for place in entry.provenance:
        where = f" ({place.path}:{place.line})" if place.path else ""
        yield f"{pad} {click.style('←', fg='blue', bold=True)} {place.label}{where}"
    addresses = ", ".join(map(_address, same[:3]))
    more = f" and {len(same) - 3} more" if len(same) > 3 else ""
    yield f"{pad} {click.style('in', dim=True)} {addresses}{more}"


def _address(entry: Entry) -> str:
    """With the root module, where the finding is in a module that others may call too."""
    root = entry.resource.root
    elsewhere = entry.locations[0].path.rpartition("/")[0] != root
    named = root not in ("", ".") and elsewhere
    return f"{entry.resource.address} ({root})" if named else entry.resource.address


def _arrow(place: Place, margin: int, mark: str) -> str:
    arrow = click.style(mark, fg="blue", bold=True)
    return f"{' ' * (margin - 1)}{arrow} {place.path}:{place.line}:{place.column}"


def _excerpt(
    place: Place, excerpts: Excerpts, message: str, colour: str, margin: int
) -> Iterator[str]:
    bar = click.style("|", fg="blue", bold=True)
    text = excerpts.line(place.path, place.line)
    if text is None:
        yield f"{' ' * margin} {bar} {click.style(message, fg=colour)}"
        return
    number = click.style(f"{place.line:>{margin}}", fg="blue", bold=True)
    if text == WITHHELD:
        yield f"{number} {bar} {click.style(text, dim=True)}"
        yield f"{' ' * margin} {bar} {click.style('^ ' + message, fg=colour, bold=True)}"
        return
    start, end = excerpts.underline(place, text)
    cut = _cut(text, start)
    text, start, end = text[cut:], start - cut, min(end - cut, _WIDTH)
    yield f"{number} {bar} {text[:_WIDTH]}"
    marks = " " * start + "^" * max(end - start, 1)
    yield f"{' ' * margin} {bar} {click.style(f'{marks} {message}', fg=colour, bold=True)}"


def _cut(text: str, start: int) -> int:
    """How much of a very long line to leave out on the left."""
    return max(start - 20, 0) if len(text) > _WIDTH and start > _WIDTH // 2 else 0


def _others(distinct: list[list[Entry]], margin: int) -> Iterator[str]:
    if not distinct:
        return
    pad = " " * margin
    yield f"{pad} {click.style(f'and {len(distinct)} more like it:', bold=True)}"
    for same in distinct[:_LISTED]:
        place = same[0].locations[0]
        yield f"{pad}   {place.path}:{place.line}  {same[0].message}"
    if len(distinct) > _LISTED:
        yield f"{pad}   … {len(distinct) - _LISTED} more (--verbose shows all)"


def _note(bar: str, margin: int, name: str, text: str) -> Iterator[str]:
    if not text:
        return
    indent = " " * (margin + 3)
    wrapped = click.wrap_text(f"{name}: {text}", _WIDTH, "", indent)
    yield f"{bar}{click.style(name, bold=True)}{wrapped[len(name) :]}"


def _errors(report: Report) -> Iterator[str]:
    for entry in report.verdicts:
        if entry.outcome == "error":
            head = click.style(f"error[{entry.rule}]", fg="red", bold=True)
            yield f"{head}: {entry.message} ({entry.resource.address})"
    for problem in report.inputs.problems:
        parts = (problem.path, problem.line, problem.column)
        place = ":".join(str(part) for part in parts if part)
        yield f"{click.style('error', fg='red', bold=True)}: {place}: {problem.message}"
    for defect in report.summary.suppression_defects:
        head = click.style("suppression", fg="yellow", bold=True)
        yield f"{head}: {defect.path}:{defect.line}: {defect.message}"


def _unknowns(report: Report, *, verbose: bool) -> Iterator[str]:
    unknown = [entry for entry in report.verdicts if entry.outcome == "unknown"]
    if not unknown:
        return
    head = click.style("unknown", fg="magenta", bold=True)
    if not verbose:
        rules = sorted({entry.rule for entry in unknown})
        names = ", ".join(rules[:4]) + (f" and {len(rules) - 4} more rules" if rules[4:] else "")
        yield f"{head}: {len(unknown)} verdicts depend on values not in the input ({names})"
        return
    for entry in unknown:
        place = entry.locations[0]
        where = f"{place.path}:{place.line}"
        yield f"{head}[{entry.rule}]: {where}: {entry.message} ({entry.resource.address})"


def _left_out(report: Report, *, verbose: bool) -> Iterator[str]:
    notes = report.inputs.notes
    head = click.style("not judged", fg="magenta", bold=True)
    for note in notes if verbose else notes[:3]:
        yield f"{head}: {note.path} {note.message}"
    if len(notes) > 3 and not verbose:
        yield f"{head}: … and {len(notes) - 3} more (--verbose shows all)"


def _summary(report: Report) -> Iterator[str]:
    found = report.summary.findings
    parts = [
        click.style(f"{found[s]} info" if s == "info" else _count(found[s], s), fg=_COLOURS[s])
        for s in ("blocker", "warning", "info")
    ]
    if report.summary.suppressed:
        parts.append(f"{report.summary.suppressed} suppressed")
    coverage = report.coverage
    verdicts = coverage.decided + coverage.unknown
    if not verdicts:
        yield click.style("Nothing to evaluate", bold=True)
        return
    yield f"{click.style('Found', bold=True)} {' · '.join(parts)}"
    things = _count(sum(report.inputs.resources.values()), "resource")
    if coverage.unasked:
        things += f" ({coverage.unasked} of kinds that no rule asks about)"
    yield (
        f"{things} in {_count(report.inputs.files, 'file')} · "
        f"{_count(report.ruleset.asked, 'rule')} · tier {report.ruleset.tier} · "
        f"{coverage.ratio:.0%} of {_count(verdicts, 'verdict')} decided"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
