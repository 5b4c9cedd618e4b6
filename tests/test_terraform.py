"""The evaluator: what it calls known is what a real Terraform computes; the rest is unknown."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from prodready_infra.model.node import Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.scan import scan
from prodready_infra.sources.terraform.blocks import body_value
from prodready_infra.sources.terraform.module import Instance, declare
from prodready_infra.sources.terraform.parse import parse
from prodready_infra.sources.terraform.values import first_unknown
from tests.support import FIXTURES

TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
EXPRESSIONS = [
    line
    for line in (FIXTURES / "terraform/expressions.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def evaluated(expressions: list[str]) -> list[Any]:
    text = "".join(f"e{n} = {expression}\n" for n, expression in enumerate(expressions))
    file = parse(text.encode(), "e.tf")
    assert not file.problems
    values = body_value(file.body, Instance(declare("", [])).context)
    return [values[f"e{n}"] for n in range(len(expressions))]


@pytest.mark.skipif(TERRAFORM is None, reason="there is no terraform or tofu on PATH")
def test_what_is_known_is_what_terraform_computes(tmp_path: Path) -> None:
    lines = "".join(f"  e{n} = {text}\n" for n, text in enumerate(EXPRESSIONS))
    (tmp_path / "main.tf").write_text(f"locals {{\n{lines}}}\n")
    names = ", ".join(f"local.e{n}" for n in range(len(EXPRESSIONS)))
    done = subprocess.run(
        [str(TERRAFORM), "console"],
        input=f"jsonencode([{names}])\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull},
        check=True,
    )
    expected = json.loads(json.loads(done.stdout))
    known = 0
    for text, ours, theirs in zip(EXPRESSIONS, evaluated(EXPRESSIONS), expected, strict=True):
        if first_unknown(ours) is None:
            known += 1
            assert (json.dumps(ours), text) == (json.dumps(theirs), text)
    assert known >= 0.95 * len(EXPRESSIONS)


def resources(files: dict[str, str], folder: Path) -> dict[str, Resource]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found = scan([str(folder)])
    assert not found.problems
    return {resource.address: resource for resource in found.inventory.resources}


def labels(resource: Resource, *path: str) -> list[str]:
    return [
        f"{s.label} {Path(s.path).name}:{s.line}" for s in resource.node.origin.provenance(path)
    ]


MODULES = {
    "main.tf": """
variable "days" {
  default = 30
}
locals {
  name = "orders"
}
module "db" {
  source = "./db"
  days   = var.days
  name   = local.name
}
resource "aws_x" "named" {
  value = module.db.name
}
""",
    "terraform.tfvars": "days = 2\n",
    "z.auto.tfvars": "days = 1\n",
    "db/main.tf": """
variable "days" {
  type = string
}
variable "name" {}
resource "aws_db_instance" "this" {
  backup_retention_period = var.days
  identifier              = "${var.name}-db"
}
output "name" {
  value = aws_db_instance.this.identifier
}
""",
}


def test_values_flow_through_variables_modules_and_outputs(tmp_path: Path) -> None:
    found = resources(MODULES, tmp_path)
    database = found["module.db.aws_db_instance.this"]
    assert database.node.value == {"backup_retention_period": "1", "identifier": "orders-db"}
    assert found["aws_x.named"].node.value == {"value": "orders-db"}
    assert labels(database, "backup_retention_period") == [
        "var.days main.tf:2",
        "module.db.days main.tf:10",
        "var.days main.tf:2",
        "days is set z.auto.tfvars:1",
    ]
    assert [r.target for r in found["aws_x.named"].references] == [database.address]


def test_a_called_module_is_judged_with_its_inputs_only(tmp_path: Path) -> None:
    addresses = [a for a in resources(MODULES, tmp_path) if "aws_db_instance" in a]
    assert addresses == ["module.db.aws_db_instance.this"]


@pytest.mark.parametrize(
    ("block", "addresses"),
    [
        ("count = 0", []),
        ("count = 2", ["aws_x.a[0]", "aws_x.a[1]"]),
        ("count = var.nobody ? 1 : 0", ["aws_x.a[*]"]),
        ('for_each = toset(["b", "a"])', ['aws_x.a["a"]', 'aws_x.a["b"]']),
        ("for_each = { k = 1 }", ['aws_x.a["k"]']),
        ("for_each = data.aws_y.z.ids", ["aws_x.a[*]"]),
        ("for_each = [var.nobody]", ["aws_x.a[*]"]),
        ("for_each = { k = var.nobody }", ['aws_x.a["k"]']),
    ],
)
def test_count_and_for_each_make_instances(
    tmp_path: Path, block: str, addresses: list[str]
) -> None:
    text = f'variable "nobody" {{}}\nresource "aws_x" "a" {{\n  {block}\n  v = 1\n}}\n'
    found = resources({"main.tf": text}, tmp_path)
    assert [address for address in found if address.startswith("aws_x")] == addresses


def test_dynamic_blocks_are_expanded_or_unknown(tmp_path: Path) -> None:
    text = """
variable "nobody" {}
resource "aws_x" "a" {
  dynamic "rule" {
    for_each = ["p", "q"]
    content {
      name = rule.value
    }
  }
  dynamic "maybe" {
    for_each = var.nobody
    content {}
  }
  dynamic "never" {
    for_each = []
    content {}
  }
}
"""
    node = resources({"main.tf": text}, tmp_path)["aws_x.a"].node
    assert node.get("rule").value == [{"name": "p"}, {"name": "q"}]
    assert is_unknown(node.get("maybe").value)
    assert node.get("never").value == []
    place = node.origin.locate(("rule", 1, "name"))
    assert (place.line, place.column) == (7, 7)


def test_what_the_files_do_not_say_is_unknown(tmp_path: Path) -> None:
    text = """
variable "nobody" {}
locals {
  loop = local.pool
  pool = local.loop
}
resource "aws_y" "b" {}
resource "aws_x" "a" {
  variable = var.nobody
  computed = aws_y.b.id
  data     = data.aws_z.c.name
  loop     = local.loop
  function = timestamp()
  mixed    = "x-${var.nobody}"
  either   = var.nobody ? 5 : 5
  missing  = module.elsewhere.output
  known    = var.nobody && false
}
module "elsewhere" {
  source = "terraform-aws-modules/vpc/aws"
}
"""
    value = resources({"main.tf": text}, tmp_path)["aws_x.a"].node.value
    assert {name for name, v in value.items() if type(v) is not Unknown} == {"either", "known"}
    assert (value["either"], value["known"]) == (5, False)
    assert value["variable"].reason == "var.nobody has no value"
    assert value["computed"].reason == "aws_y.b.id is known after apply"


@pytest.mark.parametrize(
    "block",
    [
        "count = local.l0",
        "for_each = local.l0",
        'dynamic "a" {\n    for_each = local.l0\n    content {}\n  }',
        "tags = { (local.l0) = 1 }",
    ],
)
def test_deep_definitions_end_wherever_they_are_used(tmp_path: Path, block: str) -> None:
    chain = "".join(f"  l{n} = local.l{n + 1}\n" for n in range(3000))
    text = f'locals {{\n{chain}  l3000 = 1\n}}\nresource "aws_x" "a" {{\n  {block}\n}}\n'
    for resource in resources({"main.tf": text}, tmp_path).values():
        assert list(resource.node.walk())
        assert resource.references == ()


def test_modules_that_call_themselves_and_deep_chains_end(tmp_path: Path) -> None:
    files = {"main.tf": 'module "a" {\n  source = "./a"\n}\n'}
    files["a/main.tf"] = 'module "b" {\n  source = "../a"\n}\nresource "aws_x" "a" {}\n'
    assert "module.a.aws_x.a" in resources(files, tmp_path)
    chain = "".join(f"  l{n} = local.l{n + 1}\n" for n in range(3000))
    text = f'locals {{\n{chain}  l3000 = 1\n}}\nresource "aws_x" "deep" {{\n  v = local.l0\n}}\n'
    value = resources({"deep/main.tf": text}, tmp_path)["aws_x.deep"].node.get("v").value
    assert is_unknown(value) or value == 1


def test_a_single_file_is_judged_as_a_part_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_x" "a" {\n  v = var.n\n}\n')
    (tmp_path / "more.tf").write_text('variable "n" {}\nresource "aws_x" "b" {}\n')
    (tmp_path / "terraform.tfvars").write_text("n = 5\n")
    (tmp_path / "z.auto.tfvars.json").write_text('{"n": 6}')
    found = scan([str(tmp_path / "main.tf")])
    values = {r.address: r.node.value for r in found.inventory.resources if r.kind == "aws_x"}
    assert values == {"aws_x.a": {"v": 6}, "aws_x.b": {}}
    assert {Path(path).name for path in found.context} == {
        "more.tf",
        "terraform.tfvars",
        "z.auto.tfvars.json",
    }
    assert [Path(path).name for path in found.judged] == ["main.tf"]


def test_what_an_override_file_replaces_is_unknown(tmp_path: Path) -> None:
    text = 'resource "aws_x" "a" {\n  v = 1\n  w = 2\n}\n'
    override = 'resource "aws_x" "a" {\n  v = 3\n}\n'
    value = resources({"main.tf": text, "main_override.tf": override}, tmp_path)["aws_x.a"].node
    assert is_unknown(value.get("v").value)
    assert value.get("w").value == 2


def test_modules_that_only_call_each_other_are_judged_all_the_same(tmp_path: Path) -> None:
    files = {
        "a/m.tf": 'module "b" {\n  source = "../b"\n}\n',
        "b/m.tf": 'module "a" {\n  source = "../a"\n}\nresource "aws_x" "deep" {}\n',
    }
    assert "module.b.aws_x.deep" in resources(files, tmp_path)


def test_evaluation_that_never_ends_is_unknown(tmp_path: Path) -> None:
    doubling = "".join(f'  l{n} = "${{local.l{n - 1}}}${{local.l{n - 1}}}"\n' for n in range(1, 60))
    loops = "length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]])"
    text = (
        f'locals {{\n  l0 = "0123456789"\n{doubling}}}\n'
        f'resource "aws_x" "a" {{\n  text = local.l59\n  loops = {loops}\n}}\n'
    )
    value = resources({"main.tf": text}, tmp_path)["aws_x.a"].node
    assert is_unknown(value.get("text").value)
    assert value.get("loops").value == 1000 or is_unknown(value.get("loops").value)
