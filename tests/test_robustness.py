"""No input makes a rule crash: each leaf of each example is replaced by what it should not be."""

import copy
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from prodready_infra.findings import Outcome
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node, Unknown
from prodready_infra.model.node import Path as NodePath
from prodready_infra.model.resource import Resource
from prodready_infra.model.stage import Stage
from prodready_infra.rules.page import Page
from prodready_infra.rules.rule import Rule
from prodready_infra.sources.kubernetes.read import kubernetes_resource
from tests.support import FIXTURES, catalogue, inventory_of, judge, read_path, read_text

REPLACEMENTS: dict[str, Any] = {
    "unknown": Unknown("the test says so"),
    "null": None,
    "text": "wrong",
    "number": 7,
    "boolean": True,
    "list": ["wrong"],
    "mapping": {"wrong": 1},
}


def own_inputs(rule: Rule) -> list[Inventory]:
    """The page's examples and the fixtures of a rule."""
    inventories = [
        inventory_of(read_text(example.language, example.text))
        for example in Page(rule.page).examples
    ]
    folder = FIXTURES / "rules" / rule.slug
    cases = [path for path in sorted(folder.glob("*")) if not path.name.endswith(".expected.yaml")]
    return inventories + [read_path(path) for path in cases]


def leaves(value: Any, path: NodePath = ()) -> Iterator[NodePath]:
    """Every path in a value, the inner ones too: a list may be missing as a whole."""
    if path:
        yield path
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from leaves(child, (*path, key))


def replaced(value: Any, path: NodePath, new: Any) -> Any:
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], new) if path[1:] else new
    return value


def mutants(inventory: Inventory, new: Any) -> Iterator[tuple[str, Inventory]]:
    for index, resource in enumerate(inventory.resources):
        for path in leaves(resource.node.value):
            changed = _with(resource, replaced(resource.node.value, path, new))
            resources = [*inventory.resources]
            resources[index] = changed
            yield f"{resource.address}: {path}", Inventory(resources, inventory.stages)


def _with(resource: Resource, value: Any) -> Resource:
    node = Node(value, resource.node.path, resource.node.origin)
    if resource.source == "kubernetes":
        return kubernetes_resource(node)
    return dataclasses.replace(resource, node=node)


@pytest.mark.parametrize("new", REPLACEMENTS.values(), ids=REPLACEMENTS)
@pytest.mark.parametrize("rule", list(catalogue()), ids=lambda rule: rule.slug)
def test_a_rule_survives_any_value(rule: Rule, new: Any) -> None:
    for inventory in own_inputs(rule):
        for name, mutant in mutants(inventory, new):
            crashed = [v for v in judge(rule, mutant) if v.outcome is Outcome.ERROR]
            assert not crashed, f"{name}: {crashed[0].message}"


@pytest.mark.parametrize("rule", list(catalogue()), ids=lambda rule: rule.slug)
def test_a_rule_survives_an_unknown_base_image(rule: Rule) -> None:
    for inventory in own_inputs(rule):
        stages: list[Stage] = [
            dataclasses.replace(stage, base=Unknown("the test says so"), parent=None)
            for stage in inventory.stages
        ]
        verdicts = judge(rule, Inventory(inventory.resources, stages))
        assert not [v for v in verdicts if v.outcome is Outcome.ERROR]


def test_every_rule_survives_every_fixture() -> None:
    inventory = read_path(Path(FIXTURES / "rules"))
    for rule in catalogue():
        assert not [v for v in judge(rule, inventory) if v.outcome is Outcome.ERROR], rule.slug


TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_][\w.]*|\d+|[\[\](){}=:,?!|&]')
STRANGERS = [
    "var.nobody",
    "null",
    "0",
    "-1",
    '""',
    "[]",
    "{}",
    "[var.nobody]",
    "{a=var.nobody}",
    "data.x.y.z",
    "local.nope",
    "each.key",
    "count.index",
    '"${var.nobody}-x"',
    "true",
    "[null]",
    "toset([var.nobody])",
    "aws_x.y",
    "module.m",
    '"*"',
    "1e400",
    "for",
    "...",
    "[*]",
    "%",
    '"{{x}}"',
    "-",
    "~",
    "&a",
    "*a",
    "!!int",
    "|",
    ">",
    ".inf",
    ".nan",
    '"${X:-y}"',
    "$(x)",
    "`x`",
    "<<",
    "\\",
]
TEXTS = sorted(
    path
    for path in (FIXTURES / "rules").rglob("*")
    if path.suffix in (".tf", ".dockerfile") or path.name == "Dockerfile"
    or (path.suffix == ".yaml" and not path.name.endswith(".expected.yaml"))
)  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_text_with_strangers_in_it_is_read_and_judged_to_its_end(seed: int) -> None:
    random = Random(seed)
    for _ in range(250):
        path = random.choice(TEXTS)
        text = path.read_text()
        for _ in range(random.choice((1, 1, 2, 4))):
            place = random.choice(list(TOKEN.finditer(text)))
            text = text[: place.start()] + random.choice(STRANGERS) + text[place.end() :]
        language = {".tf": "hcl", ".yaml": "yaml"}.get(path.suffix, "dockerfile")
        batch = read_text(language, text)
        inventory = inventory_of(batch)
        for resource in inventory.resources:
            resource.node.origin.provenance(())
            assert isinstance(resource.references, tuple)
        for rule in catalogue():
            errors = [v for v in judge(rule, inventory) if v.outcome is Outcome.ERROR]
            assert not errors, f"{rule.slug}: {errors[0].message} on\n{text}"
