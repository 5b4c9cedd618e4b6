"""Accepted failures: comments beside what they accept, and annotations on objects.

A suppression of ours needs a reason, may expire, and is reported when it serves no purpose.
Those that other checkers read count where a rule names their check among its aliases.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prodready_infra.findings import Location, Suppression
from prodready_infra.model.container import Container
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.workload import Workload
from prodready_infra.rules.catalogue import Catalogue
from prodready_infra.rules.rule import Rule, Subject
from prodready_infra.sources.comments import Comment

ANNOTATION = "prodready-infra.dev/ignore"

_IGNORE = re.compile(r"prodready:\s*ignore=(?P<names>[\w,-]+)(?P<rest>.*)")
# What an annotation accepts: rule, rule[container], rule@spec.template.spec.hostNetwork.
_TARGET = re.compile(r"(?P<rule>[\w-]+)(?:\[(?P<container>[^\]]+)\])?(?:@(?P<path>\S+))?")
_STEP = re.compile(r"[^.\[\]]+")
_REASON = re.compile(r"""\breason=(?:"([^"]*)"|'([^']*)'|(\S+))""")
_EXPIRES = re.compile(r"\bexpires=(\S+)")
_FOREIGN = (
    ("checkov", re.compile(r"checkov:skip=(?P<names>[\w,]+)(?::(?P<reason>.*))?")),
    (
        "hadolint",
        re.compile(r"hadolint\s+(?P<whole>global\s+)?ignore=(?P<names>[\w,]+)(?P<reason>.*)"),
    ),
    ("trivy", re.compile(r"(?:trivy|tfsec):ignore:(?P<names>[\w-]+)(?P<reason>.*)")),
)
_WHOLE_BLOCK = frozenset({"checkov"})


@dataclass(slots=True)
class _Entry:
    """One suppression, for one rule; ``name`` is the rule's slug once an entry of ours counts."""

    name: str
    reason: str
    expires: str
    location: Location
    target: int = 0
    within: bool = False
    whole_file: bool = False
    # Below the object: one container by its name, or what stands at a path such as ``spec.paused``.
    container: str = ""
    path: tuple[str, ...] = ()
    ours: bool = True
    used: bool = False

    def suppression(self) -> Suppression:
        return Suppression(self.reason, self.location, self.expires)


@dataclass(slots=True)
class Suppressions:
    """The suppressions of one run, and which of them served."""

    today: dt.date
    by_path: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    by_object: dict[Resource, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    defects: list[tuple[Location, str]] = field(default_factory=list)

    def find(self, rule: Rule, at: Node, subject: Subject) -> Suppression | None:
        """The suppression that accepts a problem of ``rule`` at that node, marked as used."""
        accepting = [
            entry
            for entry in (*self._on_object(subject), *self._beside(at, subject))
            if _names(rule, entry) and _reaches(entry, at, subject)
        ]
        for entry in accepting:
            entry.used = True
        return accepting[0].suppression() if accepting else None

    def _on_object(self, subject: Subject) -> Iterable[_Entry]:
        resource = _resource_of(subject)
        return self.by_object.get(resource, ()) if resource is not None else ()

    def _beside(self, at: Node, subject: Subject) -> Iterator[_Entry]:
        if not self.by_path:
            return
        places = [at.origin.locate(at.path[:depth]) for depth in range(len(at.path) + 1)]
        lines = {(place.path, place.line) for place in places}
        block = subject.node.origin.locate(subject.node.path)
        for path in dict.fromkeys(place.path for place in places):
            for entry in self.by_path.get(path, ()):
                inside = path == block.path and block.line <= entry.location.line <= block.end_line
                if entry.whole_file or (path, entry.target) in lines or (entry.within and inside):
                    yield entry

    def unused(self, judged: Iterable[Rule]) -> Iterator[tuple[Location, str]]:
        """Our suppressions that accept nothing, among those of rules that were asked."""
        asked = {rule.slug for rule in judged}
        for entry in self._entries():
            if entry.ours and not entry.used and entry.name in asked:
                yield entry.location, f"suppresses nothing: {entry.name} does not fail here"

    def served(self) -> list[bool]:
        """Which of them have accepted a problem, in a fixed order."""
        return [entry.used for entry in self._entries()]

    def note_served(self, served: Iterable[bool]) -> None:
        """Adds what was found elsewhere of the same ones."""
        for entry, used in zip(self._entries(), served, strict=True):
            entry.used = entry.used or used

    def _entries(self) -> Iterator[_Entry]:
        for entries in (*self.by_path.values(), *self.by_object.values()):
            yield from entries


def collect(
    comments: Iterable[Comment],
    inventory: Inventory,
    catalogue: Catalogue,
    today: dt.date,
) -> Suppressions:
    """Reads all suppressions of a scan; what is wrong with one is kept as a defect."""
    found = Suppressions(today)
    for comment in comments:
        for entry in _from_comment(comment):
            if _accepted(entry, catalogue, found):
                found.by_path[comment.path].append(entry)
    for resource in inventory.resources:
        if resource.source == "kubernetes":
            for entry in _from_annotations(resource):
                if _accepted(entry, catalogue, found):
                    found.by_object[resource].append(entry)
    return found


def _accepted(entry: _Entry, catalogue: Catalogue, found: Suppressions) -> bool:
    """Whether a suppression counts; a defect of one of ours is remembered."""
    if not entry.ours:
        return True
    defect = ""
    rule = catalogue.get(entry.name)
    if rule is None:
        defect = f"there is no rule '{entry.name}'"
    elif not entry.reason:
        defect = f"the suppression of {entry.name} gives no reason"
    elif entry.expires:
        try:
            expiry = dt.date.fromisoformat(entry.expires)
        except ValueError:
            defect = f"'{entry.expires}' is no date of the form 2027-03-01"
        else:
            if expiry < found.today:
                defect = f"the suppression of {entry.name} expired on {entry.expires}"
    if defect:
        found.defects.append((entry.location, defect))
    elif rule is not None:
        entry.name = rule.slug
    return not defect


def _from_comment(comment: Comment) -> Iterator[_Entry]:
    text = comment.text
    end = comment.column + len(text)
    location = Location(comment.path, comment.line, comment.column, comment.line, end)
    match = _IGNORE.match(text)
    if match is not None:
        reason = _REASON.search(match["rest"])
        expires = _EXPIRES.search(match["rest"])
        for name in match["names"].split(","):
            yield _Entry(
                name,
                next(filter(None, reason.groups()), "") if reason else "",
                expires[1] if expires else "",
                location,
                comment.target,
            )
        return
    for tool, pattern in _FOREIGN:
        match = pattern.match(text)
        if match is not None:
            reason_text = (match["reason"] or "").strip(" :-")
            for name in match["names"].split(","):
                yield _Entry(
                    f"{tool}:{name}",
                    reason_text or f"accepted for {tool}",
                    "",
                    location,
                    comment.target,
                    within=tool in _WHOLE_BLOCK,
                    whole_file=bool(match.groupdict().get("whole")),
                    ours=False,
                )


def _from_annotations(resource: Resource) -> Iterator[_Entry]:
    holders = [resource.get("metadata", "annotations")]
    templates = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
    holders += [resource.get(*path, "metadata", "annotations") for path in templates]
    for holder in holders:
        if type(holder.value) is not dict:
            continue
        for key, value in holder.value.items():
            if isinstance(value, str):
                yield from _from_annotation(key, value, holder.get(key))


def _from_annotation(key: str, value: str, node: Node) -> Iterator[_Entry]:
    if key == ANNOTATION:
        for part in filter(None, map(str.strip, re.split(r"[\n;]", value))):
            name, _, reason = part.partition(":")
            expires = _EXPIRES.search(reason)
            target = _TARGET.fullmatch(name.strip())
            yield _Entry(
                target["rule"] if target else name.strip(),
                _EXPIRES.sub("", reason).strip(),
                expires[1] if expires else "",
                node.origin.locate(node.path),
                container=(target["container"] or "") if target else "",
                path=tuple(_STEP.findall(target["path"] or "")) if target else (),
            )
        return
    name, reason = "", ""
    if key.startswith("ignore-check.kube-linter.io/"):
        name, reason = f"kube-linter:{key.partition('/')[2]}", value
    elif key.startswith("checkov.io/skip"):
        check, _, reason = value.partition("=")
        name = f"checkov:{check}"
    elif key.startswith("polaris.fairwinds.com/") and key.endswith("-exempt") and value == "true":
        name = f"polaris:{key.partition('/')[2].removesuffix('-exempt')}"
    elif key == "kube-score/ignore":
        for check in value.split(","):
            yield _foreign(f"kube-score:{check.strip()}", "", node)
    if name:
        yield _foreign(name, reason, node)


def _foreign(name: str, reason: str, node: Node) -> _Entry:
    accepted = reason.strip() or f"accepted for {name.partition(':')[0]}"
    return _Entry(name, accepted, "", node.origin.locate(node.path), ours=False)


def _names(rule: Rule, entry: _Entry) -> bool:
    if entry.ours:
        return entry.name == rule.slug
    wanted = entry.name.lower().replace(":avd-", ":")  # trivy's ids before 2024
    return any(alias.lower() == wanted for alias in rule.aliases)


def _reaches(entry: _Entry, at: Node, subject: Subject) -> bool:
    """Whether a suppression for a part of an object speaks of that part."""
    if entry.container:
        own = subject.name if isinstance(subject, Container) else ""
        if entry.container not in (own, *_names_above(at, subject)):
            return False
    steps = zip(entry.path, at.path, _names_above(at, subject), strict=False)
    return len(entry.path) <= len(at.path) and all(
        wanted in (str(step), name) for wanted, step, name in steps
    )


def _names_above(at: Node, subject: Subject) -> list[str]:
    """For each step of a path the ``name`` of the list item that it leads to, if it has one."""
    resource = _resource_of(subject)
    if resource is None:
        return [""] * len(at.path)
    nodes = (resource.get(*at.path[: depth + 1]) for depth in range(len(at.path)))
    return [
        node.get("name").identity() if isinstance(step, int) else ""
        for step, node in zip(at.path, nodes, strict=True)
    ]


def _resource_of(subject: Subject) -> Resource | None:
    if isinstance(subject, Resource):
        return subject
    if isinstance(subject, Container):
        return subject.workload.resource
    return subject.resource if isinstance(subject, Workload) else None
