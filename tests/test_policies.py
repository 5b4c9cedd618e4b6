"""Every rule: its metadata, its page executed to the line, its fixtures with recorded verdicts."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodready_infra.findings import Category, Outcome, Verdict
from prodready_infra.readiness.severity import severity_table
from prodready_infra.rules.page import OPTIONAL_SECTIONS, SECTIONS, Example, Page
from prodready_infra.rules.rule import Rule
from tests.support import (
    FIXTURES,
    catalogue,
    failing_lines,
    inventory_of,
    judge,
    read_path,
    read_text,
)

RULES = list(catalogue())
EXAMPLES = [(rule, example) for rule in RULES for example in Page(rule.page).examples]
CASES = sorted(
    path.with_name(path.name.removesuffix(".expected.yaml"))
    for path in FIXTURES.glob("rules/*/*.expected.yaml")
)
ACCEPT = bool(os.environ.get("PRODREADY_ACCEPT"))


def slug(value: object) -> str:
    return value.slug if isinstance(value, Rule) else ""


@pytest.mark.parametrize("rule", RULES, ids=slug)
def test_metadata_is_complete(rule: Rule) -> None:
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 80
    assert rule.group in severity_table().groups
    assert rule.references
    assert all(reference.startswith("https://") for reference in rule.references)
    assert all(re.fullmatch(r"[a-z-]+:\S+", alias) for alias in rule.aliases)
    assert rule.check.__doc__ or rule.file.read_text().startswith('"""')


@pytest.mark.parametrize("rule", RULES, ids=slug)
def test_page_has_the_sections_in_order(rule: Rule) -> None:
    page = Page(rule.page)
    names = list(page.sections)
    assert [name for name in names if name in SECTIONS] == list(SECTIONS)
    assert set(names) <= {*SECTIONS, *OPTIONAL_SECTIONS}
    assert all(text.strip() for text in page.sections.values())
    assert {example.section for example in page.examples} == {"Bad", "Good"}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=slug)
def test_examples_are_true_to_the_line(rule: Rule, example: Example) -> None:
    batch = read_text(example.language, example.text)
    assert not batch.problems
    verdicts = judge(rule, inventory_of(batch))
    assert failing_lines(verdicts) == sorted(example.findings)
    if example.section == "Bad":
        assert example.findings
    else:
        outcomes = {verdict.outcome for verdict in verdicts}
        assert outcomes <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
        assert Outcome.PASS in outcomes


def case_input(case: Path) -> Path:
    """The folder or the one file beside the record; a file's ending is free."""
    if case.is_dir():
        return case
    found = [p for p in case.parent.glob(f"{case.name}.*") if not p.name.endswith(".expected.yaml")]
    assert len(found) == 1, f"{case} needs one input, has {found}"
    return found[0]


def recorded(verdict: Verdict) -> dict[str, Any]:
    line = {"line": verdict.locations[0].line} if verdict.locations else {}
    told = {"message": verdict.message} if verdict.message else {}
    address = verdict.address.removeprefix(f"{FIXTURES}/")
    return {"subject": address, "outcome": str(verdict.outcome), **line, **told}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_fixtures_give_the_recorded_verdicts(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.parent)
    rule = catalogue().get(case.parent.name)
    assert rule is not None, f"{case.parent} names no rule"
    file = case.with_name(f"{case.name}.expected.yaml")
    expected = yaml.safe_load(file.read_text()) or {}
    inventory = read_path(case_input(case).relative_to(case.parent))
    verdicts = judge(rule, inventory, expected.get("options"))
    actual = [recorded(verdict) for verdict in verdicts]
    if ACCEPT:
        head = {"options": expected["options"]} if expected.get("options") else {}
        record = {**head, "verdicts": actual}
        file.write_text(yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=100))
    else:
        assert actual == expected["verdicts"]


def test_every_fixture_folder_is_named_after_a_rule() -> None:
    folders = {path.name for path in (FIXTURES / "rules").iterdir() if path.is_dir()}
    assert folders <= {rule.slug for rule in RULES}


def test_no_two_rules_share_a_title() -> None:
    titles = [rule.title for rule in RULES]
    assert len(titles) == len(set(titles))


def test_every_category_has_its_own_prefix() -> None:
    assert len({category.prefix for category in Category}) == len(Category)
