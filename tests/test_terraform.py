"""The evaluator: what it calls known is what a real Terraform computes; the rest is unknown."""

import json
from pathlib import Path
from typing import Any

import pytest

from prodready_infra.model.node import Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.settings import Inputs, Option
from prodready_infra.sources.scan import scan
from prodready_infra.sources.terraform.values import first_unknown
from tests.terraform_programs import Program, inputs_of, with_each_terraform


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
        ('for_each = { "*" = 1 }', ['aws_x.a["*"]']),
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


def read_inputs(found: dict[str, Resource]) -> dict[str, Any]:
    return {a: r.get("input").value for a, r in found.items() if r.kind == "terraform_data"}


JSON = {
    "main.tf.json": r"""{
  "//": "a comment, as in every block",
  "terraform": {"required_version": ">= 1.3"},
  "variable": {
    "name": {"type": "string", "default": "orders"},
    "raw": {"default": "$${x} stays, and so do ${var.name} and %{ if"},
    "ports": {
      "//": "a comment",
      "type": "list(object({ n = number, tls = optional(bool, true) }))",
      "default": [{"n": 1}, {"n": "2", "tls": false}],
      "validation": {
        "condition": "${length(var.ports) > 0}",
        "error_message": "no ports"
      }
    }
  },
  "locals": [
    {"//": "a comment", "prefix": "p-${var.name}", "numbers": [1, -2.5, 1e3, 1.0, true, null]},
    {"escapes": "q \"${upper(\"a\\\"b\")}\" \\n \u00e9 $${no} %%{no} $$ %"}
  ],
  "resource": {
    "terraform_data": {
      "plain": {
        "//": "a comment",
        "input": {
          "//": "no comment, for this is no block",
          "${var.name}-${1 + 1}": "${var.ports}",
          "raw": "${var.raw}",
          "${local.prefix}": ["${local.numbers}", "${local.escapes}"],
          "text": "%{ for p in var.ports ~}\n  <${p.n}>\n%{ endfor ~}\n",
          "either": "%{ if var.ports[0].tls }yes%{ else }no%{ endif }",
          "alone": "${true}",
          "lines": "${[\n  1,\n  2\n]}",
          "none": null
        },
        "lifecycle": {"ignore_changes": ["triggers_replace"], "create_before_destroy": true},
        "depends_on": ["terraform_data.listed"]
      },
      "listed": [{"count": "${length(var.ports)}", "input": "${var.ports[count.index].n}"}],
      "each": {"for_each": {"a": "x", "b": "${var.name}"}, "input": "${each.key}=${each.value}"}
    }
  },
  "module": {"inner": {"source": "./inner", "given": "${local.prefix}"}},
  "output": {"o": {"value": "${module.inner.back}", "description": "${not evaluated}"}},
  "moved": [{"from": "terraform_data.old", "to": "terraform_data.plain"}],
  "check": {"c": {"assert": {"condition": "${var.name != null}", "error_message": "never"}}}
}
""",
    "native.tf": """
resource "terraform_data" "native" {
  input = [module.inner.back, terraform_data.plain.input.alone, local.prefix]
}
""",
    "terraform.tfvars.json": '{"//": "a comment", "name": "parcels ${no template}"}',
    "inner/a.tf.json": """[
  {"variable": {"given": {}}},
  {"output": {"back": [{"value": "<${var.given}>"}]}},
  {"resource": [{"terraform_data": [{"x": {"input": "${path.module != \\"\\"}"}}]}]}
]""",
}


@with_each_terraform
def test_json_means_what_terraform_makes_of_it(program: Program, tmp_path: Path) -> None:
    found = read_inputs(resources(JSON, tmp_path))
    assert first_unknown(list(found.values())) is None
    assert found == inputs_of(program.plan(tmp_path))


def test_json_has_blocks_locations_and_references(tmp_path: Path) -> None:
    text = """{
  "variable": {"days": {"type": "number", "default": 1}, "sizes": {"type": "list(string)"}},
  "resource": {
    "aws_x": {
      "a": {
        "days": "${var.days}",
        "bucket": "${aws_y.b.id}",
        "tags": {"k": "v"},
        "rule": {"name": "one"},
        "dynamic": {"zone": {"for_each": [1, 2], "content": {"id": "z${zone.value}"}}},
        "lifecycle": {
          "ignore_changes": ["tags", "rule[0].name"]
        },
        "timeouts": [{"create": "5m"}, {"create": "6m"}]
      }
    },
    "aws_y": {"b": {}}
  },
  "provider": {"aws": [{"region": "eu-1"}, {"alias": "us", "region": "us-1"}]},
  "terraform": {
    "backend": {"s3": {"bucket": "state"}},
    "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}}
  }
}
"""
    found = resources({"main.tf.json": text}, tmp_path)
    node = found["aws_x.a"].node
    assert node.get("days").value == 1
    assert labels(found["aws_x.a"], "days") == [
        "var.days main.tf.json:2",
        "its default main.tf.json:2",
    ]
    assert [(r.target, r.node.path) for r in found["aws_x.a"].references] == [
        ("aws_y.b", ("bucket",))
    ]
    assert node.get("rule", 0, "name").value == "one"
    assert node.get("zone").value == [{"id": "z1"}, {"id": "z2"}]
    assert node.get("lifecycle", 0, "ignore_changes").value == ["tags", "rule.name"]
    places = {
        ("days",): (6, 9),
        ("rule", 0, "name"): (9, 26),
        ("zone", 1, "id"): (10, 62),
        ("lifecycle", 0, "ignore_changes", 1): (12, 39),
        ("timeouts", 1, "create"): (14, 51),
        (): (5, 7),
    }
    for path, place in places.items():
        location = node.origin.locate(path)
        assert (path, (location.line, location.column)) == (path, place)
    assert found["var.sizes"].get("type").value == "list(string)"
    settings = next(r for a, r in found.items() if a.endswith("terraform")).node
    assert settings.get("backend").value == [{"s3": {"bucket": "state"}}]
    assert settings.get("required_providers", 0, "aws", "version").value == "~> 5.0"
    assert [p["aws"]["region"] for p in settings.get("provider").value] == ["eu-1", "us-1"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{\n "resource": {"aws_x": {"a": {"v": }}}\n}', (2, 36), "expected a value"),
        ('{"locals": {"a": "${1 +"}}', (1, 18), "this brace is never closed"),
        ('{"resource": {"aws_x": 3}}', (1, 24), "expected an object"),
        ('{"locals": {"a": 1, "a": 2}}', (1, 21), "attribute 'a' is set twice"),
        ('{"locals": {"a": 1}', (1, 20), "the text ends where a name or a closing brace"),
        ("{'locals': {}}", (1, 2), "expected a name or a closing brace"),
        ('{"locals": {"a": 1,}}', (1, 20), "expected a name in quotes"),
        ('{"locals": ' + "[" * 1000, (1, 211), "nested deeper than 200 levels"),
        ('{"variable": {"a": {"type": "list("}}}', (1, 29), "this parenthesis is never closed"),
        ("", (1, 1), "the text ends where a value is expected"),
        ("{}\n{}", (2, 1), "unexpected text behind the end"),
        ('"text"', (1, 1), "expected an object"),
    ],
)
def test_bad_json_is_a_located_problem(
    tmp_path: Path, text: str, place: tuple[int, int], message: str
) -> None:
    (tmp_path / "main.tf.json").write_text(text)
    (tmp_path / "other.tf").write_text('resource "aws_x" "other" {}\n')
    found = scan([str(tmp_path)])
    problem = found.problems[0]
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(message)
    assert "aws_x.other" in {r.address for r in found.inventory.resources}


OVERRIDDEN = {
    "main.tf": """
variable "size" {
  type    = number
  default = "1"
}
variable "name" {
  default = "base"
}
locals {
  kept     = "kept"
  replaced = "base"
}
resource "terraform_data" "a" {
  count            = 2
  input            = [local.kept, local.replaced, var.size, var.name, module.m.back]
  triggers_replace = "base"
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [triggers_replace]
  }
}
module "m" {
  source = "./m"
  one    = "base one"
  two    = "base two"
}
output "o" {
  value     = "base"
  sensitive = true
}
""",
    "a_override.tf": """
variable "size" {
  default = 2
}
locals {
  replaced = "a"
}
resource "terraform_data" "a" {
  count            = 1
  triggers_replace = "a"
  lifecycle {
    ignore_changes = [input]
  }
}
module "m" {
  two = "a ${local.replaced}"
}
output "o" {
  value = local.replaced
}
""",
    "b_override.tf.json": """{
  "resource": {"terraform_data": {"a": {"triggers_replace": "b ${var.size}"}}},
  "variable": {"name": {"default": "b"}}
}""",
    "override.tf": 'locals {\n  replaced = "override"\n}\n',
    "m/main.tf": """
variable "one" {}
variable "two" {}
output "back" {
  value = "${var.one}, ${var.two}"
}
resource "terraform_data" "override" {
  input = var.two
}
""",
}


@with_each_terraform
def test_override_files_are_merged_as_terraform_merges_them(
    program: Program, tmp_path: Path
) -> None:
    found = read_inputs(resources(OVERRIDDEN, tmp_path))
    assert first_unknown(list(found.values())) is None
    assert found == inputs_of(program.plan(tmp_path))


def test_what_an_override_file_says_stands_there(tmp_path: Path) -> None:
    found = resources(OVERRIDDEN, tmp_path)
    resource = found["terraform_data.a[0]"]
    node = resource.node
    assert node.get("triggers_replace").value == "b 2"
    assert node.get("lifecycle").value == [
        {"create_before_destroy": True, "ignore_changes": ["input"]}
    ]

    def place(*path: str | int) -> tuple[str, int]:
        location = node.origin.locate(path)
        return Path(location.path).name, location.line

    assert place() == ("main.tf", 13)
    assert place("input") == ("main.tf", 15)
    assert place("triggers_replace") == ("b_override.tf.json", 2)
    assert place("lifecycle", 0, "create_before_destroy") == ("main.tf", 18)
    assert place("lifecycle", 0, "ignore_changes") == ("a_override.tf", 12)
    inner = found["module.m.terraform_data.override"]
    assert labels(inner, "input") == [
        "var.two main.tf:3",
        "module.m.two a_override.tf:16",
        "local.replaced override.tf:2",
    ]
    assert labels(resource, "triggers_replace") == [
        "var.size main.tf:2",
        "its default a_override.tf:3",
    ]


def test_override_files_replace_blocks_and_settings(tmp_path: Path) -> None:
    files = {
        "main.tf": """
terraform {
  required_version = ">= 1.0"
  backend "local" {}
  required_providers {
    a = {
      source = "x/a"
    }
    b = {
      source = "x/b"
    }
  }
}
provider "a" {
  region = "base"
  zone   = "base"
}
provider "a" {
  alias  = "second"
  region = "base"
}
resource "aws_x" "a" {
  rule {
    name = "base"
  }
  dynamic "rule" {
    for_each = [1]
    content {}
  }
  other {}
  lifecycle {
    prevent_destroy = true
    precondition {
      condition = true
    }
  }
}
""",
        "z_override.tf": """
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "state"
  }
  required_providers {
    b = {
      source = "y/b"
    }
  }
}
provider "a" {
  region = "z"
}
resource "aws_x" "a" {
  dynamic "rule" {
    for_each = ["z"]
    content {
      name = rule.value
    }
  }
  lifecycle {
    prevent_destroy = false
  }
}
""",
    }
    found = resources(files, tmp_path)
    node = found["aws_x.a"].node
    assert node.value == {
        "rule": [{"name": "z"}],
        "other": [{}],
        "lifecycle": [{"prevent_destroy": False, "precondition": [{"condition": True}]}],
    }
    place = node.origin.locate(("rule", 0, "name"))
    assert (Path(place.path).name, place.line) == ("z_override.tf", 20)
    settings = next(r for a, r in found.items() if a.endswith("terraform")).node
    assert settings.get("required_version").value == ">= 1.5"
    assert settings.get("backend").value == [{"s3": {"bucket": "state"}}]
    required = {k: v for item in settings.get("required_providers").value for k, v in item.items()}
    assert required == {"a": {"source": "x/a"}, "b": {"source": "y/b"}}
    assert [p["a"] for p in settings.get("provider").value] == [
        {"region": "z", "zone": "base"},
        {"alias": "second", "region": "base"},
    ]


INSTALLED = {
    "root/main.tf": """
module "fetched" {
  source  = "example/network/cloud"
  version = "1.2.0"
  zones   = 3
}
module "cloned" {
  source = "git::https://example.com/modules.git//queue"
}
module "absent" {
  source = "example/absent/cloud"
}
module "changed" {
  source = "example/changed/cloud"
}
module "outside" {
  source = "example/outside/cloud"
}
resource "terraform_data" "a" {
  input = [module.fetched.back, module.cloned.back]
}
resource "terraform_data" "b" {
  input = module.absent.back
}
resource "terraform_data" "c" {
  input = module.outside.back
}
""",
    "root/.gitignore": ".terraform\n",
    "root/.terraform/modules/fetched/main.tf": """
variable "zones" {}
variable "unused" {}
module "inner" {
  source = "./modules/inner"
  one    = var.zones + 1
}
output "back" {
  value = module.inner.back
}
""",
    "root/.terraform/modules/fetched/modules/inner/main.tf.json": """{
  "variable": {"one": {}},
  "output": {"back": {"value": "${var.one * 2}"}},
  "resource": {"terraform_data": {"deep": {"input": "${var.one}"}}}
}""",
    "root/.terraform/modules/fetched/examples/main.tf": 'resource "aws_x" "example" {}\n',
    "root/.terraform/modules/cloned/queue/main.tf": 'output "back" {\n  value = "q"\n}\n',
    "outside/main.tf": 'resource "aws_x" "outside" {}\noutput "back" {\n  value = 1\n}\n',
    "root/.terraform/modules/modules.json": json.dumps(
        {
            "Modules": [
                {"Key": "", "Source": "", "Dir": "."},
                {
                    "Key": "fetched",
                    "Source": "registry.terraform.io/example/network/cloud",
                    "Version": "1.2.0",
                    "Dir": ".terraform/modules/fetched",
                },
                {
                    "Key": "fetched.inner",
                    "Source": "./modules/inner",
                    "Dir": ".terraform/modules/fetched/modules/inner",
                },
                {
                    "Key": "cloned",
                    "Source": "git::https://example.com/modules.git//queue",
                    "Dir": ".terraform/modules/cloned/queue",
                },
                {
                    "Key": "changed",
                    "Source": "registry.terraform.io/example/before/cloud",
                    "Dir": ".terraform/modules/fetched",
                },
                {
                    "Key": "outside",
                    "Source": "registry.terraform.io/example/outside/cloud",
                    "Dir": ".terraform/modules/../../../outside",
                },
            ]
        }
    ),
}


def test_modules_that_init_fetched_are_evaluated(tmp_path: Path) -> None:
    for name, text in INSTALLED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = scan([str(tmp_path)])
    assert not found.problems
    known = {r.address: r for r in found.inventory.resources}
    assert known["terraform_data.a"].get("input").value == [8, "q"]
    deep = known["module.fetched.module.inner.terraform_data.deep"]
    assert deep.get("input").value == 4
    assert labels(deep, "input")[-1] == "module.fetched.zones main.tf:5"
    assert deep.path.endswith("root/.terraform/modules/fetched/modules/inner/main.tf.json")
    assert {r.name for r in found.inventory.resources if r.kind == "aws_x"} == {"outside"}
    assert "var.unused" not in known
    assert is_unknown(known["terraform_data.b"].get("input").value)
    assert is_unknown(known["terraform_data.c"].get("input").value)
    assert [gap.message.partition(": ")[::2] for gap in found.gaps] == [
        ("module.absent is not evaluated", "its source is not in this scan"),
        ("module.changed is not evaluated", "terraform init fetched another source for it"),
        ("module.outside is not evaluated", "its source is not in this scan"),
    ]


def test_fetched_modules_are_read_for_a_single_file_and_can_be_excluded(tmp_path: Path) -> None:
    resources(INSTALLED, tmp_path)
    alone = scan([str(tmp_path / "root/main.tf")])
    known = {r.address: r for r in alone.inventory.resources}
    assert known["terraform_data.a"].get("input").value == [8, "q"]
    assert [Path(path).name for path in alone.judged] == ["main.tf"]
    without = scan([str(tmp_path / "root")], [".terraform/"])
    values = {r.address: r for r in without.inventory.resources}
    assert is_unknown(values["terraform_data.a"].get("input", 0).value)


@with_each_terraform
def test_fetched_modules_mean_what_terraform_makes_of_them(
    program: Program, tmp_path: Path
) -> None:
    files = {
        name.removeprefix("root/"): text
        for name, text in INSTALLED.items()
        if name.startswith("root/")
    }
    start, end = (files["main.tf"].index(text) for text in ('module "absent"', "resource"))
    files["main.tf"] = files["main.tf"][:start] + files["main.tf"][end:].partition("\nresource")[0]
    files[".terraform/modules/fetched/main.tf"] = files[
        ".terraform/modules/fetched/main.tf"
    ].replace('variable "unused" {}', "")
    found = read_inputs(resources(files, tmp_path))
    assert first_unknown(list(found.values())) is None
    assert found == inputs_of(program.plan(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"Modules": 1}', '{"Modules": [1, {"Key": 2}]}'])
def test_a_list_of_modules_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    found = resources({**INSTALLED, "root/.terraform/modules/modules.json": text}, tmp_path)
    assert is_unknown(found["terraform_data.a"].get("input", 0).value)


ORDER = {
    "main.tf": """
variable "v" {
  type    = object({ n = number, s = optional(string, "s") })
  default = { n = 0 }
}
variable "t" {
  default = "0"
}
variable "n" {
  type    = number
  default = 0
}
variable "l" {
  type    = list(string)
  default = []
}
variable "a" {
  type    = any
  default = "any"
}
resource "terraform_data" "a" {
  input = [var.v, var.t, var.n, var.l, var.a]
}
"""
}
FILES = {
    "terraform.tfvars": "n = 2\n",
    "terraform.tfvars.json": '{"n": 3}',
    "a.auto.tfvars": "n = 4\n",
    "b.auto.tfvars.json": '{"n": 5, "l": ["b"]}',
    "c.auto.tfvars": "n = 6\n",
    "given.tfvars": "n = 7\nunknown = 1\n",
    "given.json": '{"n": 8, "t": "${literal}"}',
}


@with_each_terraform
@pytest.mark.parametrize(
    ("files", "options", "environment"),
    [
        ([], [], {"n": "1", "l": '["x", "y"]', "t": "[1]", "nobody": "1"}),
        ([], [], {"v": '{ n = "1", s = null }', "a": "[1, true]"}),
        (["terraform.tfvars"], [], {"n": "1"}),
        (["terraform.tfvars", "terraform.tfvars.json"], [], {}),
        (["terraform.tfvars.json", "a.auto.tfvars"], [], {}),
        (["c.auto.tfvars", "b.auto.tfvars.json", "a.auto.tfvars"], [], {}),
        (["c.auto.tfvars"], ["var=n=9"], {"n": "1"}),
        (["given.tfvars"], ["var=n=9", "var-file=given.tfvars"], {}),
        (["given.tfvars"], ["var-file=given.tfvars", "var=n=9"], {}),
        (["given.tfvars", "given.json"], ["var-file=given.json", "var-file=given.tfvars"], {}),
        (["given.json"], ["var=n=1", "var=n=2", "var=l=[]", 'var=a={ x = "=" }', "var=t="], {}),
    ],
)
def test_variables_take_their_values_in_terraforms_order(
    program: Program,
    tmp_path: Path,
    files: list[str],
    options: list[str],
    environment: dict[str, str],
) -> None:
    chosen = ORDER | {name: FILES[name] for name in files}
    for name, text in chosen.items():
        (tmp_path / name).write_text(text)
    given = []
    for option in options:
        kind, _, text = option.partition("=")
        is_file = kind == "var-file"
        given.append(Option(str(tmp_path / text) if is_file else text, is_file))
    found = scan([str(tmp_path)], (), Inputs(tuple(environment.items()), tuple(given)))
    ours = read_inputs({r.address: r for r in found.inventory.resources})
    assert not found.problems
    variables = {f"TF_VAR_{name}": value for name, value in environment.items()}
    plan = program.plan(tmp_path, *(f"-{option}" for option in options), environment=variables)
    assert ours == inputs_of(plan)


def test_moved_removed_import_and_check_blocks_are_no_resources(tmp_path: Path) -> None:
    text = """
moved {
  from = aws_x.old
  to   = aws_x.a
}
removed {
  from = aws_x.gone
  lifecycle {
    destroy = false
  }
}
import {
  for_each = { a = "i-1" }
  to       = aws_x.b[each.key]
  id       = each.value
}
check "alive" {
  data "http" "page" {
    url = "https://example.com"
  }
  assert {
    condition     = data.http.page.status_code == 200
    error_message = "the page is gone"
  }
}
resource "aws_x" "a" {}
"""
    twin = """{
  "moved": {"from": "aws_x.old", "to": "aws_x.a"},
  "removed": [{"from": "aws_x.gone", "lifecycle": {"destroy": false}}],
  "import": [{"to": "aws_x.b[each.key]", "id": "${each.value}", "for_each": {"a": "i-1"}}],
  "check": {"alive": {
    "data": {"http": {"page": {"url": "https://example.com"}}},
    "assert": [{"condition": "${data.http.page.status_code == 200}", "error_message": "gone"}]
  }},
  "resource": {"aws_x": {"a": [{}]}}
}"""
    assert list(resources({"native/main.tf": text}, tmp_path / "1")) == ["aws_x.a"]
    assert list(resources({"json/main.tf.json": twin}, tmp_path / "2")) == ["aws_x.a"]


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


WHOLE = {
    "main.tf": """
module "uses" {
  source = "./m"
  count  = module.makes.number
  name   = "n${count.index}"
}
module "makes" {
  source = "./m"
  name   = "first"
}
module "named" {
  source   = "./m"
  for_each = { for key, made in terraform_data.each : key => made.input }
  name     = each.value
}
resource "terraform_data" "many" {
  count = 3
  input = "many-${count.index}"
}
resource "terraform_data" "each" {
  for_each = toset(["b", "a"])
  input    = upper(each.key)
}
resource "terraform_data" "chained" {
  for_each = terraform_data.each
  input    = { key = each.key, given = each.value.input }
}
resource "terraform_data" "none" {
  count = 0
  input = 1
}
resource "terraform_data" "out" {
  input = {
    splat    = terraform_data.many[*].input
    legacy   = terraform_data.many.*.input
    length   = length(terraform_data.many)
    picked   = element(terraform_data.many[*].input, 4)
    single   = one(terraform_data.none[*].input)
    fallback = try(terraform_data.none[0].input, "none")
    first    = try(terraform_data.many[0].input, "none")
    keys     = keys(terraform_data.each)
    made     = { for key, made in terraform_data.each : key => made.input }
    values   = [for made in values(terraform_data.each) : made.input]
    modules  = [for used in module.uses : used.told]
    told     = module.uses[1].told
    listed   = module.uses[*].told
    named    = { for key, made in module.named : key => made.told }
    counted  = length(module.named)
  }
}
""",
    "m/main.tf": """
variable "name" {}
output "told" { value = "told ${var.name}" }
output "number" { value = 2 }
""",
}


@with_each_terraform
def test_resources_and_modules_as_a_whole_are_what_their_parts_are(
    program: Program, tmp_path: Path
) -> None:
    found = read_inputs(resources(WHOLE, tmp_path))
    assert first_unknown(list(found.values())) is None
    assert found == inputs_of(program.plan(tmp_path))


def test_what_is_known_of_a_resource_as_a_whole_is_what_the_files_set(tmp_path: Path) -> None:
    text = """
variable "number" {}
resource "terraform_data" "some" {
  count = var.number
  input = "x"
}
resource "terraform_data" "many" {
  count = 300
  input = "x"
}
resource "aws_instance" "one" {
  ami = "a"
  network_interface { device_index = 0 }
  network_interface { device_index = 1 }
}
resource "terraform_data" "out" {
  input = {
    count   = length(terraform_data.some)
    index   = terraform_data.some[0].input
    many    = length(terraform_data.many)
    given   = aws_instance.one.ami
    block   = aws_instance.one.network_interface[1].device_index
    made    = aws_instance.one.arn
    missing = try(aws_instance.one.instance_type, "none")
    whole   = aws_instance.one
  }
}
resource "terraform_data" "round" {
  input = terraform_data.about.input
}
resource "terraform_data" "about" {
  input = terraform_data.round.input
}
module "endless" {
  source = "./m"
  count  = length(module.endless)
}
"""
    found = resources({"main.tf": text, "m/main.tf": "locals {}"}, tmp_path)
    out = found["terraform_data.out"].get("input")
    known = {"given": "a", "block": 1}
    names = ("count", "index", "many", "given", "block", "made", "missing", "whole")
    assert {name: out.get(name).value for name in names if out.get(name).known} == known
    assert not found["terraform_data.round"].get("input").known


def test_a_folder_that_declares_a_thing_twice_is_no_root_module(tmp_path: Path) -> None:
    once = 'terraform {}\nprovider "aws" {}\nresource "aws_s3_bucket" "a" {}\n'
    again = 'provider "aws" {\n  alias = "b"\n}\n'
    for name, text in {"a.tf": once, "b.tf": again, "c_override.tf": once}.items():
        (tmp_path / name).write_text(text)
    found = scan([str(tmp_path)])
    assert {r.kind for r in found.inventory.resources} == {"aws_s3_bucket", "terraform"}
    (tmp_path / "b.tf").write_text(f"{again}{once}")
    found = scan([str(tmp_path)])
    assert [r.kind for r in found.inventory.resources] == ["aws_s3_bucket"]
    wanted = "b.tf:5 declares provider.aws once more: Terraform takes the folder for no root module"
    assert [str(gap).rpartition("/")[2] for gap in found.gaps] == [wanted]
