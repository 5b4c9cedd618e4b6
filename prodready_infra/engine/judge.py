"""Rules × subjects → verdicts. The only place that loops, and the only one that catches."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from prodready_infra.engine.suppress import Suppressions
from prodready_infra.errors import NotApplicable, UnknownValue
from prodready_infra.findings import Location, Outcome, Severity, Verdict
from prodready_infra.model.container import Container
from prodready_infra.model.examples import is_example
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.stage import Stage
from prodready_infra.model.workload import Workload
from prodready_infra.rules.catalogue import line_in
from prodready_infra.rules.rule import Problem, Rule, Subject


def subjects(rule: Rule, inventory: Inventory) -> Sequence[Subject]:
    """Everything that the rule asks its question of."""
    if rule.subject is Resource:
        return inventory.of_kind(*sorted(rule.kinds)) if rule.kinds else inventory.resources
    if rule.subject is Workload:
        return [w for w in inventory.workloads if not rule.kinds or w.kind in rule.kinds]
    if rule.subject is Container:
        return [
            c
            for c in inventory.containers
            if c.role in rule.roles and (not rule.kinds or c.kind in rule.kinds)
        ]
    return inventory.stages if rule.subject is Stage else [inventory]


class Judge:
    """Asks rules of an inventory.

    ``severity_of`` gives the severity of a rule for the service at hand; a rule that is off is
    not asked. ``options`` holds, by slug, what the user set of a rule's options. ``redact`` hides
    in a text what no message may show.
    """

    def __init__(
        self,
        inventory: Inventory,
        severity_of: Callable[[Rule], Severity],
        options: Mapping[str, Mapping[str, Any]] | None = None,
        suppressions: Suppressions | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._inventory = inventory
        self._severity_of = severity_of
        self._options = options or {}
        self._suppressions = suppressions
        self._redact = redact

    def verdicts(self, rules: Iterable[Rule], part: tuple[int, int] = (0, 1)) -> Iterator[Verdict]:
        """One verdict for each rule and subject, or one for each problem of a failing subject.

        ``part`` is which of how many equal parts of the subjects to judge.
        """
        for rule in rules:
            yield from self._rule(rule, part)

    def served(self) -> list[bool]:
        """Which suppressions have accepted a problem so far."""
        return self._suppressions.served() if self._suppressions else []

    def note_served(self, served: Sequence[bool]) -> None:
        """Adds what another process found of the same suppressions."""
        if self._suppressions:
            self._suppressions.note_served(served)

    def _rule(self, rule: Rule, part: tuple[int, int]) -> Iterator[Verdict]:
        severity = self._severity_of(rule)
        if severity is Severity.OFF:
            return
        options = {**rule.options, **self._options.get(rule.slug, {})}
        asked = subjects(rule, self._inventory)
        which, parts = part
        start, end = (len(asked) * at // parts for at in (which, which + 1))
        for subject in asked[start:end]:
            yield from self._subject(rule, severity, subject, options)

    def _subject(
        self, rule: Rule, severity: Severity, subject: Subject, options: dict[str, Any]
    ) -> Iterator[Verdict]:
        problems: list[Problem] = []
        outcome, reason = Outcome.PASS, ""
        try:
            for problem in rule.problems(subject, self._inventory, options):
                if not isinstance(problem, Problem):
                    raise TypeError("a rule yields problems")  # noqa: TRY301 - told as its crash
                problems.append(problem)
        except UnknownValue as signal:
            outcome, reason = Outcome.UNKNOWN, signal.reason
        except NotApplicable as signal:
            outcome, reason = Outcome.NOT_APPLICABLE, signal.reason
        except Exception as error:  # noqa: BLE001 - a broken rule must not end the run
            yield self._verdict(rule, severity, subject, Outcome.ERROR, _told(error, rule))
            return
        if not problems:
            yield self._verdict(rule, severity, subject, outcome, reason)
            return
        seen: Counter[str] = Counter()
        for problem in problems:
            yield self._failure(rule, severity, subject, problem, seen)

    def _verdict(
        self, rule: Rule, severity: Severity, subject: Subject, outcome: Outcome, reason: str
    ) -> Verdict:
        node = subject.node
        placed = outcome in (Outcome.UNKNOWN, Outcome.ERROR)
        return Verdict(
            rule=rule.slug,
            outcome=outcome,
            severity=severity,
            address=subject.address,
            kind=subject.kind,
            source=subject.source,
            path=node.origin.path,
            message=self._redact(reason),
            locations=(node.origin.locate(node.path),) if placed else (),
            fingerprint=_fingerprint(rule, subject, node) if placed else "",
            root=_root(subject),
        )

    def _failure(
        self, rule: Rule, severity: Severity, subject: Subject, problem: Problem, seen: Counter[str]
    ) -> Verdict:
        at = problem.at
        fingerprint = _fingerprint(rule, subject, at, problem.message)
        seen[fingerprint] += 1
        if seen[fingerprint] > 1:
            fingerprint = f"{fingerprint}-{seen[fingerprint]}"
        accepted = self._suppressions.find(rule, at, subject) if self._suppressions else None
        return Verdict(
            rule=rule.slug,
            outcome=Outcome.FAIL,
            severity=_capped(severity, rule, subject),
            address=subject.address,
            kind=subject.kind,
            source=subject.source,
            path=at.origin.path,
            message=_hedged(self._redact(problem.message), subject),
            locations=(at.origin.locate(at.path), *map(self._related, problem.related)),
            provenance=at.origin.provenance(at.path),
            fingerprint=fingerprint,
            sensitive=problem.sensitive,
            suppressed_by=accepted,
            root=_root(subject),
        )

    def _related(self, related: tuple[Node, str]) -> Location:
        node, label = related
        return replace(node.origin.locate(node.path), label=self._redact(label))


def _root(subject: Subject) -> str:
    """The root module that makes it, where Terraform does."""
    if isinstance(subject, Container):
        subject = subject.workload
    if isinstance(subject, Workload):
        subject = subject.resource
    return subject.scope if isinstance(subject, Resource) else ""


def _capped(severity: Severity, rule: Rule, subject: Subject) -> Severity:
    """What shows or tests a module blocks nobody, unless it gives a secret away."""
    if severity is Severity.BLOCKER and rule.group != "exposure" and is_example(_root(subject)):
        return Severity.WARNING
    return severity


def _hedged(message: str, subject: Subject) -> str:
    """Nobody knows how many instances a symbolic one stands for: perhaps there is none."""
    return f"possibly: {message}" if "[*]" in subject.address else message


def _fingerprint(rule: Rule, subject: Subject, at: Node, message: str = "") -> str:
    """Survives edits elsewhere in the file: neither a line nor an instruction's number is in it."""
    place = (message,) if isinstance(subject, Stage) else map(str, at.path)
    parts = (rule.slug, _root(subject), subject.address, at.origin.path, *place)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _told(error: Exception, rule: Rule) -> str:
    """What to tell of a rule that crashed; never the error's text, which may hold a secret."""
    line = line_in(rule.file, error)
    place = f"{rule.file.name}:{line}" if line else rule.file.name
    return f"the rule crashed: {type(error).__name__} at {place}"
