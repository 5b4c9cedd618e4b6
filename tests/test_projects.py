"""Whole small systems through the real program: golden reports in every format."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support import FIXTURES, ROOT

PROJECTS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())
FORMATS = {"text": "report.txt", "json": "report.json", "sarif": "report.sarif"}
ACCEPT = bool(os.environ.get("PRODREADY_ACCEPT"))
# Made-up secrets that stand in the projects: none of them may be printed anywhere.
CANARIES = ("kV7-brine-Otter-Qz3", "tk5f1c9QxLm2Wd8vPz", "Xk29-brine-77-Wq")


def program(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    clean = {
        **keep,
        "PYTHONPATH": str(ROOT),
        "PRODREADY_CACHE_DIR": str(cwd / ".no"),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "prodready_infra", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=clean,
        check=False,
    )


def check(project: Path, output: str, *options: str) -> subprocess.CompletedProcess[str]:
    return program("check", "--no-cache", "-o", output, *options, "input", cwd=project)


def comparable(output: str, content: str) -> Any:
    """Without what changes with every release or every rule."""
    if output == "text":
        return content
    data = json.loads(content)
    if output == "json":
        data["tool"]["version"] = data["ruleset"]["digest"] = "…"
    else:
        driver = data["runs"][0]["tool"]["driver"]
        driver["version"] = driver["semanticVersion"] = "…"
    return data


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_the_report_is_the_recorded_one(project: Path, output: str) -> None:
    actual = check(project, output).stdout
    file = project / "expected" / FORMATS[output]
    if ACCEPT:
        shown = comparable(output, actual)
        text = shown if output == "text" else json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
        file.write_text(text, "utf-8")
    assert comparable(output, actual) == comparable(output, file.read_text("utf-8"))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_json_fits_its_schema(project: Path) -> None:
    schema = json.loads((ROOT / "schemas/report.schema.json").read_text())
    report = json.loads(check(project, "json", "--include-passes").stdout)
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert report["summary"]["outcomes"]["pass"] == sum(
        verdict["outcome"] == "pass" for verdict in report["verdicts"]
    )


@pytest.mark.parametrize("output", [*FORMATS, "inspect-json", "inspect-text", "inspect-dot"])
@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_no_secret_is_ever_written(project: Path, output: str) -> None:
    if output.startswith("inspect"):
        kind = output.partition("-")[2]
        done = program("inspect", "-o", kind, "--provenance", "input", cwd=project)
    else:
        done = check(project, output, "--verbose", "--no-ignores")
    assert done.stdout
    for canary in CANARIES:
        assert canary not in done.stdout + done.stderr


def test_the_example_fails_and_the_ready_one_passes() -> None:
    assert check(FIXTURES / "projects/shop", "text").returncode == 1
    assert check(FIXTURES / "projects/ready", "text").returncode == 0


def test_a_second_run_recalls_the_report(tmp_path: Path) -> None:
    cache = {"PRODREADY_CACHE_DIR": str(tmp_path / "cache")}
    project = FIXTURES / "projects/shop"
    first = program("check", "input", cwd=project, **cache)
    assert list((tmp_path / "cache").glob("*.json"))
    second = program("check", "-v", "input", cwd=project, **cache)
    assert "judging" not in second.stderr
    again = program("check", "input", cwd=project, **cache)
    assert (again.stdout, again.returncode) == (first.stdout, first.returncode)
    stored = "".join(file.read_text() for file in (tmp_path / "cache").glob("*.json"))
    assert not [canary for canary in CANARIES if canary in stored]


def test_a_link_that_broke_since_is_no_recalled_report(tmp_path: Path) -> None:
    cache = {"PRODREADY_CACHE_DIR": str(tmp_path / "cache")}
    scanned = tmp_path / "scanned"
    scanned.mkdir()
    (scanned / "Dockerfile").write_text("FROM alpine:3.20\n")
    codes = [program("check", "--fail-on", "never", "scanned", cwd=tmp_path, **cache).returncode]
    (scanned / "a.yaml").symlink_to("nowhere")
    codes += [program("check", "--fail-on", "never", "scanned", cwd=tmp_path, **cache).returncode]
    assert codes == [0, 2]


def test_a_changed_file_is_judged_anew(tmp_path: Path) -> None:
    cache = {"PRODREADY_CACHE_DIR": str(tmp_path / "cache")}
    manifest = tmp_path / "pod.yaml"
    text = (FIXTURES / "projects/shop/input/k8s/mailer.yaml").read_text()
    manifest.write_text(text)
    before = program("check", "-o", "json", "pod.yaml", cwd=tmp_path, **cache)
    manifest.write_text(text.replace("revisionHistoryLimit: 0", "revisionHistoryLimit: 5"))
    after = program("check", "-o", "json", "pod.yaml", cwd=tmp_path, **cache)
    assert "no-rollback-history" in before.stdout
    assert "no-rollback-history" not in after.stdout
