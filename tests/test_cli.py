"""The command line: what each option does, told by what the program prints and returns."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prodready_infra.rules.rule import Lifecycle
from tests.support import ROOT, catalogue

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  revisionHistoryLimit: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example.com/web:1.0
          ports: [{containerPort: 80}]
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    return tmp_path


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    cache = str(cwd / ".cache")
    return subprocess.run(
        [sys.executable, "-m", "prodready_infra", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**keep, "PYTHONPATH": str(ROOT), "PRODREADY_CACHE_DIR": cache, **environment},
        check=False,
    )


def failing(*arguments: str, cwd: Path) -> set[str]:
    """The slugs of the open findings."""
    report = json.loads(run("check", "-o", "json", *arguments, cwd=cwd).stdout)
    return {
        verdict["rule"]
        for verdict in report["verdicts"]
        if verdict["outcome"] == "fail" and verdict["suppressed_by"] is None
    }


def test_select_and_ignore_take_ids_slugs_prefixes_and_categories(work: Path) -> None:
    everything = failing("web.yaml", cwd=work)
    assert {"readiness-probe-missing", "no-rollback-history"} <= everything
    for name in ("SAF001", "saf001", "readiness-probe-missing"):
        assert failing("--select", name, "web.yaml", cwd=work) == {"readiness-probe-missing"}
    assert "readiness-probe-missing" in failing("--select", "SAF", "web.yaml", cwd=work)
    assert "readiness-probe-missing" not in failing("--ignore", "SAF001", "web.yaml", cwd=work)
    within = failing("--category", "Safety Patterns", "web.yaml", cwd=work)
    assert within == everything & {r.slug for r in catalogue() if r.id.startswith("SAF")}


def test_an_unknown_rule_is_a_usage_error(work: Path) -> None:
    done = run("check", "--select", "no-such-rule", "web.yaml", cwd=work)
    assert done.returncode == 2
    assert done.stderr == ("error: no rule is called 'no-such-rule' (see: prodready-infra rules)\n")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-on", "blocker"], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "blocker", "--select", "no-rollback-history"], 0),
        (["--fail-on", "warning", "--select", "no-rollback-history"], 1),
        (["--fail-on", "blocker", "--tier", "0", "--select", "no-rollback-history"], 1),
        (["--tier", "2"], 0),
    ],
)
def test_fail_on_and_tier_decide_the_exit_code(work: Path, options: list[str], code: int) -> None:
    for output in ("text", "json", "sarif"):
        assert run("check", *options, "-o", output, "web.yaml", cwd=work).returncode == code


def test_a_profile_changes_what_is_asked(work: Path) -> None:
    assert "readiness-probe-missing" not in failing("--profile", "hobby", "web.yaml", cwd=work)
    done = run("check", "--profile", "best", "web.yaml", cwd=work)
    assert (done.returncode, "there is no profile 'best'" in done.stderr) == (2, True)


def test_the_closest_configuration_wins(work: Path) -> None:
    (work / "prodready.toml").write_text('ignore = ["SAF001"]\n')
    inner = work / "inner"
    inner.mkdir()
    (inner / "web.yaml").write_text(DEPLOYMENT)
    assert "readiness-probe-missing" not in failing("inner", cwd=work)
    (inner / "pyproject.toml").write_text('[tool.prodready]\nfail-on = "never"\n')
    assert "readiness-probe-missing" in failing("inner", cwd=work)
    assert run("check", "inner", cwd=work).returncode == 0
    assert run("check", "--fail-on", "blocker", "inner", cwd=work).returncode == 1


def test_a_rule_takes_its_options_from_the_configuration(work: Path) -> None:
    rule = next(r for r in catalogue() if any(type(v) is int for v in r.options.values()))
    name = next(name for name, value in rule.options.items() if type(value) is int)
    (work / "prodready.toml").write_text(f'[rules.{rule.slug}]\n{name} = "many"\n')
    done = run("check", "web.yaml", cwd=work)
    assert done.returncode == 2
    assert f"{name}" in done.stderr
    (work / "prodready.toml").write_text(f"[rules.{rule.slug}]\n{name} = 9\n")
    assert run("check", "web.yaml", cwd=work).returncode == 1
    (work / "prodready.toml").write_text("[rules.no-such-rule]\nx = 1\n")
    assert "no-such-rule" in run("check", "web.yaml", cwd=work).stderr
    (work / "prodready.toml").write_text(f"[rules.{rule.id}]\n{name} = 9\n")
    assert f"'{rule.id}', which is no rule's slug" in run("check", "web.yaml", cwd=work).stderr


def test_several_outputs_in_one_run(work: Path) -> None:
    done = run("check", "-o", "text", "-o", "json=a.json", "-o", "sarif=a.sarif", ".", cwd=work)
    assert "readiness-probe-missing" in done.stdout
    assert json.loads((work / "a.json").read_text())["version"] == "prodready/v1"
    assert json.loads((work / "a.sarif").read_text())["version"] == "2.1.0"
    both = run("check", "-o", "text", "-o", "json", ".", cwd=work)
    assert (both.returncode, both.stdout) == (2, "")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_of_the_locale_will_do(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "days" {\n  default = 0\n}\n'
        'resource "aws_db_instance" "a" {\n  backup_retention_period = var.days\n}\n'
    )
    done = run("check", "main.tf", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert "← var.days (main.tf:1)" in done.stdout


def test_overlapping_paths_are_read_once(work: Path) -> None:
    once, twice = (run("check", *paths, cwd=work).stdout for paths in (["."], [".", "web.yaml"]))
    assert once == twice


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals(
    work: Path, environment: dict[str, str], *, coloured: bool
) -> None:
    done = run("check", "web.yaml", cwd=work, **environment)
    assert ("\x1b[" in done.stdout) == coloured


def suppressed(comment: str, work: Path, *options: str) -> tuple[set[str], dict[str, Any]]:
    text = DEPLOYMENT.replace("revisionHistoryLimit: 0", f"revisionHistoryLimit: 0  # {comment}")
    (work / "web.yaml").write_text(text)
    done = run("check", "-o", "json", *options, "web.yaml", cwd=work)
    report = json.loads(done.stdout)
    open_ = {v["rule"] for v in report["verdicts"] if not v["suppressed_by"]}
    return open_, report["summary"]


def test_a_suppression_needs_a_reason_and_expires(work: Path) -> None:
    good = 'prodready: ignore=no-rollback-history reason="history is kept by Argo CD"'
    open_, summary = suppressed(good, work)
    assert "no-rollback-history" not in open_
    assert (summary["suppressed"], summary["suppression_defects"]) == (1, [])
    assert "no-rollback-history" in suppressed(good, work, "--no-ignores")[0]
    for comment, defect in {
        "prodready: ignore=no-rollback-history": "gives no reason",
        f"{good} expires=2001-01-01": "expired on 2001-01-01",
        f"{good} expires=soon": "is no date",
        'prodready: ignore=no-such-rule reason="x"': "there is no rule 'no-such-rule'",
    }.items():
        open_, summary = suppressed(comment, work)
        assert "no-rollback-history" in open_
        assert defect in summary["suppression_defects"][0]["message"]


@pytest.mark.parametrize("name", ["no-rollback-history", "SAF007", "saf007"])
def test_a_suppression_names_its_rule_as_select_does(work: Path, name: str) -> None:
    open_, summary = suppressed(f'prodready: ignore={name} reason="x"', work)
    assert "no-rollback-history" not in open_
    assert summary["suppression_defects"] == []


def test_an_unused_suppression_is_reported(work: Path) -> None:
    comment = 'prodready: ignore=strategy-not-rolling reason="x"'
    _, summary = suppressed(comment, work)
    assert "suppresses nothing" in summary["suppression_defects"][0]["message"]
    _, summary = suppressed(comment, work, "--select", "SAF001")
    assert summary["suppression_defects"] == []


def test_a_comment_above_a_block_covers_it(work: Path) -> None:
    lines = DEPLOYMENT.splitlines()
    at = next(i for i, line in enumerate(lines) if "containers:" in line)
    lines.insert(at, '      # prodready: ignore=readiness-probe-missing reason="no traffic yet"')
    (work / "web.yaml").write_text("\n".join(lines) + "\n")
    assert "readiness-probe-missing" not in failing("web.yaml", cwd=work)


@pytest.mark.parametrize(
    "annotation",
    [
        'prodready-infra.dev/ignore: "readiness-probe-missing: no traffic yet"',
        "ignore-check.kube-linter.io/no-readiness-probe: no traffic yet",
        'checkov.io/skip1: "CKV_K8S_9=no traffic yet"',
        'polaris.fairwinds.com/readinessProbeMissing-exempt: "true"',
        "kube-score/ignore: pod-probes",
    ],
)
def test_annotations_of_ours_and_of_others_count(work: Path, annotation: str) -> None:
    text = DEPLOYMENT.replace(
        "metadata: {name: web}", f"metadata:\n  name: web\n  annotations:\n    {annotation}"
    )
    (work / "web.yaml").write_text(text)
    assert "readiness-probe-missing" not in failing("web.yaml", cwd=work)
    assert "readiness-probe-missing" in failing("--no-ignores", "web.yaml", cwd=work)


@pytest.mark.parametrize(
    ("target", "accepted"),
    [
        ("readiness-probe-missing[web]", True),
        ("readiness-probe-missing[other]", False),
        ("readiness-probe-missing@spec.template.spec.containers[web]", True),
        ("readiness-probe-missing@spec.template.spec.containers[0]", True),
        ("readiness-probe-missing@spec.template.spec.containers[1]", False),
        ("readiness-probe-missing@spec.replicas", False),
    ],
)
def test_an_annotation_may_speak_of_one_container_or_one_path(
    work: Path, target: str, *, accepted: bool
) -> None:
    annotation = f'prodready-infra.dev/ignore: "{target}: no traffic yet"'
    text = DEPLOYMENT.replace(
        "metadata: {name: web}", f"metadata:\n  name: web\n  annotations:\n    {annotation}"
    )
    (work / "web.yaml").write_text(text)
    assert ("readiness-probe-missing" not in failing("web.yaml", cwd=work)) == accepted


def test_rules_lists_what_a_profile_asks(tmp_path: Path) -> None:
    lines = run("rules", cwd=tmp_path).stdout.splitlines()
    settled = [rule for rule in catalogue() if rule.lifecycle is not Lifecycle.EXPERIMENTAL]
    asked = [rule for rule in settled if rule.group != "disputed"]
    assert len(lines) == len(asked)
    assert lines == sorted(lines)
    assert "writable-rootfs" in run("rules", "--select", "writable-rootfs", cwd=tmp_path).stdout
    data = json.loads(run("rules", "--json", "--select", "SAF001", cwd=tmp_path).stdout)
    assert [rule["slug"] for rule in data] == ["readiness-probe-missing"]


@pytest.mark.parametrize("name", ["SAF001", "readiness-probe-missing", "checkov:CKV_K8S_9"])
def test_explain_shows_the_page_without_marks(tmp_path: Path, name: str) -> None:
    done = run("explain", name, cwd=tmp_path)
    assert done.stdout.startswith("# Container takes traffic without a readiness probe\n")
    assert "# finding" not in done.stdout


def test_inspect_shows_values_unknowns_and_relations(work: Path) -> None:
    (work / "main.tf").write_text(
        'variable "size" {}\n'
        "locals {\n  days = 3\n}\n"
        'resource "aws_db_instance" "a" {\n'
        "  allocated_storage       = var.size\n"
        "  backup_retention_period = local.days\n"
        '  password                = "hunter2-hunter2"\n}\n'
        'resource "aws_sns_topic" "b" {\n  name = aws_db_instance.a.id\n}\n'
        'resource "aws_secretsmanager_secret_version" "c" {\n  secret_string = "blue-otter"\n}\n'
    )
    done = run("inspect", "-o", "json", "--provenance", ".", cwd=work)
    data = json.loads(done.stdout)
    database = next(r for r in data["resources"] if r["kind"] == "aws_db_instance")
    assert database["values"] == {
        "allocated_storage": {"$unknown": "var.size has no value"},
        "backup_retention_period": 3,
        "password": {"$redacted": "it may be a secret"},
    }
    assert database["provenance"]["backup_retention_period"] == [
        {"label": "local.days", "path": "main.tf", "line": 3}
    ]
    assert data["resources"][-1]["values"] == {"secret_string": {"$redacted": "it may be a secret"}}
    relation = {"from": "aws_sns_topic.b", "relation": "refers to", "to": "aws_db_instance.a"}
    assert relation in data["relations"]
    assert (
        '"aws_sns_topic.b" -> "aws_db_instance.a"' in run("inspect", "-o", "dot", cwd=work).stdout
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell: str) -> None:
    done = run("completion", shell, cwd=tmp_path)
    assert (done.returncode, "_PRODREADY_INFRA_COMPLETE" in done.stdout) == (0, True)


def test_ignore_files_and_exclude_leave_files_out(work: Path) -> None:
    for name in ("kept", "ignored", "excluded"):
        (work / name).mkdir()
        (work / name / "web.yaml").write_text(
            DEPLOYMENT.replace("name: web}", f"name: {name}}}", 1)
        )
    (work / ".prodreadyignore").write_text("ignored/\n/web.yaml\n")
    done = run("inspect", "--exclude", "excluded", cwd=work)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["Deployment/kept"]


def test_a_report_is_the_same_from_every_run(work: Path) -> None:
    runs = [run("check", "--no-cache", "-o", "json", ".", cwd=work).stdout for _ in range(3)]
    assert len(set(runs)) == 1


def test_paths_are_told_from_the_working_directory(work: Path) -> None:
    absolute = run("check", "--no-cache", "-o", "json", str(work), cwd=work).stdout
    report = json.loads(absolute)
    assert {place["path"] for v in report["verdicts"] for place in v["locations"]} == {"web.yaml"}


def test_completion_completes_options(work: Path) -> None:
    done = run(
        cwd=work,
        _PRODREADY_INFRA_COMPLETE="bash_complete",
        COMP_WORDS="prodready-infra check --fail",
        COMP_CWORD="2",
    )
    assert done.stdout == "plain,--fail-on\n"


INVENTORY_RULE = """from collections.abc import Iterator
from prodready_infra.sdk import Inventory, Lifecycle, Problem, rule


@rule(
    id="CAP901",
    title="too many workloads in one scan",
    group="{group}",
    lifecycle=Lifecycle.{lifecycle},
)
def too_many_workloads(inventory: Inventory, *, limit: int = 0) -> Iterator[Problem]:
    if len(inventory.workloads) > limit:
        yield Problem(inventory.workloads[0].node, f"{{len(inventory.workloads)}} workloads")
"""


@pytest.mark.parametrize(
    ("lifecycle", "group", "asked"),
    [
        ("STABLE", "a-group-of-ours", True),
        ("STABLE", "disputed", False),
        ("EXPERIMENTAL", "a-group-of-ours", False),
    ],
)
def test_own_policies_are_loaded_as_the_shipped_ones(
    work: Path, lifecycle: str, group: str, *, asked: bool
) -> None:
    folder = work / "ours" / "capacity"
    folder.mkdir(parents=True)
    (folder / "too_many_workloads.py").write_text(
        INVENTORY_RULE.format(lifecycle=lifecycle, group=group)
    )
    (folder / "too_many_workloads.md").write_text("# Too many\n\n## How to fix\n\nRun fewer.\n")
    own = ("--policies", "ours", "web.yaml")
    assert ("too-many-workloads" in failing(*own, cwd=work)) == asked
    sarif = run("check", "-o", "sarif", "--select", "CAP901", *own, cwd=work).stdout
    assert "helpUri" not in json.loads(sarif)["runs"][0]["tool"]["driver"]["rules"][0]
    assert failing("--select", "CAP901", *own, cwd=work) == {"too-many-workloads"}
    config = 'policies = ["ours"]\n[rules.too-many-workloads]\nlimit = 5\n'
    (work / "prodready.toml").write_text(config)
    assert failing("--select", "CAP901", "web.yaml", cwd=work) == set()


NAMES_RULE = """from collections.abc import Iterator
from prodready_infra.sdk import Problem, Resource, UnknownValue, rule


@rule(id="CAP902", title="names are told", group="advice", kinds=["aws_s3_bucket"])
def names_are_told(bucket: Resource) -> Iterator[Problem]:
    name = bucket.get("bucket")
    if bucket.name == "doubtful":
        raise UnknownValue(f"{name.text()} may be anything")
    yield Problem(name, f"its name is {name.text()}", ((name, f"here: {name.text()}"),))
"""


def test_what_sensitive_variables_hold_is_shown_nowhere(work: Path) -> None:
    folder = work / "ours" / "capacity"
    folder.mkdir(parents=True)
    (folder / "names_are_told.py").write_text(NAMES_RULE)
    (folder / "names_are_told.md").write_text("# Names\n\n## How to fix\n\nDo not.\n")
    bucket = 'resource "aws_s3_bucket" "{}" {{\n  bucket = "x-${{var.suffix}}"\n}}\n'
    variable = 'variable "suffix" {\n  sensitive = true\n}\n'
    text = variable + bucket.format("plain") + bucket.format("doubtful")
    (work / "main.tf").write_text(text)
    asked = ("--policies", "ours", "main.tf", "--var", "suffix=quiet-otter")
    for output in ("text", "json", "sarif"):
        done = run("check", "-v", "--select", "CAP902", "-o", output, *asked, cwd=work)
        assert "its name is x-(redacted)" in done.stdout
        assert "otter" not in done.stdout + done.stderr
    done = run("inspect", "-o", "json", *asked[2:], cwd=work)
    assert "x-(redacted)" in done.stdout
    assert "otter" not in done.stdout


def test_a_single_terraform_file_is_judged_alone_with_its_folder_in_mind(work: Path) -> None:
    bucket = 'resource "aws_s3_bucket" "{0}" {{\n  bucket = "{0}"\n}}\n'
    (work / "main.tf").write_text(bucket.format("orders"))
    versioning = (
        'resource "aws_s3_bucket_versioning" "orders" {\n  bucket = aws_s3_bucket.orders.id\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    (work / "more.tf").write_text(bucket.format("parcels") + versioning)
    assert failing("--select", "s3-versioning", "main.tf", cwd=work) == set()
    assert failing("--select", "s3-versioning", "more.tf", cwd=work) == {"s3-versioning"}


DATABASE = """
variable "days" {
  type = number
}
variable "copies" {}
resource "aws_db_instance" "a" {
  count                   = var.copies
  backup_retention_period = var.days
}
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text(DATABASE)
    (tmp_path / "none.tfvars").write_text("days = 0\n")
    (tmp_path / "many.json").write_text('{"days": 30, "nobody": 1}')
    return tmp_path


NONE, MANY = ("--var-file", "none.tfvars"), ("--var-file", "many.json")


@pytest.mark.parametrize(
    ("options", "environment", "source"),
    [
        (["--var", "days=0"], {}, ("--var on the command line", "")),
        ([], {"TF_VAR_days": "0"}, ("TF_VAR_days in the environment", "")),
        ([*NONE], {"TF_VAR_days": "30"}, ("days is set", "none.tfvars")),
        ([*MANY, *NONE], {}, ("days is set", "none.tfvars")),
        ([*NONE, *MANY], {}, None),
        (["--var", "days=30", *NONE], {}, ("days is set", "none.tfvars")),
        ([*NONE, "--var", "days=30"], {}, None),
        ([*MANY, "--var=days=30", "--var", "days=0"], {}, ("--var on the command line", "")),
    ],
)
def test_variables_are_given_as_to_terraform(
    database: Path,
    options: list[str],
    environment: dict[str, str],
    source: tuple[str, str] | None,
) -> None:
    asked = ["--select", "rds-backup-retention", "--var", "copies=1", *options, "main.tf"]
    done = run("check", "-o", "json", *asked, cwd=database, **environment)
    found = json.loads(done.stdout)["verdicts"]
    places = [[(p["label"], p["path"]) for p in verdict["provenance"]] for verdict in found]
    assert places == ([[("var.days", "main.tf"), source]] if source else [])
    text = run("check", "-o", "text", *asked, cwd=database, **environment).stdout
    if source:
        assert f"← {source[0]}" in text
        assert "(:0)" not in text
    sarif = run("check", "-o", "sarif", *asked, cwd=database, **environment).stdout
    assert '"uri": ""' not in sarif
    shown = json.loads(run("inspect", "-o", "json", *asked[2:], cwd=database, **environment).stdout)
    instance = next(r for r in shown["resources"] if r["kind"] == "aws_db_instance")
    assert instance["values"]["backup_retention_period"] == (0 if source else 30)


def test_a_report_is_remembered_for_its_variables_only(database: Path) -> None:
    asked = ("--select", "rds-backup-retention", "main.tf", "--var", "copies=1")
    assert failing(*asked, "--var", "days=0", cwd=database) == {"rds-backup-retention"}
    assert failing(*asked, "--var", "days=30", cwd=database) == set()
    assert failing(*asked, *NONE, cwd=database) == {"rds-backup-retention"}
    (database / "none.tfvars").write_text("days = 30\n")
    assert failing(*asked, *NONE, cwd=database) == set()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--var", "dais=1"], "error: --var dais: no root module declares this variable\n"),
        (["--var", "days"], "error: --var days: expected NAME=VALUE\n"),
        (["--var", "=1"], "error: --var =1: expected NAME=VALUE\n"),
        (["--var", "list=[1"], "error: --var list: the value is no expression\n"),
        (["--var-file", "gone.tfvars"], "File 'gone.tfvars' does not exist.\n"),
    ],
)
def test_variables_that_terraform_refuses_are_a_usage_error(
    database: Path, options: list[str], message: str
) -> None:
    (database / "list.tf").write_text('variable "list" {\n  type = list(number)\n}\n')
    done = run("check", *options, ".", cwd=database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(message)


def test_a_variable_is_set_in_the_root_modules_that_declare_it(database: Path) -> None:
    (database / "other").mkdir()
    (database / "other/main.tf").write_text('variable "more" {}\n')
    assert run("check", "--var", "more=1", ".", cwd=database).stderr == ""


def test_a_finding_in_instances_that_nobody_can_count_is_a_possible_one(database: Path) -> None:
    asked = ("--select", "rds-backup-retention", "--var", "days=0", "main.tf")
    report = json.loads(run("check", "-o", "json", *asked, cwd=database).stdout)
    verdict = report["verdicts"][0]
    assert verdict["resource"]["address"] == "aws_db_instance.a[*]"
    assert verdict["message"].startswith("possibly: ")
    certain = run("check", "-o", "json", "--var", "copies=1", *asked, cwd=database).stdout
    assert "possibly" not in certain


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on PATH")
def test_what_git_tracks_is_judged_although_it_is_ignored(work: Path) -> None:
    for name in ("kept", "left"):
        (work / name).mkdir()
        (work / name / "web.yaml").write_text(DEPLOYMENT)
    (work / ".gitignore").write_text("kept\nleft\n/web.yaml\n")
    for command in (["init", "-q"], ["add", "-f", "kept/web.yaml"]):
        subprocess.run(["git", *command], cwd=work, check=True)
    done = run("inspect", "-o", "text", ".", cwd=work)
    assert [line.rpartition(" ")[2] for line in done.stdout.splitlines()] == ["kept/web.yaml:1"]
