"""Objects that Terraform puts into a cluster: the same verdicts as YAML, and places in the .tf."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodready_infra.findings import Location, Outcome
from prodready_infra.model.inventory import together
from prodready_infra.model.node import is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.scan import Scan, discover, scan
from tests.support import FIXTURES, catalogue, judge

OBJECTS = FIXTURES / "terraform" / "kubernetes"
YAML = (OBJECTS / "objects.yaml").read_text()
DOCUMENTS = [document for document in YAML.split("---\n") if document.strip()]


def as_manifests(documents: list[str]) -> str:
    values = (json.dumps(yaml.safe_load(document), indent=2) for document in documents)
    return "".join(
        f'resource "kubernetes_manifest" "m{n}" {{\n  manifest = {_literal(text)}\n}}\n'
        for n, text in enumerate(values)
    )


def as_encoded(documents: list[str]) -> str:
    values = (json.dumps(yaml.safe_load(document), indent=2) for document in documents)
    return "".join(
        f'resource "kubectl_manifest" "m{n}" {{\n  yaml_body = yamlencode({_literal(text)})\n}}\n'
        for n, text in enumerate(values)
    )


def as_decoded(documents: list[str]) -> str:
    return "".join(
        f'resource "kubernetes_manifest" "m{n}" {{\n  manifest = yamldecode(<<EOT\n{_literal(d)}'
        "EOT\n  )\n}\n"
        for n, d in enumerate(documents)
    )


def as_heredocs(documents: list[str]) -> str:
    return "".join(
        f'resource "kubectl_manifest" "m{n}" {{\n  yaml_body = <<-EOT\n{_indented(d)}  EOT\n}}\n'
        for n, d in enumerate(documents)
    )


def _literal(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in _literal(text).splitlines())


def as_blocks(_: list[str]) -> str:
    return (OBJECTS / "objects.tf").read_text()


WAYS: list[Callable[[list[str]], str]] = [
    as_blocks,
    as_manifests,
    as_encoded,
    as_decoded,
    as_heredocs,
]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, files: dict[str, str]) -> Scan:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return scan(["."])


def objects(found: Scan) -> dict[str, Resource]:
    return {r.address: r for r in found.inventory.resources if r.source == "kubernetes"}


def verdicts(found: Scan) -> set[tuple[str, str, str, str]]:
    return {
        (v.rule, v.address, str(v.outcome), v.message if v.outcome is Outcome.FAIL else "")
        for rule in catalogue()
        for v in judge(rule, found.inventory)
        if v.source == "kubernetes"
    }


def failure(found: Scan, slug: str, address: str) -> tuple[Location, tuple[Location, ...]]:
    rule = catalogue().get(slug)
    assert rule is not None
    failing = [v for v in judge(rule, found.inventory) if v.outcome is Outcome.FAIL]
    verdict = next(v for v in failing if v.address == address)
    return verdict.locations[0], verdict.provenance


def place(resource: Resource, *path: str | int) -> tuple[str, int, int]:
    at = resource.node.origin.locate(path)
    return at.path, at.line, at.end_line


def labels(resource: Resource, *path: str | int) -> list[str]:
    return [f"{s.label} {s.path}:{s.line}" for s in resource.node.origin.provenance(path)]


def without_nulls(value: Any) -> Any:
    if type(value) is dict:
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if type(value) is list else value


@pytest.mark.parametrize("way", WAYS)
def test_an_object_is_the_same_however_it_is_written(
    work: Path, way: Callable[[list[str]], str]
) -> None:
    plain = read(work / "plain", {"objects.yaml": YAML})
    (work / "plain" / "objects.yaml").unlink()
    found = read(work / "terraform", {"main.tf": way(DOCUMENTS)})
    assert not [*found.problems, *found.gaps]
    expected, made = objects(plain), objects(found)
    assert made.keys() == expected.keys()
    for address, resource in made.items():
        assert without_nulls(resource.node.value) == expected[address].node.value, address
    judged = verdicts(plain)
    assert {outcome for _, _, outcome, _ in judged} >= {"pass", "fail", "not-applicable"}
    assert verdicts(found) == judged


def test_every_text_is_found_in_the_line_that_gives_it(work: Path) -> None:
    text = as_blocks([])
    lines = text.split("\n")
    given = ("metadata[0]", "metadata.0", "env.key", "env.value")
    for resource in objects(read(work, {"main.tf": text})).values():
        for node in resource.node.walk():
            made = node.path[-1:] in (("apiVersion",), ("kind",))
            if type(node.value) is str and not made and node.value != "ImplementationSpecific":
                at = node.origin.locate(node.path)
                line = lines[at.line - 1]
                assert at.line == at.end_line, node
                assert node.value in line or any(name in line for name in given), node


DEPLOYMENT = """
variable "replicas" {
  type = number
}
variable "tag" {
  default = "latest"
}
resource "kubernetes_deployment_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }
  spec {
    replicas = var.replicas
    selector {
      match_labels = { app = "web" }
    }
    template {
      metadata {
        labels = { app = "web" }
      }
      spec {
        container {
          name  = "web"
          image = "shop/web:${var.tag}"
        }
      }
    }
  }
}
"""
SERVICE = """resource "kubernetes_service_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }
  spec {
    selector = { app = "web" }
    port {
      port = 80
    }
  }
}
"""
GIVEN = {"main.tf": DEPLOYMENT, "service.tf": SERVICE, "terraform.tfvars": "replicas = 1\n"}


def test_a_finding_stands_in_the_tf_file_and_says_where_the_value_is_from(work: Path) -> None:
    found = read(work, GIVEN)
    at, source = failure(found, "replicas-too-few", "Deployment/shop/web")
    assert (at.path, at.line, at.column) == ("main.tf", 14, 5)
    assert [(s.label, s.path, s.line) for s in source] == [
        ("var.replicas", "main.tf", 2),
        ("replicas is set", "terraform.tfvars", 1),
    ]
    at, source = failure(found, "image-tag-mutable", "Deployment/shop/web[web]")
    assert (at.line, source[-1].label) == (25, "its default")
    at, _ = failure(found, "memory-limit-missing", "Deployment/shop/web[web]")
    assert (at.line, at.end_line) == (23, 26), "what is missing is missing in the block"
    assert place(objects(found)["Deployment/shop/web"], "apiVersion") == ("main.tf", 8, 8)


def test_the_terraform_resource_stays_and_is_judged_as_such(work: Path) -> None:
    found = read(work, GIVEN)
    kinds = [(r.kind, r.source, r.address) for r in found.inventory.resources]
    assert ("Deployment", "kubernetes", "Deployment/shop/web") in kinds
    assert (
        "kubernetes_deployment_v1",
        "terraform",
        "kubernetes_deployment_v1.web",
    ) in kinds


def test_a_comment_in_the_tf_file_accepts_a_finding(work: Path) -> None:
    comment = '    # prodready: ignore=replicas-too-few reason="one is enough"\n    replicas ='
    read(work, {**GIVEN, "main.tf": DEPLOYMENT.replace("    replicas =", comment)})
    asked = ("--select", "replicas-too-few", "-o", "json", "--no-cache", ".")
    done = subprocess.run(
        [sys.executable, "-m", "prodready_infra", "check", *asked], capture_output=True, check=False
    )
    shown = json.loads(done.stdout)["verdicts"]
    accepted = [v["resource"]["address"] for v in shown if v["suppressed_by"]]
    assert accepted == ["Deployment/shop/web"]


def test_what_is_unknown_stays_so_and_names_are_told_apart(work: Path) -> None:
    one = 'resource "kubernetes_config_map" "{0}" {{\n  metadata {{\n    name = {1}\n  }}\n}}\n'
    rows = [("a", '"${var.env}-a"'), ("b", '"${var.env}-b"'), ("c", "each.key")]
    text = 'variable "env" {}\n' + "".join(one.format(*row) for row in rows)
    text = text.replace('"c" {\n', '"c" {\n  for_each = toset(var.names)\n')
    text = text.replace(
        'variable "env" {}', 'variable "env" {}\nvariable "names" {}\nvariable "n" {}'
    )
    inner = DEPLOYMENT.replace('= "web"\n    namespace', "= var.tag\n    namespace")
    text += 'module "in" {\n  source = "./inner"\n  tag = var.env\n  replicas = var.n\n}\n'
    found = objects(read(work, {"main.tf": text, "inner/main.tf": inner}))
    assert list(found) == [
        "ConfigMap/${var.env}-a",
        "ConfigMap/${var.env}-b",
        "ConfigMap/kubernetes_config_map.c[*].each.key",
        "Deployment/shop/module.in.var.tag",
    ]
    deployment = found["Deployment/shop/module.in.var.tag"]
    assert is_unknown(deployment.get("spec", "replicas").value)
    assert labels(deployment, "spec", "replicas")[1] == "module.in.replicas main.tf:23"


REPEATED = """
variable "on" {
  default = false
}
resource "kubernetes_service_account" "none" {
  count = var.on ? 1 : 0
  metadata {
    name = "none"
  }
}
resource "kubernetes_service_account" "two" {
  count = 2
  metadata {
    name = "two-${count.index}"
  }
}
resource "kubernetes_namespace" "each" {
  for_each = { a = "one", b = "two" }
  metadata {
    name = each.value
  }
}
resource "kubernetes_service_account" "each" {
  for_each = kubernetes_namespace.each
  metadata {
    name      = "each"
    namespace = kubernetes_namespace.each["a"].metadata[0].name
  }
}
"""


def test_each_instance_is_one_object(work: Path) -> None:
    assert list(objects(read(work, {"main.tf": REPEATED}))) == [
        "ServiceAccount/two-0",
        "ServiceAccount/two-1",
        "Namespace/one",
        "Namespace/two",
        "ServiceAccount/one/each",
    ]


HEREDOC = """
variable "env" {}
variable "replicas" {
  default = 1
}
resource "kubectl_manifest" "web" {
  yaml_body = <<-YAML
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: shop
    spec:
    %{ if var.replicas > 0 }
      replicas: ${var.replicas}
    %{ endif }
      template:
        spec:
          containers:
            - name: web
              image: ${var.env}/web:1.0
              env: [{name: ENV, value: "${var.env}"}]
  YAML
}
"""


def test_a_heredoc_is_located_line_by_line_and_known_as_far_as_it_is(work: Path) -> None:
    found = read(work, {"main.tf": HEREDOC})
    web = objects(found)["Deployment/shop/web"]
    assert place(web, "spec", "replicas") == ("main.tf", 15, 15)
    assert labels(web, "spec", "replicas") == ["var.replicas main.tf:3", "its default main.tf:4"]
    container = web.get("spec", "template", "spec", "containers", 0)
    assert container.get("name").value == "web"
    assert is_unknown(container.get("image").value)
    assert is_unknown(container.get("env", 0, "value").value)
    assert place(web, *container.path, "image") == ("main.tf", 21, 21)
    at = web.node.origin.locate((*container.path, "image"))
    line = HEREDOC.split("\n")[at.line - 1]
    assert line[at.column - 1 : at.end_column - 1] == "image: ${var.env}/web:1.0"


GAPS = {
    "manifest = var.m": "var.m has no value",
    "manifest = yamldecode(var.m)": "var.m has no value",
    'manifest = yamldecode(file("gone.yaml"))': "file is not evaluated: there is no file gone.yaml",
    'manifest = yamldecode("a: yes")': "it holds words that YAML 1.1 and 1.2 read differently",
    'manifest = { apiVersion = "v1", kind = var.m }': "its kind is not known",
    'manifest = "text"': "it is no object",
    "yaml_body = each.value": "each, count and self have no meaning here",
    "yaml_body = yamlencode(var.m)": "var.m has no value",
    "yaml_body = <<EOT\napiVersion: v1\nkind: ${var.m}\nEOT": "its kind is not known",
    "yaml_body = <<EOT\napiVersion: v1\nkind: Pod\n%{ if var.m }\na: 1\n%{ endif }\nEOT": (
        "a condition in it is not known"
    ),
    "yaml_body = <<EOT\napiVersion: v1\nkind: Pod\n${var.m}\nEOT": "var.m has no value",
}


@pytest.mark.parametrize("argument", GAPS)
def test_an_unknown_manifest_is_a_gap(work: Path, argument: str) -> None:
    kind = "kubectl_manifest" if argument.startswith("yaml") else "kubernetes_manifest"
    text = f'variable "m" {{}}\nresource "{kind}" "m" {{\n  {argument}\n}}\n'
    found = read(work, {"main.tf": text})
    wording = "declares a Kubernetes object, but its manifest is not known: "
    assert list(map(str, found.gaps)) == [f"main.tf:2 {wording}{GAPS[argument]}"]
    assert not objects(found)
    assert not found.problems


def test_a_text_that_is_no_yaml_is_a_problem_at_its_line(work: Path) -> None:
    text = 'resource "kubectl_manifest" "m" {\n  yaml_body = <<-EOT\n    apiVersion: v1\n'
    text += "    kind: ConfigMap\n    data: [a\n    b: 1\n  EOT\n}\n"
    (problem,) = read(work, {"main.tf": text}).problems
    assert (problem.path, problem.line) == ("main.tf", 6)
    assert problem.message.startswith("is not YAML")


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  hostNetwork: ${host}\n"
FILES = """
variable "host" {
  default = true
}
resource "kubectl_manifest" "text" {
  yaml_body = file("${path.module}/pod.yaml")
}
resource "kubectl_manifest" "template" {
  yaml_body = templatefile("${path.module}/pod.tftpl", { name = "made", host = var.host })
  override_namespace = "shop"
}
"""


def test_files_are_read_once_and_templates_with_what_they_are_given(work: Path) -> None:
    plain = POD.replace("${name}", "plain").replace("${host}", "true")
    found = read(work, {"in/main.tf": FILES, "in/pod.yaml": plain, "in/pod.tftpl": POD})
    assert not found.gaps
    assert list(objects(found)) == ["Pod/plain", "Pod/shop/made"]
    made = objects(found)["Pod/shop/made"]
    assert made.path == "in/main.tf"
    assert place(made, "spec", "hostNetwork") == ("in/pod.tftpl", 5, 5)
    assert labels(made, "spec", "hostNetwork")[0] == "var.host in/main.tf:2"
    assert "in/pod.tftpl" in discover(["."]).files(), "its text is a part of the input"


def test_a_manifest_that_is_a_template_is_judged_as_what_it_becomes(work: Path) -> None:
    text = FILES.replace("pod.tftpl", "made.yaml").replace('file("${path.module}/pod', 'file("gone')
    found = objects(read(work, {"in/main.tf": text, "in/made.yaml": POD}))
    assert list(found) == ["Pod/shop/made"]


SECRET = """
variable "password" {}
resource "random_password" "p" {}
resource "kubernetes_secret" "s" {
  metadata {
    name = "s"
  }
  data = {
    a = var.password
    b = random_password.p.result
    c = "postgres://shop:${var.password}@db/shop"
  }
}
"""


def test_a_reference_in_a_secret_is_no_secret_in_git(work: Path) -> None:
    found = read(work, {"main.tf": SECRET})
    rule = catalogue().get("plaintext-secret-in-git")
    assert rule is not None
    (verdict,) = (v for v in judge(rule, found.inventory) if v.address == "Secret/s")
    assert verdict.outcome is not Outcome.FAIL
    assert "'a'" not in verdict.message
    assert "'b'" not in verdict.message


def test_objects_of_one_root_module_stand_together(work: Path) -> None:
    call = 'module "{0}" {{\n  source = "../modules/{0}"\n}}\n'
    account = 'resource "kubernetes_service_account" "{0}" {{\n  metadata {{\n    name = "{0}"\n'
    account += "  }}\n}}\n"
    names = ("a", "b")
    modules = {f"modules/{n}/main.tf": account.format(n) for n in names}
    roots = {"live/main.tf": "".join(map(call.format, names)), "other/main.tf": account.format("o")}
    found = objects(read(work, {**modules, **roots}))
    a, b, o = (found[f"ServiceAccount/{name}"] for name in ("a", "b", "o"))
    assert together(a, b)
    assert not together(a, o)


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "replicas: 1\nimage: {tag: latest}\nname: web\nnote: none\n",
    "chart/templates/web.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Values.name }}
  namespace: {{ .Release.Namespace }}
  annotations: {note: {{ tpl .Values.note . | quote }}, release: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: shop/web:{{ .Values.image.tag }}
""",
    "tf/live.yaml": "replicas: 4\nname: from-file\n",
    "tf/live.tftpl": "replicas: ${replicas}\nimage:\n  tag: ${tag}\n",
}
RELEASE = """
variable "tag" {{}}
resource "helm_release" "shop" {{
  name      = "shop"
  namespace = "prod"
  chart     = {chart}
{rest}
}}
"""
RELEASES = {
    'values = [file("${path.module}/live.yaml")]': ("from-file", 4, "latest", "none"),
    'values = ["replicas: 2\\nname: text", yamlencode({ replicas = 3 })]': (
        *("text", 3, "latest", "none"),
    ),
    'values = ["name: text", file("live.yaml")]': ("from-file", 4, "latest", "none"),
    'values = [templatefile("${path.module}/live.tftpl", { replicas = 5, tag = "2.0" })]': (
        *("web", 5, 2.0, "none"),
    ),
    'set {\n  name = "image.tag"\n  value = "2.1.0"\n}': ("web", 1, "2.1.0", "none"),
    'set_sensitive {\n  name = "replicas"\n  value = 6\n}': ("web", 6, "latest", "none"),
    'set = [{ name = "image.tag", value = "2", type = "string" }]': ("web", 1, "2", "none"),
    "values = [\"note: '{{ .Release.Name }}'\"]": ("web", 1, "latest", "shop"),
}


@pytest.mark.parametrize("rest", RELEASES)
@pytest.mark.parametrize("chart", ['"../chart"', '"${path.module}/../chart"'])
def test_a_chart_of_the_scan_is_rendered_as_terraform_installs_it(
    work: Path, chart: str, rest: str
) -> None:
    found = read(work, {**CHART, "tf/main.tf": RELEASE.format(chart=chart, rest=rest)})
    assert not [*found.gaps, *found.problems]
    name, replicas, tag, note = RELEASES[rest]
    (resource,) = objects(found).values()
    assert resource.address == f"Deployment/prod/{name}"
    assert resource.get("spec", "replicas").value == replicas
    image = resource.get("spec", "template", "spec", "containers", 0, "image").value
    assert image == f"shop/web:{tag:g}" if type(tag) is float else f"shop/web:{tag}"
    assert resource.annotations == {"note": note, "release": "shop"}
    assert resource.path == "tf/main.tf" or "file(" in rest
    assert place(resource, "spec", "replicas")[:2] == ("chart/templates/web.yaml", 8)


INCOMPLETE = {
    'set {\n  name = "image.tag"\n  value = var.tag\n}': "var.tag has no value",
    'set {\n  name = "list"\n  value = "{a,b}"\n}': "list is set to a list",
    'set {\n  name = "a[0]"\n  value = "x"\n}': "one is set by a name that is not simple",
    "values = [yamlencode({ replicas = 1, image = { tag = var.tag } })]": "var.tag has no value",
    'values = ["a: [", "replicas: 1"]': "they are no YAML",
    "values = var.tag": "var.tag has no value",
}


@pytest.mark.parametrize("rest", INCOMPLETE)
def test_values_that_are_not_known_are_a_gap_and_the_others_count(work: Path, rest: str) -> None:
    found = read(work, {**CHART, "tf/main.tf": RELEASE.format(chart='"../chart"', rest=rest)})
    gap = "tf/main.tf:3 gives the release of chart values that are not known: "
    assert list(map(str, found.gaps)) == [gap + INCOMPLETE[rest]]
    assert list(objects(found)) == ["Deployment/prod/web"]


ELSEWHERE = {
    'chart = "nginx"\n  repository = "https://charts.example.com"': "'nginx'",
    'chart = "oci://registry.example.com/nginx"': "'oci://registry.example.com/nginx'",
    'chart = "./gone"': "'./gone'",
    "chart = var.chart": "its chart",
}


@pytest.mark.parametrize("arguments", ELSEWHERE)
def test_a_chart_from_elsewhere_is_a_gap(work: Path, arguments: str) -> None:
    text = f'variable "chart" {{}}\nresource "helm_release" "r" {{\n  {arguments}\n}}\n'
    found = read(work, {"main.tf": text})
    shown = ELSEWHERE[arguments]
    assert list(map(str, found.gaps)) == [
        f"main.tf:2 installs {shown}, a chart that is not in this scan"
    ]


def test_what_kustomize_makes_for_terraform_is_a_gap(work: Path) -> None:
    found = read(
        work, {"main.tf": 'resource "kustomization_resource" "r" {\n  manifest = "{}"\n}\n'}
    )
    assert [g.message for g in found.gaps] == [
        "applies what a kustomization makes, which is not known here"
    ]
