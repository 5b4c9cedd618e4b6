"""The evaluator against real Terraforms: what it calls known is what they compute.

The tables of expressions are in ``fixtures/terraform/expressions``: what they may name stands in
its ``given.tf`` and ``tree``.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodready_infra.sources.scan import scan
from prodready_infra.sources.terraform.evaluate import SPECIAL
from prodready_infra.sources.terraform.functions import FUNCTIONS
from prodready_infra.sources.terraform.values import first_unknown, survey
from tests.support import FIXTURES
from tests.terraform_answers import Found, answers_of, compared, values_of
from tests.terraform_grammar import Expressions
from tests.terraform_programs import Program, inputs_of, with_each_terraform

FOLDER = FIXTURES / "terraform/expressions"
GIVEN = (FOLDER / "given.tf").read_text()
# Functions of newer versions only, which are unknown.
NEWER = {"convert"}


def table(path: Path) -> list[str]:
    """The expressions of a file: each on a line, or several lines up to one of four dashes."""
    text = path.read_text()
    if path.name.endswith(".blocks.txt"):
        return text.removesuffix("\n").split("\n----\n")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


TABLES = {path.name: table(path) for path in sorted(FOLDER.glob("*.txt"))}


@with_each_terraform
def test_what_is_known_is_what_terraform_computes(program: Program, tmp_path: Path) -> None:
    expressions = [text for lines in TABLES.values() for text in lines]
    shutil.copytree(FOLDER / "tree", tmp_path, dirs_exist_ok=True)
    (tmp_path / "given.tf").write_text(GIVEN)
    found = values_of(expressions, tmp_path, GIVEN)
    total = compared(expressions, answers_of(program, expressions, tmp_path), found)
    assert not total.wrong, str(total)
    assert total.share >= 0.95, str(total)


def test_the_tables_have_every_function() -> None:
    text = "\n".join(line for lines in TABLES.values() for line in lines)
    named = set(re.findall(r"\b([a-z0-9_]+)\(", text))
    assert sum(map(len, TABLES.values())) > 1200
    assert set(FUNCTIONS) | set(SPECIAL) <= named


@with_each_terraform
def test_every_function_of_terraform_is_there(program: Program, tmp_path: Path) -> None:
    listed = json.loads(program.says(tmp_path, "metadata", "functions", "-json"))
    names = {name.removeprefix("core::") for name in listed["function_signatures"]}
    if program.name != "tofu":  # which has functions of its own
        assert names - NEWER <= set(FUNCTIONS) | set(SPECIAL)


@with_each_terraform
@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_what_is_known_of_random_expressions_is_what_terraform_computes(
    program: Program, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Hypothesis chooses among batches: a run of Terraform for each expression is too dear."""
    folder = tmp_path_factory.mktemp("random")
    expressions = Expressions(seed).several(200)
    (folder / "given.tf").write_text(GIVEN)
    found = values_of(expressions, folder, GIVEN)
    comparison = compared(expressions, answers_of(program, expressions, folder), found)
    assert not comparison.wrong, str(comparison)


# Configurations


CONFIGURATIONS: dict[str, dict[str, str]] = {
    "modules that call modules": {
        "main.tf": """
locals {
  sizes = { small = 1, large = 3 }
}
module "each" {
  source   = "./layer"
  for_each = local.sizes
  name     = "${each.key}-${each.value}"
  size     = each.value
}
module "many" {
  source = "./layer"
  count  = 2
  name   = "n${count.index}"
}
module "one" {
  source = "./layer"
  name   = module.many[1].names[0]
  size   = module.each["large"].total + 1
  extra  = { for key, layer in local.sizes : key => tostring(layer) }
}
output "names" {
  value = module.one.names
}
resource "terraform_data" "top" {
  input = [module.each["small"].names, module.many[0].total, module.one.extra]
}
""",
        "layer/main.tf": """
variable "name" {
  type = string
}
variable "size" {
  type    = number
  default = 2
}
variable "extra" {
  type    = map(number)
  default = null
}
module "leaf" {
  source = "../leaf"
  count  = var.size
  label  = join("/", [var.name, count.index])
}
resource "terraform_data" "layer" {
  input = { name = var.name, size = var.size, leaves = local.leaves, extra = var.extra }
}
locals {
  leaves = [for index in range(var.size) : "${var.name}/${index}"]
}
output "names" {
  value = local.leaves
}
output "total" {
  value = length(local.leaves)
}
output "extra" {
  value = var.extra == null ? {} : var.extra
}
""",
        "leaf/main.tf": """
variable "label" {}
resource "terraform_data" "leaf" {
  input = upper(var.label)
}
""",
    },
    "variables with types": {
        "main.tf": """
variable "services" {
  type = map(object({
    image    = string
    replicas = optional(number, 2)
    ports    = optional(list(object({ port = number, tls = optional(bool, true) })), [])
    labels   = optional(map(string), { team = "core" })
    probe    = optional(object({ path = optional(string, "/"), every = optional(number) }))
    tags     = optional(set(string), ["b", "a"])
  }))
}
variable "zones" {
  type     = list(string)
  default  = ["a", "b"]
  nullable = false
}
variable "maybe" {
  type    = bool
  default = null
}
resource "terraform_data" "services" {
  for_each = var.services
  input    = each.value
}
resource "terraform_data" "others" {
  input = {
    zones = var.zones
    maybe = var.maybe != null ? var.maybe : "not given"
    ports = flatten([for name, service in var.services : [for p in service.ports : p.port]])
    paths = { for name, service in var.services : name => try(service.probe.path, "none") }
    sizes = sum(values(var.services)[*].replicas)
    first = keys(var.services)[0]
  }
}
""",
        "terraform.tfvars": """
services = {
  web = { image = "web:1", ports = [{ port = "80" }, { port = 443, tls = "false" }], x = 1 }
  api = { image = "api:2", replicas = "3", labels = { n = 1, t = true }, probe = {} }
  job = { image = 7, replicas = null, ports = null, tags = ["z", "z"] }
}
""",
        "z.auto.tfvars.json": '{"zones": null}',
    },
    "resources that read each other": {
        "main.tf": """
variable "names" {
  default = ["x", "y", "z"]
}
resource "terraform_data" "first" {
  input = { id = 5, list = [1, 2, 3], name = "first" }
}
resource "terraform_data" "second" {
  input = terraform_data.first.input.name
}
resource "terraform_data" "third" {
  input = "${terraform_data.second.input}-${terraform_data.first.input["id"]}"
}
resource "terraform_data" "counted" {
  count = length(var.names)
  input = "${count.index}:${var.names[count.index]}"
}
resource "terraform_data" "keyed" {
  for_each = toset(var.names)
  input    = each.key == each.value ? upper(each.value) : "differs"
}
resource "terraform_data" "none" {
  count = 0
  input = "never"
}
resource "terraform_data" "mapped" {
  for_each = { for index, name in var.names : name => index if index > 0 }
  input    = [each.key, each.value, terraform_data.counted[each.value].input]
}
resource "terraform_data" "indexed" {
  input = [terraform_data.keyed["y"].input, terraform_data.counted[0].input]
}
""",
    },
    "locals and functions": {
        "main.tf": """
locals {
  environments = ["dev", "prod"]
  regions      = { eu = ["a", "b"], us = ["c"] }
  pairs        = setproduct(local.environments, keys(local.regions))
  subnets = merge([
    for region, zones in local.regions : {
      for index, zone in zones : "${region}-${zone}" => {
        cidr   = cidrsubnet("10.0.0.0/16", 8, index + (region == "eu" ? 0 : 10))
        public = zone == "a"
      }
    }
  ]...)
  text = <<-EOT
    %{for name, subnet in local.subnets~}
    ${name} = ${subnet.cidr}
    %{endfor~}
  EOT
  decoded = yamldecode(file("${path.module}/values.yaml"))
}
resource "terraform_data" "subnets" {
  for_each = { for name, subnet in local.subnets : name => subnet if !subnet.public }
  input    = each.value.cidr
}
resource "terraform_data" "all" {
  input = {
    pairs   = [for pair in local.pairs : join("-", pair)]
    text    = local.text
    decoded = { for item in local.decoded.items : item.name => lookup(item, "size", 1) }
    policy  = jsondecode(templatefile("policy.tftpl", { actions = ["s3:*"], name = null }))
    sorted  = sort(toset([for r, zs in local.regions : "${r}${length(zs)}"]))
    files   = [for name in fileset(path.module, "*.yaml") : filesha256(name)]
    time    = formatdate("DD MMM", "2024-02-29T12:00:00Z")
  }
}
""",
        "values.yaml": "items:\n  - &x {name: one, size: 3}\n  - <<: *x\n    name: two\n",
        "policy.tftpl": '${jsonencode({ Action = actions, Sid = name != null ? name : "all" })}',
    },
}


@with_each_terraform
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations_mean_what_terraform_makes_of_them(
    program: Program, tmp_path: Path, name: str
) -> None:
    for path, text in CONFIGURATIONS[name].items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    found = scan([str(tmp_path)])
    assert not found.problems
    resources = [r for r in found.inventory.resources if r.kind == "terraform_data"]
    ours: dict[str, Any] = {r.address: r.get("input").value for r in resources}
    assert ours == inputs_of(program.plan(tmp_path))


# Input that is meant to harm


HOSTILE = [
    "range(1000000)",
    "range(0, 1, 0.0000001)",
    "range(1e400)",
    'format("%1000000000d", 1)',
    'format("%.1000000000f", 1)',
    'format("%[1000000000]d", 1)',
    'format("%99999999999999999999999d", 1)',
    'indent(1000000000, "a\\nb")',
    "pow(9, 999999999)",
    "pow(1e1000, 1e1000)",
    "1e999999999",
    "1e-999999999",
    '"${1e999999999}"',
    'tonumber("1e999999999")',
    'parseint(join("", [for i in range(1000) : "9999999999"]), 10)',
    'jsondecode("1e999999999")',
    'yamldecode("1e999999999")',
    'regex("((((a{1000}){1000}){1000}){1000})", "a")',
    'regex("(a*)*(a*)*(a*)*b", "' + "a" * 5000 + '")',
    'regex("(a|aa)+$", "' + "a" * 5000 + 'b")',
    'regexall("(x+x+)+y", "' + "x" * 5000 + '")',
    'replace("' + "a" * 5000 + '", "/(.*)*/", "$1$1$1$1")',
    'regex("' + "(" * 5000 + '", "a")',
    'regex("' + "a?" * 3000 + "a" * 3000 + '", "a")',
    'replace("' + "a" * 20000 + '", "a", "' + "b" * 20000 + '")',
    'join("' + "a" * 20000 + '", range(1000))',
    'jsondecode("' + "[" * 100000 + '")',
    'jsondecode("' + "[" * 100000 + "]" * 100000 + '")',
    'yamldecode("' + "[" * 2000 + "]" * 2000 + '")',
    'yamldecode("' + "- " * 2000 + '")',
    'yamldecode("a: &a [x, x]\\nb: &b [*a, *a]\\nc: &c [*b, *b]\\nd: &d [*c, *c]\\n'
    + "".join(f"{chr(n + 1)}: &{chr(n + 1)} [*{chr(n)}, *{chr(n)}]\\n" for n in range(100, 122))
    + '")',
    "setproduct(range(1000), range(1000), range(1000))",
    "setproduct(range(2), " + ", ".join(["range(2)"] * 40) + ")",
    'formatlist("%s%s", [for i in range(1000) : "x"], "' + "y" * 100000 + '")',
    "flatten([for a in range(1000) : [for b in range(1000) : b]])",
    'cidrsubnets("10.0.0.0/8", [for i in range(1000) : 24]...)',
    'cidrsubnet("::/0", 1e30, 1)',
    'cidrhost("::/0", 1e300)',
    'timeadd("2020-01-01T00:00:00Z", "' + "9" * 5000 + 'h")',
    'formatdate("' + "'" * 5001 + '", "2020-01-01T00:00:00Z")',
    'csvdecode("' + "a," * 50000 + '")',
    "-" * 5000 + "1",
    "!" * 5000 + "true",
    "(" * 3000 + "1" + ")" * 3000,
    "[" * 3000 + "]" * 3000,
    '"' + "${" * 300 + "1" + "}" * 300 + '"',
    "upper(" * 3000 + '"a"' + ")" * 3000,
    "1 + " * 20000 + "1",
    "true ? 1 : " * 5000 + "1",
    "a" + ".b" * 20000,
    "[{}]" + "[*]" * 3000,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_expressions_end(tmp_path: Path, number: int) -> None:
    """In a value of some size, or in none; what does not end would not go unnoticed."""
    (found,) = values_of([HOSTILE[number]], tmp_path)
    weight, unknown = survey(found.value)
    assert unknown is not None or weight < 10_000


def test_values_that_double_are_unknown(tmp_path: Path) -> None:
    lines = ['  l0 = "x"\n  t0 = "x"\n  m0 = { a = 1 }\n']
    lines += [
        f"  l{n} = [local.l{n - 1}, local.l{n - 1}]\n"
        f'  t{n} = "${{local.t{n - 1}}}${{local.t{n - 1}}}"\n'
        f"  m{n} = {{ a = local.m{n - 1}, b = local.m{n - 1} }}\n"
        for n in range(1, 64)
    ]
    around = f"locals {{\n{''.join(lines)}}}\n"
    expressions = [
        "length(local.t63)",
        "jsonencode(local.l63)",
        "yamlencode(local.m63)",
        "flatten(local.l63)",
        "local.l63 == local.l62",
        "local.m63 == local.m63",
        "toset(local.l63)",
        "true ? local.l63 : local.l62",
        "distinct(local.l63)",
        'format("%v", local.m63)',
        "coalesce(local.l63, local.l62)",
        "contains(local.l63, local.l62)",
        "setunion(local.l63, local.l62)",
        "tolist([local.m63, local.m62])",
        "[local.l63, local.l63][*][*]",
    ]
    found = values_of(expressions, tmp_path, around)
    assert [text for text, ours in zip(expressions, found, strict=True) if not is_open(ours)] == []


def is_open(found: Found) -> bool:
    return first_unknown(found.value) is not None
