"""Bad input through the real program: one located sentence, the documented code, nothing lost."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import ROOT

GOOD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: good}
spec:
  selector: {matchLabels: {app: good}}
  template:
    metadata: {labels: {app: good}}
    spec:
      containers:
        - name: good
          image: example.com/good:1.0
          ports: [{containerPort: 80}]
"""
BOMB = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a: &a [x, x, x, x, x, x]\n"
    + "".join(
        f"  {name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
)


def run(
    *arguments: str, cwd: Path, stdin: bytes = b"", limit: str = ""
) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    command = [sys.executable, "-m", "prodready_infra", *arguments]
    if limit:  # an address space that a runaway would fill at once
        command = ["sh", "-c", f'ulimit -v {limit}; exec "$@"', "sh", *command]
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**keep, "PYTHONPATH": str(ROOT), "PRODREADY_CACHE_DIR": str(cwd / ".cache")},
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def check(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    return run("check", *arguments, cwd=cwd, **options)  # type: ignore[arg-type]


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"apiVersion: v1\nkind: Pod\n")
        file.truncate(100 * 2**20)


CASES: dict[str, tuple[str, bytes | Callable[[Path], None], str]] = {
    "yaml": ("a.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: a\n", "a.yaml:4"),
    "yaml tab": ("a.yaml", b"apiVersion: v1\nkind: Pod\n\tspec: {}\n", "a.yaml:3"),
    "json": ("a.json", b'{"apiVersion": "v1", "kind": "Pod", "spec": [}', "a.json:1"),
    "hcl": ("a.tf", b'resource "aws_vpc" "x" {\n  cidr_block = \n', "a.tf:"),
    "dockerfile": ("Dockerfile", b"FROM alpine:3.20\nRUNN true\n", "Dockerfile:2"),
    "alias bomb": ("a.yaml", BOMB.encode(), "a.yaml:1: its aliases stand for more"),
    "alias loop": (
        "a.yaml",
        b"apiVersion: v1\nkind: ConfigMap\ndata: &a\n  x: *a\n",
        "a.yaml:3: an alias stands inside its own anchor",
    ),
    "deep flow": (
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nspec: " + b"[" * 200 + b"]" * 200,
        "is nested deeper than 128 levels",
    ),
    "very deep flow": (
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nspec: " + b"[" * 100_000,
        "is nested deeper than 128 levels",
    ),
    "deep block": (
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nspec:\n"
        + b"".join(b" " * (n + 1) + b"a:\n" for n in range(400)),
        "is nested deeper than 128 levels",
    ),
    "deep sequence": (
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nspec:\n  " + b"- " * 5_000 + b"a\n",
        "is nested deeper than 128 levels",
    ),
    "deep json": ("a.json", b'{"apiVersion":"v1","kind":"Pod","a":' + b"[" * 100_000, "a.json"),
    "deep hcl": ("a.tf", b"locals {\n  a = " + b"[" * 5_000 + b"]" * 5_000 + b"\n}\n", "a.tf:2"),
    "huge": ("a.yaml", sparse, "a.yaml: is larger than 25 MiB"),
    "binary": ("a.yaml", b"apiVersion: v1\nkind: Pod\n\0\1\2", "a.yaml:3: is binary"),
    "not utf-8": ("a.tf", b'locals {\n  a = "\xff\xfe"\n}\n', "a.tf:2: is not UTF-8 text"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_is_one_located_error_and_hides_nothing(name: str, tmp_path: Path) -> None:
    file, content, expected = CASES[name]
    if callable(content):
        content(tmp_path / file)
    else:
        (tmp_path / file).write_bytes(content)
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check(".", cwd=tmp_path, limit="2000000")
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert done.returncode == 2
    assert len(errors) == 1
    assert expected in errors[0]
    assert "readiness-probe-missing" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    allowed = check("--allow-parse-errors", ".", cwd=tmp_path)
    assert allowed.returncode == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_utf_16_are_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(GOOD.encode(encoding))
    (tmp_path / "b.tf").write_bytes('variable "x" {\n  default = 1\n}\n'.encode(encoding))
    (tmp_path / "Dockerfile").write_bytes("FROM alpine:3.20\n".encode(encoding))
    done = check(".", cwd=tmp_path)
    assert done.returncode == 1
    assert "a.yaml:10:11" in done.stdout
    assert " in 3 files " in done.stdout


def test_carriage_returns_move_no_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert "a.yaml:10:11" in check("a.yaml", cwd=tmp_path).stdout


def test_a_broken_document_hides_no_other(tmp_path: Path) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: [\n---\n{GOOD}"
    (tmp_path / "a.yaml").write_text(text)
    done = check("a.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "a.yaml:14:11" in done.stdout


def test_a_template_is_a_note_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Pod\n{{- if .Values.x }}\nspec: {}\n{{- end }}\n"
    )
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check(".", cwd=tmp_path)
    assert done.returncode == 1
    assert "not judged: a.yaml is a template that must be rendered first" in done.stdout


def test_a_chart_that_does_not_render_is_noted_once_and_its_templates_are_no_errors(
    tmp_path: Path,
) -> None:
    templates = tmp_path / "chart" / "templates"
    templates.mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 1.0.0\n")
    (templates / "a.yaml").write_text("{{ if }}\napiVersion: v1\nkind: Pod\n{{ end }}")
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check(".", cwd=tmp_path)
    assert done.stdout.count("not judged: ") == 1
    assert "chart/Chart.yaml was not rendered: " in done.stdout
    assert "missing value for if" in done.stdout


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    done = check("nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no such file or folder: nowhere\n"


@pytest.mark.parametrize("content", ["", "hello: world\n"])
def test_nothing_to_evaluate_is_never_green(content: str, tmp_path: Path) -> None:
    if content:
        (tmp_path / "a.yaml").write_text(content)
    assert check(".", cwd=tmp_path).returncode == 3


def test_standard_input_is_recognised_by_its_content(tmp_path: Path) -> None:
    manifest = check("-", cwd=tmp_path, stdin=GOOD.encode())
    assert (manifest.returncode, "<stdin>:10:11" in manifest.stdout) == (1, True)
    dockerfile = check("-", "-o", "json", cwd=tmp_path, stdin=b'FROM alpine:3.20\nCMD ["a"]\n')
    assert '"docker": 1' in dockerfile.stdout
    hcl = check("-", "-o", "json", cwd=tmp_path, stdin=b'variable "a" {\n  default = 1\n}\n')
    assert '"terraform": 1' in hcl.stdout
    assert check("-", cwd=tmp_path, stdin=b"neither this nor that").returncode == 3


def test_loops_and_broken_links_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "good.yaml").write_text(GOOD)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.yaml").symlink_to(tmp_path / "nowhere")
    done = check(".", cwd=tmp_path)
    assert done.returncode == 2
    assert "1 resource in 1 file " in done.stdout
    assert "error: broken.yaml: is a broken link" in done.stdout


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "good.yaml").write_text(GOOD)
    (inside / "link").symlink_to(outside)
    (inside / "link.yaml").symlink_to(outside / "good.yaml")
    assert check("inside", cwd=tmp_path).returncode == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_one_located_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "a.yaml").chmod(0)
    done = check(".", cwd=tmp_path)
    assert (done.returncode, "error: a.yaml: cannot be read" in done.stdout) == (2, True)


POLICY = """from collections.abc import Iterator
from prodready_infra.sdk import Problem, Workload, rule


@rule(id="{id}", title="t", group="advice", references=["https://example.com"])
def {name}(workload: Workload) -> Iterator[Problem]:
    {body}
"""


def policy(folder: Path, name: str, body: str, id_: str = "SAF901") -> Path:
    place = folder / "policies" / "safety_patterns"
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{name}.py"
    file.write_text(POLICY.format(id=id_, name=name, body=body))
    file.with_suffix(".md").write_text("# t\n")
    return file


@pytest.mark.parametrize(
    ("body", "id_", "expected"),
    [
        ("yield (", "SAF901", r"own_rule\.py:7:\d+: "),
        ("yield 1", "SAF001", r"'SAF001' is taken by .*readiness_probe_missing\.py"),
        ("yield 1", "CAP901", r"own_rule\.py: the id must be SAF and three digits, not CAP901"),
    ],
)
def test_a_broken_policy_is_a_located_error(
    body: str, id_: str, expected: str, tmp_path: Path
) -> None:
    policy(tmp_path, "own_rule", body, id_)
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check("--policies", "policies", "good.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(expected, done.stderr)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000, "0x_", "0b2", "1e999", "-_"])
def test_a_number_that_is_none_ends_nothing(number: str, tmp_path: Path) -> None:
    text = GOOD.replace("spec:\n", f"spec:\n  replicas: {number}\n", 1)
    (tmp_path / "a.yaml").write_text(text.replace("containerPort: 80", f"containerPort: {number}"))
    done = check("a.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "the rule crashed" not in done.stdout


@pytest.mark.parametrize(
    "body",
    [
        "yield Problem(workload.node, ''.join([1]))",
        "yield Problem(workload, 'not at a node')",
        "yield Problem(workload.node, 1)",
    ],
)
def test_a_crashing_rule_is_a_named_verdict_and_the_run_goes_on(body: str, tmp_path: Path) -> None:
    policy(tmp_path, "own_rule", body)
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check("--policies", "policies", "good.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "error[own-rule]: the rule crashed: TypeError at own_rule.py:7" in done.stdout
    assert "readiness-probe-missing" in done.stdout


def test_a_wrong_configuration_is_a_located_error(tmp_path: Path) -> None:
    (tmp_path / "prodready.toml").write_text('tier = "high"\n')
    (tmp_path / "good.yaml").write_text(GOOD)
    done = check("good.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"error: .*prodready\.toml: tier: 'high' is not one of", done.stderr)


def test_a_patch_is_not_judged_and_an_overlay_that_is_not_built_is_noted_with_what_it_builds_on(
    tmp_path: Path,
) -> None:
    for folder in ("base", "middle", "overlay"):
        (tmp_path / folder).mkdir()
    (tmp_path / "base" / "good.yaml").write_text(
        GOOD.replace("spec:\n", "spec:\n  replicas: 3\n", 1)
    )
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [good.yaml]\n")
    (tmp_path / "middle" / "kustomization.yaml").write_text("resources: [../base]\n")
    (tmp_path / "overlay" / "kustomization.yaml").write_text(
        "resources: [../middle, 'https://example.com/more.yaml']\npatches:\n  - path: patch.yaml\n"
    )
    (tmp_path / "overlay" / "patch.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: good}\nspec: {replicas: 5}\n"
    )
    done = check("-v", "--select", "pdb-missing", ".", cwd=tmp_path)
    assert "1 resource in 1 file " in done.stdout
    assert done.stdout.count("not judged: overlay/kustomization.yaml") == 1
    assert "unknown[pdb-missing]" in done.stdout
