"""The rules inside a real Checkov: the same values, and from the same values the same verdicts.

Every example and fixture that is manifests alone or Terraform alone is read by both programs, and
every exported rule is asked of every resource in it. A second folder of custom checks, written
here, records the values that the bridge makes of what Checkov hands over. The bargain is:

* the values differ only for the listed causes, which are those of ``docs/checkov.md``;
* from the same values, Checkov and our engine give the same verdict, to the word ``unknown``;
* where they differ, Checkov gives the verdict of our engine on the values of the bridge.

Checkov tells no check where a value comes from, so that our engine goes without it here, too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodready_infra.errors import UnknownValue
from prodready_infra.findings import Outcome
from prodready_infra.model.alerting import CONFIG_TEXT
from prodready_infra.model.container import Container
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Encoded, Node, Nowhere, Unknown, is_unknown
from prodready_infra.model.resource import Reference, Resource
from prodready_infra.model.workload import WORKLOAD_KINDS, Workload
from prodready_infra.rules.page import Page
from prodready_infra.rules.rule import Lifecycle, Rule
from prodready_infra.sources.terraform.blocks import BlockOrigin
from tests.support import FIXTURES, ROOT, catalogue, judge, read_path

BRIDGE = ROOT / "policies" / "checkov"
CHECKOV = Path(os.environ.get("PRODREADY_CHECKOV") or ROOT / ".checkov-env" / "bin" / "checkov")
NO_REFERENCES = "Checkov does not tell what its expressions name"

needs_checkov = pytest.mark.skipif(
    not CHECKOV.is_file(),
    reason="needs Checkov 3.3: `make checkov-env`, or its path in PRODREADY_CHECKOV",
)

UNSAID = "Checkov does not say"
SPELT = "Checkov takes a text for what it spells"
CAUSES = {
    UNSAID,
    "Checkov says more",
    "Checkov sorts lists of texts",
    SPELT,
    "Checkov rewrites texts",
    "Checkov takes a list of one for its element",
}
# Kinds of our model that are no resources to Checkov, or that it hands to no check of ours.
NO_RESOURCES = ("variable", "terraform", "module")

# Checkov skips a file that holds this anywhere, and we judge what is not templated in it; so the
# cases are given another template, and both programs read the same text.
HELM = re.compile(r"(\{\{-?\s*)\.(Release|Values)\.")

SUFFIXES = {"yaml": ".yaml", "json": ".json", "hcl": ".tf"}
MANIFESTS = frozenset({".yaml", ".yml", ".json"})
TERRAFORM = frozenset({".tf", ".tfvars"})

# Shapes of Terraform values that no rule's example may happen to have.
SHAPES = """
variable "given" { default = 7 }
variable "open" {}
variable "names" { default = ["b", "a"] }
locals { tags = { A = "b", C = var.open } }

resource "aws_db_instance" "literal" {
  text     = "db.t3.micro"
  number   = 14
  fraction = 0.5
  negative = -1
  yes      = true
  nothing  = null
  quoted   = "14"
  list     = ["a", "b"]
  one      = ["a"]
  objects  = [{ a = 1, b = ["c"] }]
  tags     = { A = "b", L = ["x"], "q.r/s" = "v" }
  cron     = "cron(0 5 ? * * *)"
  escaped  = "$${aws:username}"
  handler  = "lambda_function.handler"
  window   = "sun:05:00-sun:06:00"
  rule {
    on = true
    inner {
      list = ["x", "y"]
      map  = { a = "b" }
    }
    inner {
      list = ["z"]
    }
  }
  twice {
    n = 1
  }
  twice {
    n = 2
  }
  empty_block {}
  empty_map  = {}
  empty_list = []
  timeouts {
    create = "60m"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_db_instance" "expressions" {
  default   = var.given
  open      = var.open
  mixed     = "x-${var.open}-y"
  joined    = "x-${var.given}-y"
  names     = var.names
  tags      = local.tags
  reference = aws_kms_key.some.arn
  whole     = aws_kms_key.some
  data      = data.aws_iam_policy_document.some.json
  splat     = aws_kms_key.some[*].arn
  list      = [aws_security_group.some.id, "sg-1"]
  file      = file("x.json")
  sum       = var.open * 2
  product   = 60 * 60
  not       = !var.open
}

resource "aws_db_instance" "dynamic" {
  number = 1
  list   = ["a", "b"]
  rule {
    on = true
  }
  dynamic "rule" {
    for_each = var.names
    content {
      name = rule.value
    }
  }
  dynamic "other" {
    for_each = var.open
    content {
      name = other.value
    }
  }
}

resource "aws_kms_key" "none" {
  count = 0
}

resource "aws_kms_key" "counted" {
  count = 2
  n     = count.index
}

resource "aws_kms_key" "each" {
  for_each = { a = 1, b = 2 }
  n        = each.value
}
"""

# A manifest with what Checkov's parser, or Checkov itself, makes something else of.
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shapes
  annotations: {note: "checkov wraps these in a list"}
spec:
  replicas: 2
  day: 2024-01-01
  template:
    metadata:
      annotations: {note: "and these not"}
    spec:
      containers:
      - {name: app, image: "${IMAGE}"}
      - name: side
        image: registry.example.com/side:1.0.0
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: in-a-list, namespace: shop}
  spec: {selector: {app: x}, moment: 2024-01-01T10:00:00Z}
---
apiVersion: apps.example.com/v1
kind: Deployment
metadata: {name: of-another-group}
spec: {}
"""

PROBE = """
import json, os, prodready_rules as bridge
from prodready_infra.model.node import Encoded, Unknown

def plain(value):
    if type(value) is Unknown:
        return {"?": value.reason}
    if type(value) is dict:
        return {key: plain(element) for key, element in value.items()}
    return [plain(element) for element in value] if type(value) is list else value

def record(**line):
    with open(os.environ["PRODREADY_PROBE"], "a") as file:
        file.write(json.dumps(line) + "\\n")

def seen(check, resource):
    record(path=check.entity_path, address=resource.address, value=plain(resource.node.value))
    return bridge.CheckResult.UNKNOWN

class Kubernetes(bridge.BaseK8Check):
    def scan_spec_conf(self, conf):
        return seen(self, bridge.kubernetes_resource(conf))

class Terraform(bridge.BaseResourceCheck):
    def scan_resource_conf(self, conf):
        return seen(self, bridge.terraform_resource(self.entity_type, conf))

Kubernetes("a probe", "CKV2_PROBE_1", [bridge.CheckCategories.KUBERNETES], ["*"])
Terraform("a probe", "CKV2_PROBE_1", [bridge.CheckCategories.CONVENTION], ["*"])
for check in bridge.CHECKS:
    record(check=check.id, name=check.name, guideline=check.guideline)
"""


def exported(rule: Rule) -> bool:
    """What the documentation promises, in other words than the bridge's own."""
    if rule.subject not in (Resource, Workload, Container) or rule.wants_inventory:
        return False
    if rule.group == "disputed" or rule.lifecycle is Lifecycle.EXPERIMENTAL:
        return False
    return not rule.kinds or any(
        k[-1:].isalpha() and (k != k.lower() or "_" in k) for k in rule.kinds
    )


RULES = [rule for rule in catalogue() if exported(rule)]


@dataclass
class Run:
    """What one run of Checkov said, by check, case and address."""

    cases: list[Path]
    outcomes: dict[tuple[str, str, str], list[str]]
    reasons: dict[tuple[str, str, str], str]
    values: dict[tuple[str, str], list[Any]]
    checks: list[dict[str, str]]


def inputs() -> Iterator[Path | tuple[str, str]]:
    """Texts with their suffixes, and files or folders, that both programs can read."""
    yield ".tf", SHAPES
    yield ".yaml", MANIFEST
    for rule in catalogue():
        for example in Page(rule.page).examples:
            if example.language in SUFFIXES:
                yield SUFFIXES[example.language], example.text
    for path in sorted(FIXTURES.glob("rules/*/*")):
        if path.name.endswith(".expected.yaml"):
            continue
        files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        suffixes = {file.suffix for file in files}
        rendered = any(f.stem in ("Chart", "kustomization") for f in files)
        if suffixes and (suffixes <= MANIFESTS or suffixes <= TERRAFORM) and not rendered:
            yield path


def write_cases(root: Path) -> list[Path]:
    cases = []
    for number, source in enumerate(inputs()):
        case = root / f"case{number:04}"
        if isinstance(source, tuple):
            case.mkdir()
            (case / f"main{source[0]}").write_text(source[1])
        elif source.is_dir():
            shutil.copytree(source, case)
        else:
            case.mkdir()
            shutil.copy(source, case)
        for file in case.rglob("*"):
            if file.suffix in MANIFESTS:
                file.write_text(HELM.sub(r"\1.Some\2.", file.read_text()))
        cases.append(case)
    return cases


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("checkov")
    probe, record = home / "probe", home / "record.jsonl"
    probe.mkdir()
    (probe / "__init__.py").touch()
    (probe / "prodready_probe.py").write_text(PROBE)
    root = home / "cases"
    root.mkdir()
    cases = write_cases(root)
    done = checkov(
        root, BRIDGE, probe, "-c", "CKV2_PRI_*,CKV2_PROBE_*", PRODREADY_PROBE=str(record)
    )
    assert "Cannot load" not in done.stderr, done.stderr
    assert "crashed" not in done.stderr
    values: dict[tuple[str, str], list[Any]] = defaultdict(list)
    checks = []
    for line in map(json.loads, record.read_text().splitlines()):
        if "check" in line:
            checks.append(line)
        else:
            values[case_of(line["path"]), line["address"]].append(line["value"])
    return Run(cases, outcomes_of(done.stdout), reasons_of(done.stderr), values, checks)


def checkov(
    root: Path, *folders_and_options: Path | str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Runs Checkov on a folder without any access to a network."""
    folders = [part for part in folders_and_options if isinstance(part, Path)]
    options = [part for part in folders_and_options if isinstance(part, str)]
    command = [str(CHECKOV), "-d", str(root), "--framework", "kubernetes", "terraform"]
    for folder in folders:
        command += ["--external-checks-dir", str(folder)]
    command += ["-o", "json", "--compact", "--skip-download", *options]
    inherited = {k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR") if k in os.environ}
    settings = {"LOG_LEVEL": "INFO", "PYTHONDONTWRITEBYTECODE": "1", **inherited, **environment}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=root, env=settings, timeout=600
    )
    assert done.returncode in (0, 1), done.stderr
    return done


def case_of(path: str) -> str:
    found = re.search(r"case\d{4}", path)
    assert found, path
    return found[0]


def reports(stdout: str) -> list[dict[str, Any]]:
    loaded = json.loads(stdout)
    return [r for r in (loaded if isinstance(loaded, list) else [loaded]) if "results" in r]


def outcomes_of(stdout: str) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for report in reports(stdout):
        for name in ("passed_checks", "failed_checks"):
            for line in report["results"][name]:
                key = (line["check_id"], case_of(line["file_abs_path"]), line["resource"])
                found[key].append(line["check_result"]["result"])
    return found


def reasons_of(stderr: str) -> dict[tuple[str, str, str], str]:
    """Checkov records nothing of what is unknown; the bridge tells its log."""
    pattern = re.compile(r"(CKV2_PRI_\w+) (\S+) (\S+): ((?:unknown|not-applicable).*)")
    return {(match[1], case_of(match[2]), match[3]): match[4] for match in pattern.finditer(stderr)}


def plain(value: Any) -> Any:
    """JSON of a value, the unknown as an object; what is absent and what is null is the same."""
    if is_unknown(value):
        partly = isinstance(value, Encoded) or value.text.lstrip()[:1] in ("{", "[")
        return {"?": value.reason, **({"partly": True} if partly else {})}
    if type(value) is dict:
        return {key: plain(element) for key, element in value.items()}
    return [plain(element) for element in value] if type(value) is list else value


def causes(ours: Any, theirs: Any) -> set[str]:
    """Why two values of one thing differ."""
    if ours == theirs:
        return set()
    if type(theirs) is dict and "?" in theirs:
        unknown = type(ours) is dict and "?" in ours and "partly" not in ours
        return set() if unknown else {UNSAID}
    if type(ours) is dict and "?" in ours:
        return {"Checkov says more"}
    if type(ours) is dict and type(theirs) is dict:
        return {c for k in {**ours, **theirs} for c in causes(ours.get(k), theirs.get(k))}
    if type(ours) is list and type(theirs) is list:
        if len(ours) == len(theirs):
            if sorted(map(json.dumps, ours)) == sorted(map(json.dumps, theirs)):
                return {"Checkov sorts lists of texts"}
            return {c for a, b in zip(ours, theirs, strict=True) for c in causes(a, b)}
        return {f"other: {ours} {theirs}"}
    if type(ours) is str and type(theirs) is str:
        return {"Checkov rewrites texts"}
    if type(ours) is str or {type(ours), type(theirs)} <= {str, bool, int, float}:
        return {SPELT}
    if type(ours) is list and len(ours) == 1:
        return {"Checkov takes a list of one for its element"}
    return {f"other: {ours!r} {theirs!r}"}


@cache
def inventory_of_case(case: Path) -> Inventory:
    return read_path(case)


def name_of(address: str) -> str:
    """An address without the mark of our engine for instances that it cannot count."""
    return address.removesuffix("[*]")


def checkov_name(resource: Resource) -> str:
    """What Checkov lists a resource as."""
    if resource.source == "terraform":
        return name_of(resource.address)
    metadata = resource.get("metadata")
    namespace = metadata.get("namespace").text("default")
    return f"{resource.get('kind').text()}.{namespace}.{metadata.get('name').text()}"


def resources(case: Path) -> dict[str, Resource]:
    """By address, the resources that Checkov can tell apart too, and hands to checks."""
    if unreadable(case):
        return {}
    found = [
        resource
        for resource in inventory_of_case(case).resources
        # An object that Terraform makes is a block to Checkov.
        if resource.kind not in NO_RESOURCES
        and not (resource.scope and resource.source == "kubernetes")
    ]
    counted = Counter(name_of(resource.address) for resource in found)
    return {
        name_of(resource.address): resource
        for resource in found
        if counted[name_of(resource.address)] == 1 and not misnamed(resource)
    }


@cache
def unreadable(case: Path) -> bool:
    """Checkov drops a file that is not plain YAML, such as one with a bare ``{{ template }}``."""
    try:
        for file in case.rglob("*"):
            if file.suffix in MANIFESTS:
                list(yaml.safe_load_all(file.read_text()))
    except yaml.YAMLError:
        return True
    return False


# What stands for objects that were rendered: Checkov reads the files as they are.
FLUX = "kustomize.toolkit.fluxcd.io/Kustomization"  # to Checkov a file of Kustomize
RENDERED = ("Chart.yaml", "kustomization.yaml")


def misnamed(resource: Resource) -> bool:
    """Checkov lists no object without a name, and drops one whose name is no plain text.

    An object of a cluster-wide kind that names a namespace has one address here and one there.
    """
    if resource.source == "terraform":
        return False
    if resource.kind == CONFIG_TEXT:  # read out of a Secret or a ConfigMap: no object to Checkov
        return True
    if (
        resource.kind == FLUX
        or Path(resource.path).name in RENDERED
        or not resource.get("metadata", "namespace").known
    ):
        return True
    names = [n.value for n in resource.node.walk() if n.path and n.path[-1] == "name"]
    texts = [name for name in names if type(name) is str]
    return (
        len(texts) < len(names)
        or any(set(name) & set("#{}") for name in texts)
        or not resource.get("metadata", "name").value
        or resource.get("metadata", "namespace").identity() != resource.namespace
    )


def word(rule: Rule, inventory: Inventory, address: str) -> str:
    """One word on all that the rule judges in one resource."""
    outcomes = {o for a, o in outcomes_by_address(rule, inventory) if a == address}
    words = {Outcome.ERROR: "error", Outcome.FAIL: "FAILED", Outcome.UNKNOWN: "unknown"}
    words[Outcome.PASS] = "PASSED"
    return next((word for o, word in words.items() if o in outcomes), "not-applicable")


@cache
def outcomes_by_address(rule: Rule, inventory: Inventory) -> tuple[tuple[str, Outcome], ...]:
    verdicts = judge(rule, inventory)
    if rule.subject is Container:
        return tuple((v.address[: v.address.rindex("[")], v.outcome) for v in verdicts)
    return tuple((name_of(v.address), v.outcome) for v in verdicts)


def bridged(resource: Resource, value: Any) -> Inventory:
    """The resource with the values that the bridge gave it."""
    node = Node(revived(value), (), Nowhere())
    return Inventory([replace(resource, node=node, find_references=references_are_gone)])


def revived(value: Any) -> Any:
    """A recorded value with its unknown parts."""
    if type(value) is dict:
        if set(value) == {"?"}:
            return Unknown(value["?"])
        return {key: revived(element) for key, element in value.items()}
    return [revived(element) for element in value] if type(value) is list else value


def references_are_gone() -> tuple[Reference, ...]:
    raise UnknownValue(NO_REFERENCES)


@dataclass(frozen=True)
class Comparison:
    """One rule asked of one resource by both programs; ``why`` their values differ."""

    rule: str
    case: str
    address: str
    source: str
    ours: str
    theirs: str
    bridged: str
    why: frozenset[str]

    @property
    def kept(self) -> bool:
        return self.theirs == (self.bridged if self.why else self.ours)


def comparisons(run: Run) -> Iterator[Comparison]:
    for case in run.cases:
        for address, resource in resources(case).items():
            for value in run.values.get((case.name, address), []):
                yield from compare(run, case, address, resource, value)


def asked_there(rule: Rule, resource: Resource) -> bool:
    """Checkov hands a check the kinds that it registered for; a custom one with pods is none."""
    if resource.source == "terraform" or rule.subject is Resource:
        return resource.kind.rpartition("/")[2][:1].isupper() or resource.source == "terraform"
    return resource.kind in (rule.kinds or WORKLOAD_KINDS)


def compare(
    run: Run, case: Path, address: str, resource: Resource, value: Any
) -> Iterator[Comparison]:
    differences = causes(plain(resource.node.value), value)
    stand_in = bridged(resource, value)
    for rule in RULES:
        if not asked_there(rule, resource):
            continue
        key = f"CKV2_PRI_{rule.id}", case.name
        told = run.reasons.get((*key, address), "not-applicable")
        found = run.outcomes.get((*key, checkov_name(resource)), [told.partition(":")[0]])
        if len(found) > 1:  # namesakes to Checkov: no namespace, and the one called default
            continue
        [theirs] = found
        ours = word(rule, inventory_of_case(case), address)
        if (ours, theirs) != ("not-applicable", "not-applicable"):
            why = differences | ({NO_REFERENCES} if NO_REFERENCES in told else set())
            again = word(rule, stand_in, name_of(resource.address))
            yield Comparison(
                rule.slug, case.name, address, resource.source, ours, theirs, again, frozenset(why)
            )


@needs_checkov
def test_same_values_same_verdicts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlockOrigin, "provenance", lambda *_: ())
    compared = list(comparisons(run))
    assert [c for c in compared if not c.kept] == []
    assert "error" not in {c.ours for c in compared}
    strict = {(c.source, c.theirs) for c in compared if not c.why}
    assert {("kubernetes", word) for word in ("FAILED", "PASSED", "unknown")} <= strict
    if any(kind.startswith("aws_") for rule in RULES for kind in rule.kinds):
        assert {("terraform", word) for word in ("FAILED", "PASSED")} <= strict


@needs_checkov
def test_values_differ_only_where_checkov_loses_or_guesses(run: Run) -> None:
    for case in run.cases:
        for address, resource in resources(case).items():
            for value in run.values.get((case.name, address), []):
                why = causes(plain(resource.node.value), value)
                allowed = {SPELT, UNSAID} if resource.source == "kubernetes" else CAUSES
                assert why <= allowed, f"{case.name} {address}: {why - allowed}"


@needs_checkov
def test_checkov_sees_every_resource_that_we_see(run: Run) -> None:
    """But for those that may not exist: Checkov takes a condition it cannot decide for false.

    Nor does it count what goes through other resources.
    """
    for case in run.cases:
        for address, resource in resources(case).items():
            keyed = address.endswith("]") and not run.values.get((case.name, address))
            if "[*]" in resource.address or keyed:
                continue
            assert len(run.values.get((case.name, address), [])) == 1, (case.name, address)


@needs_checkov
def test_the_shapes_of_values_survive(run: Run) -> None:
    """All that is written out is known, but for what Checkov's own form cannot tell apart."""
    [value] = run.values[run.cases[0].name, "aws_db_instance.literal"]
    ours = plain(resources(run.cases[0])["aws_db_instance.literal"].node.value)
    lost = {"empty_block", "empty_map", "empty_list", "nothing"}
    assert {k for k, v in value.items() if type(v) is dict and "?" in v} == lost
    assert {k: v for k, v in value.items() if k not in lost} == {
        k: v for k, v in ours.items() if k not in lost
    }


@needs_checkov
def test_what_checkov_leaves_unevaluated_is_unknown(run: Run) -> None:
    [value] = run.values[run.cases[0].name, "aws_db_instance.expressions"]
    known = {k for k, v in value.items() if not (type(v) is dict and "?" in v)}
    assert known == {"default", "joined", "names", "tags", "list", "product"}
    assert value["tags"]["C"] == value["list"][0] == {"?": "Checkov did not evaluate it"}
    [value] = run.values[run.cases[0].name, "aws_db_instance.dynamic"]
    assert {k for k, v in value.items() if not (type(v) is dict and "?" in v)} == {"number"}


@needs_checkov
def test_every_exported_rule_is_a_check_with_a_stable_id(run: Run) -> None:
    registered = {(c["check"], c["name"], c["guideline"]) for c in run.checks}
    assert registered == {(f"CKV2_PRI_{r.id}", r.title, r.references[0]) for r in RULES}


POLICY = """from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule


@rule(id="{id}", title="{slug}", group="hardening", kinds={kinds}, references=["https://x.example"])
def {slug}(resource: Resource) -> Iterator[Problem]:
    {body}
"""
ELSEWHERE = {
    "finds": 'yield Problem(resource.get("spec", "list", 1, "a"), "told")',
    "finds_block": 'yield Problem(resource.get("rule", 0, "on"), "told of the block")',
    "refers_block": 'if not resource.references:\n        yield Problem(resource.node, "alone")',
    "crashes": 'raise ValueError("a secret")\n    yield',
}
OBJECTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: found}
spec: {list: [{a: 1}, {a: 2}]}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: accepted
  annotations: {checkov.io/skip1: CKV2_PRI_SEC901=reason}
spec: {}
---
apiVersion: apps.example.com/v1
kind: Deployment
metadata: {name: of-another-group}
spec: {}
"""
BLOCKS = """
resource "aws_db_instance" "found" {
  rule {
    on = true
  }
}

resource "aws_db_instance" "accepted" {
  #checkov:skip=CKV2_PRI_SEC902:reason
}
"""


def installed(site: Path) -> Path:
    """The folder for Checkov in a site-packages of its own, with other rules than the shipped."""
    package = site / "prodready_infra"
    shutil.copytree(ROOT / "prodready_infra", package)
    shutil.copytree(BRIDGE, package / "policies" / "checkov")
    folder = package / "policies" / "security"
    folder.mkdir()
    for number, (slug, body) in enumerate(ELSEWHERE.items(), start=901):
        kinds = ["aws_db_instance"] if "block" in slug else ["Deployment"]
        text = POLICY.format(id=f"SEC{number}", slug=slug, kinds=kinds, body=body)
        (folder / f"{slug}.py").write_text(text)
        (folder / f"{slug}.md").touch()
    return package / "policies" / "checkov"


@needs_checkov
def test_from_an_installed_package(tmp_path: Path) -> None:
    folder, root = installed(tmp_path / "site-packages"), tmp_path / "case0000"
    root.mkdir()
    (root / "main.yaml").write_text(OBJECTS)
    (root / "main.tf").write_text(BLOCKS)
    done = checkov(root, folder, "-c", "CKV2_PRI_*")
    assert done.returncode == 1
    found_by = {report["check_type"]: report for report in reports(done.stdout)}
    kubernetes, terraform = found_by["kubernetes"], found_by["terraform"]
    [found] = kubernetes["results"]["failed_checks"]
    assert found["check_id"] == "CKV2_PRI_SEC901"
    assert found["guideline"] == "https://x.example"
    assert found["check_result"]["evaluated_keys"] == ["spec/list/[1]/a"]
    assert [s["resource"] for s in kubernetes["results"]["skipped_checks"]] == [
        "Deployment.default.accepted"
    ]
    [found] = terraform["results"]["failed_checks"]
    assert found["details"] == ["told of the block"]
    assert found["check_result"]["evaluated_keys"] == ["rule/[0]/on"]
    assert [s["resource"] for s in terraform["results"]["skipped_checks"]] == [
        "aws_db_instance.accepted"
    ]
    assert "CKV2_PRI_SEC904 crashed: ValueError" in done.stderr
    assert f"aws_db_instance.found: unknown: {NO_REFERENCES}" in done.stderr
    assert "a secret" not in done.stderr + done.stdout


@needs_checkov
def test_nothing_of_ours_is_installed_beside_checkov() -> None:
    python = CHECKOV.with_name("python")
    code = "import importlib.util as u; print(u.find_spec('prodready_infra'))"
    done = subprocess.run(
        [python, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "None"


def test_an_older_python_is_told_of_in_one_sentence() -> None:
    code = """
import sys, types
class Anything(type):
    def __getattr__(cls, name): return cls
class Stub(metaclass=Anything): pass
names = ["checkov", "checkov.common", "checkov.common.models", "checkov.common.models.enums"]
for framework, last in (("kubernetes", "base_spec_check"), ("terraform", "base_resource_check")):
    parts = ["checkov", framework, "checks", "resource", last]
    names += [".".join(parts[:n]) for n in range(2, 6)]
for name in names:
    module = sys.modules[name] = types.ModuleType(name)
    module.CheckCategories = module.CheckResult = Stub
    module.BaseK8Check = module.BaseResourceCheck = Stub
sys.version_info = (3, 10, 0, "final", 0)
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {"__name__": "prodready_rules"})
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(BRIDGE / "prodready_rules.py")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == (
        "The rules of prodready-infra need Python 3.11 or newer and were not loaded: "
        "this Checkov runs on Python 3.10.\n"
    )
