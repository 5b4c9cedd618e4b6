"""How grave a failed rule is: the table of ``policies/profiles.toml``, read once."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from prodready_infra.errors import UsageError
from prodready_infra.findings import Category, Severity
from prodready_infra.paths import shipped
from prodready_infra.rules.rule import Lifecycle, Rule

TIERS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of rules, and the column of the severity table that it reads.

    ``column`` is ``tiers``, indexed by the tier, or the name of a column of its own. Empty
    ``categories`` (folders) or ``groups`` stand for all of them.
    """

    name: str
    description: str
    column: str
    categories: frozenset[str]
    groups: frozenset[str]

    def asks(self, rule: Rule) -> bool:
        if self.categories and rule.category.folder not in self.categories:
            return False
        return not self.groups or rule.group in self.groups


@dataclass(frozen=True, slots=True)
class SeverityTable:
    """Severity by group of rules and tier, with exceptions for single rules."""

    groups: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]
    profiles: dict[str, Profile]

    def row(self, rule: Rule) -> dict[str, Any] | None:
        """A rule's own row, or that of its group; a user's policy may have neither."""
        return self.rules.get(rule.slug) or self.groups.get(rule.group)

    def severity(self, rule: Rule, profile: Profile, tier: int) -> Severity:
        """The severity of a rule's failure; ``OFF`` when the profile does not ask it."""
        if not profile.asks(rule):
            return Severity.OFF
        row = self.row(rule)
        if row is None:
            return Severity.WARNING  # a user's policy with a group of its own
        cell = row.get(profile.column, Severity.OFF)
        return Severity(cell if isinstance(cell, str) else cell[tier])

    def profile(self, name: str) -> Profile:
        """Raises :class:`UsageError` when there is no such profile."""
        if name not in self.profiles:
            known = ", ".join(self.profiles)
            raise UsageError(f"there is no profile '{name}' (there are: {known})")
        return self.profiles[name]


@cache
def severity_table() -> SeverityTable:
    """The shipped table."""
    with (shipped("policies") / "profiles.toml").open("rb") as file:
        data = tomllib.load(file)
    return SeverityTable(
        groups=data["groups"],
        rules=data.get("rules", {}),
        profiles={name: _profile(name, row) for name, row in data["profiles"].items()},
    )


def _profile(name: str, data: dict[str, Any]) -> Profile:
    return Profile(
        name=name,
        description=data["description"],
        column=data.get("column", "tiers"),
        categories=frozenset(Category(c).folder for c in data.get("categories", ())),
        groups=frozenset(data.get("groups", ())),
    )


def select(
    rules: Iterable[Rule], chosen: Iterable[str], ignored: Iterable[str], categories: Iterable[str]
) -> list[Rule]:
    """The rules left after ``--select``, ``--ignore`` and ``--category``.

    A name is an id, a slug, a prefix of ids such as ``SEC`` or a category's name. Raises
    :class:`UsageError` for a name that fits no rule.
    """
    everything = list(rules)
    kept = everything
    wanted = _checked(list(chosen), everything)
    if wanted:
        kept = [rule for rule in kept if _named(rule, wanted)]
    unwanted = _checked(list(ignored), everything)
    kept = [rule for rule in kept if not _named(rule, unwanted)]
    within = _checked(list(categories), everything)
    kept = [rule for rule in kept if _named(rule, within)] if within else kept
    return [rule for rule in kept if not _asked_by_name(rule) or _by_name(rule, wanted)]


def _asked_by_name(rule: Rule) -> bool:
    """Whether only those who select it by name want to hear of it."""
    row = severity_table().row(rule) or {}
    return rule.lifecycle is Lifecycle.EXPERIMENTAL or bool(row.get("by_name"))


def _by_name(rule: Rule, names: list[str]) -> bool:
    return any(name.lower() in (rule.id.lower(), rule.slug) for name in names)


def _checked(names: list[str], rules: list[Rule]) -> list[str]:
    for name in names:
        if not any(_named(rule, [name]) for rule in rules):
            raise UsageError(f"no rule is called '{name}' (see: prodready-infra rules)")
    return names


def _named(rule: Rule, names: list[str]) -> bool:
    own = {rule.id.lower(), rule.slug, rule.id[:3].lower(), rule.category.folder}
    own.add(rule.category.value.lower())
    return any(name.lower() in own for name in names)
