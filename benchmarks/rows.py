"""What is measured, and what it may cost. The one place that knows our own command line."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Command

PROGRAM = "prodready-infra"
# Another program than the one beside this interpreter, or the first on PATH.
PROGRAM_VARIABLE = "PRODREADY_COMMAND"
CHECK = ("check",)
COLD = ("check", "--no-cache")
# The cache lies in the scanned tree or where the system keeps a user's caches: both are ours here.
CACHE_IN_TREE = ".prodready-cache"
CACHE_HOME_VARIABLES = ("XDG_CACHE_HOME", "PRODREADY_CACHE_DIR")

DOUBLING = 2.3  # linear growth is 2; what is left is room for noise, not for comparing all pairs


@dataclass(frozen=True)
class Budget:
    """What a line may cost: absolutely, against peers, or against an earlier line of its row."""

    seconds: float | None = None
    megabytes: float | None = None
    times_faster: dict[str, float] = field(default_factory=dict)
    reference: str = ""
    at_most: float = 0
    of_cpu: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the table. Lines of one row are measured in turn."""

    key: str
    row: str
    title: str
    arguments: tuple[str, ...]
    tree: str = ""
    scale: float = 1.0
    kind: str = ""
    peers: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)
    forget_first: bool = False

    def command(self, tree: Path, cache: Path) -> Command:
        """Our own command for this line; ``cache`` is where it may keep things between runs."""
        argv = (program(), *self.arguments, *([str(tree)] if self.tree else []))
        environment = {name: str(cache) for name in CACHE_HOME_VARIABLES}
        before = _forgetter(tree, cache) if self.forget_first else None
        return Command(argv, environment, before)


def program() -> str:
    beside = Path(sys.executable).parent / PROGRAM
    fallback = str(beside) if beside.exists() else shutil.which(PROGRAM) or PROGRAM
    return os.environ.get(PROGRAM_VARIABLE) or fallback


def _forgetter(tree: Path, cache: Path) -> Callable[[], None]:
    def forget() -> None:
        for folder in (cache, tree / CACHE_IN_TREE):
            shutil.rmtree(folder, ignore_errors=True)

    return forget


def _growth(objects: int, reference: str) -> Line:
    limit = Budget(reference=reference, at_most=DOUBLING, of_cpu=True) if reference else Budget()
    title = f"growth: {objects:,} objects"
    return Line(
        f"growth-{objects}", "growth", title, COLD, "objects", objects / 20_000, budget=limit
    )


START = Budget(seconds=0.15)
LINES = (
    Line("version", "start", "`--version`", ("--version",), budget=START),
    Line("help", "start", "`--help`", ("--help",), budget=START),
    Line(
        "one",
        "one",
        "one 10-line manifest, cold",
        COLD,
        "one",
        kind="manifests",
        peers=("checkov", "trivy"),
        budget=Budget(seconds=0.30, megabytes=60),
    ),
    Line(
        "manifests",
        "manifests",
        "250 manifests",
        COLD,
        "manifests",
        kind="manifests",
        peers=("checkov", "trivy"),
        budget=Budget(times_faster={"checkov": 8, "trivy": 20}),
    ),
    Line(
        "crds",
        "crds",
        "5.6 MB of manifests, mostly CRDs",
        COLD,
        "crds",
        kind="manifests",
        peers=("checkov", "trivy"),
        budget=Budget(times_faster={"checkov": 20}),
    ),
    Line(
        "terraform",
        "terraform",
        "0.5 MB of nested Terraform modules",
        COLD,
        "terraform",
        kind="terraform",
        peers=("checkov", "trivy"),
        budget=Budget(times_faster={"checkov": 40, "trivy": 2}),
    ),
    Line(
        "dockerfiles",
        "dockerfiles",
        "1,000 Dockerfiles",
        COLD,
        "dockerfiles",
        kind="dockerfiles",
        peers=("checkov", "trivy", "hadolint"),
        budget=Budget(seconds=3),
    ),
    Line("first", "unchanged", "mixed tree, first run", CHECK, "mixed", forget_first=True),
    Line(
        "second",
        "unchanged",
        "mixed tree, unchanged, second run",
        CHECK,
        "mixed",
        budget=Budget(reference="first", at_most=0.25),
    ),
    _growth(5_000, ""),
    _growth(10_000, "growth-5000"),
    _growth(20_000, "growth-10000"),
)
ROWS = tuple(dict.fromkeys(line.row for line in LINES))
