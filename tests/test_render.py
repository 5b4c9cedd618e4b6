"""Charts and overlays: the same objects, the same verdicts, and places a person can go to."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prodready_infra.findings import Location, Outcome
from prodready_infra.sources.kubernetes.render import helm, process
from prodready_infra.sources.kubernetes.render.charts import render_charts
from prodready_infra.sources.scan import Scan, scan
from tests.support import catalogue, judge

HELM = shutil.which("helm")

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: registry.example.com/{name}:{tag}
          ports: [{{name: http, containerPort: 8080}}]
          resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{memory: 64Mi}}}}
{probe}---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}, namespace: shop}}
spec:
  minAvailable: {available}
  selector: {{matchLabels: {{app: {name}}}}}
"""
PROBE = "          readinessProbe: {httpGet: {path: /ready, port: http}}\n"
COMPONENTS = [(f"c{n}", 1 + n % 3, 1 + n % 2, n % 4 > 0) for n in range(10)]


def objects(name: str, replicas: object, tag: object, available: object, *, probe: bool) -> str:
    return DEPLOYMENT.format(
        name=name,
        replicas=replicas,
        tag=tag,
        available=available,
        probe=PROBE if probe else "",
    )


def write_plain(folder: Path) -> None:
    folder.mkdir()
    for name, replicas, available, probe in COMPONENTS:
        text = objects(name, replicas, "1.4.2", available, probe=probe)
        (folder / f"{name}.yaml").write_text(text)


def write_chart(folder: Path) -> None:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    values = {name: {"replicas": r, "available": a} for name, r, a, _ in COMPONENTS}
    (folder / "values.yaml").write_text(json.dumps({"tag": "1.4.2", **values}))
    for name, _, _, probe in COMPONENTS:
        text = objects(
            name,
            f"{{{{ .Values.{name}.replicas }}}}",
            "{{ .Values.tag }}",
            f"{{{{ .Values.{name}.available }}}}",
            probe=probe,
        )
        (folder / "templates" / f"{name}.yaml").write_text(text)


def write_overlay(folder: Path) -> None:
    (folder / "base").mkdir(parents=True)
    (folder / "production").mkdir()
    files = [f"{name}.yaml" for name, *_ in COMPONENTS]
    (folder / "base" / "kustomization.yaml").write_text(json.dumps({"resources": files}))
    patches = []
    for name, replicas, available, probe in COMPONENTS:
        text = objects(name, 7, "base", available, probe=False)
        (folder / "base" / f"{name}.yaml").write_text(text)
        patch = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n"
        )
        patch += f"spec:\n  replicas: {replicas}\n"
        if probe:
            patch += f"  template:\n    spec:\n      containers:\n        - name: {name}\n{PROBE}"
        (folder / "production" / f"{name}-patch.yaml").write_text(patch)
        patches.append({"path": f"{name}-patch.yaml"})
    images = [{"name": f"registry.example.com/{n}", "newTag": "1.4.2"} for n, *_ in COMPONENTS]
    kustomization = {"resources": ["../base"], "patches": patches, "images": images}
    (folder / "production" / "kustomization.yaml").write_text(json.dumps(kustomization))


def verdicts(found: Scan) -> set[tuple[str, str, str, str]]:
    return {
        (v.rule, v.address, str(v.outcome), v.message if v.outcome is Outcome.FAIL else "")
        for rule in catalogue()
        for v in judge(rule, found.inventory)
        if v.source == "kubernetes"
    }


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_same_objects_give_the_same_verdicts_however_they_are_written(work: Path) -> None:
    write_plain(work / "plain")
    write_chart(work / "chart")
    write_overlay(work / "overlay")
    plain, chart, overlay = (scan([name]) for name in ("plain", "chart", "overlay"))
    assert [len(s.inventory.resources) for s in (plain, chart, overlay)] == [30, 30, 30]
    assert not [*chart.gaps, *overlay.gaps, *chart.problems, *overlay.problems]
    expected = verdicts(plain)
    assert {outcome for _, _, outcome, _ in expected} >= {"pass", "fail", "not-applicable"}
    assert verdicts(chart) == expected
    assert verdicts(overlay) == expected


def failure(found: Scan, slug: str, address: str) -> tuple[Location, tuple[Location, ...]]:
    rule = catalogue().get(slug)
    assert rule is not None
    failing = [v for v in judge(rule, found.inventory) if v.outcome is Outcome.FAIL]
    verdict = next(v for v in failing if v.address == address)
    return verdict.locations[0], verdict.provenance


def test_a_finding_in_a_chart_stands_in_the_template_and_names_the_value(work: Path) -> None:
    write_chart(work / "chart")
    values = "tag: 1.4.2\n" + "".join(
        f"{name}:\n  replicas: {r}\n  available: {a}\n" for name, r, a, _ in COMPONENTS
    )
    (work / "chart" / "values.yaml").write_text(values)
    place, source = failure(scan(["chart"]), "replicas-too-few", "Deployment/shop/c3")
    assert (place.path, place.line) == ("chart/templates/c3.yaml", 7)
    assert [(s.path, s.line, s.label) for s in source] == [
        ("chart/values.yaml", 12, ".Values.c3.replicas")
    ]


def test_a_finding_in_an_overlay_stands_where_the_value_was_set(work: Path) -> None:
    write_overlay(work / "overlay")
    found = scan(["overlay"])
    place, _ = failure(found, "replicas-too-few", "Deployment/shop/c3")
    assert (place.path, place.line) == ("overlay/production/c3-patch.yaml", 5)
    place, _ = failure(found, "readiness-probe-missing", "Deployment/shop/c4[c4]")
    assert (place.path, place.line) == ("overlay/base/c4.yaml", 13)


def test_a_comment_in_a_template_or_a_base_accepts_a_finding(work: Path) -> None:
    write_chart(work / "chart")
    template = work / "chart" / "templates" / "c3.yaml"
    comment = ' # prodready: ignore=replicas-too-few reason="one is enough"\n'
    text = template.read_text().replace("replicas }}\n", "replicas }}" + comment, 1)
    template.write_text(text)
    asked = ("--select", "replicas-too-few", "-o", "json", "--no-cache", "chart")
    done = subprocess.run(
        [sys.executable, "-m", "prodready_infra", "check", *asked], capture_output=True, check=False
    )
    accepted = [
        v["resource"]["address"] for v in json.loads(done.stdout)["verdicts"] if v["suppressed_by"]
    ]
    assert accepted == ["Deployment/shop/c3"]


@pytest.mark.skipif(HELM is None, reason="there is no helm on PATH")
def test_the_program_and_the_library_render_the_same(work: Path) -> None:
    write_chart(work / "chart")
    home = str(work)
    assert HELM is not None
    with helm.Library(home) as library, helm.Program(HELM, home) as program:
        one = render_charts(["chart"], library)
        other = render_charts(["chart"], program)
    values = {r.address: r.node.value for r in one.resources}
    assert values == {r.address: r.node.value for r in other.resources}
    assert len(values) == 30


def test_a_chart_whose_links_lead_outside_is_not_rendered(work: Path) -> None:
    write_chart(work / "scanned" / "chart")
    (work / "secret.txt").write_text("nobody reads this")
    (work / "scanned" / "chart" / "files").symlink_to(work)
    found = scan(["scanned"])
    assert found.inventory.resources == ()
    assert "is a link to the outside" in str(found.gaps[0])


def test_a_chart_that_never_ends_is_given_up_and_the_next_one_rendered(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm, "TIME_LIMIT", 2.0)
    write_chart(work / "b")
    write_chart(work / "a")
    # Nested, for a list of all the numbers would be too large before it is too slow.
    endless = "{{ range until 99999 }}{{ range until 99999 }}{{ end }}{{ end }}\n"
    (work / "a" / "templates" / "c0.yaml").write_text(endless)
    found = scan(["."])
    assert len(found.inventory.resources) == 30
    assert str(found.gaps[0]).startswith("a/Chart.yaml was not rendered: it takes longer than")


def test_nothing_is_fetched_for_an_overlay(work: Path) -> None:
    write_overlay(work / "overlay")
    path = work / "overlay" / "production" / "kustomization.yaml"
    data = json.loads(path.read_text())
    data["resources"].append("github.com/example/manifests//base?ref=v1")
    path.write_text(json.dumps(data))
    found = scan(["overlay"])
    assert "would have to be fetched" in str(found.gaps[0])
    assert len(found.inventory.resources) == 30, "the files are judged as they are"


def test_without_the_programs_charts_and_overlays_are_noted(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_chart(work / "chart")
    write_overlay(work / "overlay")
    monkeypatch.setenv("PATH", str(work))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    found = scan(["."])
    notes = sorted(map(str, found.gaps))
    assert len(notes) == 2
    assert "install helm or prodready-infra[render]" in notes[0]
    assert "install kubectl, kustomize or prodready-infra[render]" in notes[1]


APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  destination: {namespace: shop-production}
  source:
    repoURL: https://git.example.com/shop.git
    path: chart
    helm:
      releaseName: shop
      valuesObject: {c0: {replicas: 9}}
      parameters: [{name: c1.replicas, value: "8"}]
"""
HELM_RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec:
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: shop}}}
  values: {c0: {replicas: 9}, c1: {replicas: 8}}
"""


@pytest.mark.parametrize("text", [APPLICATION, HELM_RELEASE])
def test_a_chart_is_rendered_as_it_is_installed(work: Path, text: str) -> None:
    write_chart(work / "chart")
    (work / "deploy.yaml").write_text(text)
    found = scan(["."])
    deployments = {r.name: r for r in found.inventory.of_kind("Deployment")}
    assert len(deployments) == 10, "once, not with the defaults beside it"
    assert deployments["c0"].get("spec", "replicas").value == 9
    assert deployments["c1"].get("spec", "replicas").value == 8
    assert deployments["c2"].get("spec", "replicas").value == 3


def test_a_release_of_a_chart_from_elsewhere_is_a_gap(work: Path) -> None:
    (work / "deploy.yaml").write_text(HELM_RELEASE.replace("./chart", "podinfo"))
    found = scan(["."])
    assert "installs 'podinfo', a chart that is not in this scan" in str(found.gaps[0])


def test_objects_are_in_the_namespace_that_delivers_them(work: Path) -> None:
    folder = work / "apps" / "web"
    folder.mkdir(parents=True)
    (folder / "web.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
    (work / "flux.yaml").write_text(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: web, namespace: flux-system}\n"
        "spec: {path: ./apps/web, targetNamespace: shop, prune: true}\n"
    )
    found = scan(["."])
    assert [r.address for r in found.inventory.of_kind("ConfigMap")] == ["ConfigMap/shop/web"]


def test_a_dependency_in_the_repository_is_rendered_and_a_missing_one_noted(work: Path) -> None:
    write_chart(work / "shop")
    (work / "umbrella" / "templates").mkdir(parents=True)
    (work / "umbrella" / "Chart.yaml").write_text(
        "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n"
        "  - {name: shop, alias: store, version: 1.0.0, repository: 'file://../shop'}\n"
        "  - {name: redis, version: 1.0.0, repository: 'https://charts.example.com'}\n"
        "  - {name: mail, version: 1.0.0, repository: 'https://e.com', condition: mail.enabled}\n"
    )
    (work / "umbrella" / "values.yaml").write_text("mail: {enabled: false}\nstore: {tag: '2.0'}\n")
    found = scan(["umbrella", "shop"])
    assert len(found.inventory.resources) == 60
    assert [str(gap) for gap in found.gaps] == [
        "umbrella/Chart.yaml was rendered without 'redis', which is not in its charts/"
    ]
    images = [c.image.tag for c in found.inventory.containers]
    assert sorted(set(images)) == ["1.4.2", "2.0"]
    place, _ = failure(found, "replicas-too-few", "Deployment/shop/c3")
    assert place.path == "shop/templates/c3.yaml"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_what_a_chart_draws_anew_is_unknown(work: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n"
    drawn = '  password: {{ randAlphaNum 24 | quote }}\n  user: "shop"\n'
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    write(work / "chart", {"Chart.yaml": chart, "templates/secret.yaml": secret + drawn})
    data = scan(["chart"]).inventory.of_kind("Secret")[0].get("stringData")
    assert not data.get("password").known
    assert data.get("user").text() == "shop"


def test_a_separator_may_be_glued_to_a_comment(work: Path) -> None:
    glued = "{{- if true }}\n---\n{{- end -}}\n# the second\napiVersion: v1\nkind: ConfigMap\n"
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + glued + "metadata: {name: b}\n"
    )
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    write(work / "chart", {"Chart.yaml": chart, "templates/both.yaml": text})
    found = scan(["chart"])
    assert not found.problems
    assert [r.name for r in found.inventory.resources] == ["a", "b"]


def test_a_chart_that_needs_values_is_rendered_with_those_of_its_tests_and_noted(
    work: Path,
) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
        'stringData: {password: {{ required "a password" .Values.password }}}\n'
    )
    chart = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "templates/s.yaml": text}
    write(work / "chart", {**chart, "ci/test-values.yaml": "password: hunter2hunter2\n"})
    found = scan(["chart"])
    assert not found.inventory.resources[0].get("stringData").known
    assert "was rendered with chart/ci/test-values.yaml only: " in str(found.gaps[0])


def test_an_overlay_alone_brings_its_base(work: Path) -> None:
    write_overlay(work / "overlay")
    for patch in (work / "overlay" / "production").glob("*-patch.yaml"):
        patch.unlink()
    lists = json.dumps({"resources": ["../base"]})
    (work / "overlay" / "production" / "kustomization.yaml").write_text(lists)
    assert len(scan(["overlay/production"]).inventory.resources) == 30
    assert len(scan(["overlay"]).inventory.resources) == 30


def test_a_container_is_found_by_a_templated_name_and_never_taken_for_another(work: Path) -> None:
    containers = (
        "      containers:\n"
        "        {{- if .Values.reload }}\n"
        "        - name: {{ .Chart.Name }}-reload\n"
        "          image: reload:1.0\n"
        "        {{- end }}\n"
        "        - name: {{ .Chart.Name }}\n"
        "          image: registry.example.com/web:1.0\n"
        "          {{- with .Values.resources }}\n"
        "          resources:\n"
        "            {{- toYaml . | nindent 12 }}\n"
        "          {{- end }}\n"
        "          ports: [{name: http, containerPort: 8080}]\n"
        "        - name: proxy\n"
        "          image: proxy:1.0\n"
    )
    head = DEPLOYMENT.partition("      containers:\n")[0].format(name="web", replicas=2)
    write(
        work / "chart",
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "values.yaml": "reload: false\nresources:\n  requests: {cpu: 1m}\n",
            "templates/web.yaml": head + containers,
        },
    )
    found = scan(["chart"])
    place, source = failure(found, "memory-limit-missing", "Deployment/shop/web[web]")
    assert (place.path, place.line) == ("chart/templates/web.yaml", 20)
    assert [(s.path, s.line) for s in source] == [("chart/values.yaml", 2)]


def test_what_a_program_says_is_told_in_one_line() -> None:
    assert process.said("walk\nError: template: a:1: bad\n  here") == "template: a:1: bad here"
    assert process.said('E1123 08:00:00.1 1 run.go:72] "command failed" err="no such file"') == (
        'no such file"'
    )
