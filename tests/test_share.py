"""Judging in two processes gives what judging in one gives."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodready_infra.engine import share
from prodready_infra.engine.judge import Judge
from prodready_infra.engine.suppress import collect
from prodready_infra.findings import Severity, Verdict
from prodready_infra.sources.scan import scan
from tests.support import FIXTURES, catalogue

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not fork")
RULES = list(catalogue())


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch) -> Judge:
    monkeypatch.chdir(FIXTURES / "projects" / "shop")
    found = scan(["input"])
    today = dt.datetime.now(dt.UTC).date()
    suppressions = collect(found.comments, found.inventory, catalogue(), today)
    return Judge(found.inventory, lambda _: Severity.WARNING, {}, suppressions)


def keeps(verdict: Verdict) -> bool | None:
    return None if verdict.path.endswith("Dockerfile") else str(verdict.outcome) == "fail"


def told(judging: Judge, size: int) -> tuple[list[Verdict], dict[str, int], set[str], list[bool]]:
    kept: list[Verdict] = []
    others: dict[str, int] = {}
    kinds: set[str] = set()
    for found in share.judged(judging, RULES, size, keeps):
        kept += found.kept
        kinds |= found.kinds
        for outcome, number in found.others.items():
            others[outcome] = others.get(outcome, 0) + number
    return kept, others, kinds, judging.served()


def forks(monkeypatch: pytest.MonkeyPatch, *, dying: bool = False) -> list[int]:
    """Lets it fork wherever it runs, and counts."""
    made: list[int] = []
    fork = os.fork

    def counted() -> int:
        process = fork()
        if process == 0 and dying:
            os._exit(1)
        made.append(process)
        return process

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(share, "_may_fork", lambda: True)
    return made


@pytest.mark.parametrize("dying", [False, True])
def test_two_processes_find_what_one_finds(
    judging: Judge, monkeypatch: pytest.MonkeyPatch, *, dying: bool
) -> None:
    made = forks(monkeypatch, dying=dying)
    shared = told(judging, share.WORTHWHILE)
    assert len(made) == 1
    assert any(shared[3]), "a suppression has served"
    assert told(judging, 0) == shared
    assert len(made) == 1
    assert len(shared[0]) > 20


def test_a_small_inventory_is_judged_alone(judging: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    made = forks(monkeypatch)
    told(judging, share.WORTHWHILE - 1)
    assert made == []


def test_a_large_tree_is_judged_by_the_program(tmp_path: Path) -> None:
    numbers = range(share.WORTHWHILE // 2)
    kinds = ("aws_s3_bucket", "aws_sqs_queue")
    text = "".join(f'resource "{kind}" "a{n}" {{}}\n' for n in numbers for kind in kinds)
    (tmp_path / "main.tf").write_text(text)
    asked = ["check", "--no-cache", "--select", "s3-versioning", "-o", "json", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "prodready_infra", *asked], capture_output=True, check=False
    )
    report = json.loads(done.stdout)
    addresses = [verdict["resource"]["address"] for verdict in report["verdicts"]]
    assert len(set(addresses)) == len(addresses) == share.WORTHWHILE // 2
