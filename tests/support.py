"""What the table-driven tests share: reading a text or a path, and judging it with one rule."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prodready_infra.engine.judge import Judge
from prodready_infra.findings import Outcome, Severity, Verdict
from prodready_infra.model.inventory import Inventory
from prodready_infra.rules.catalogue import Catalogue, load
from prodready_infra.rules.rule import Rule
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.docker.read import read_dockerfile_batch
from prodready_infra.sources.kubernetes.read import read_manifests
from prodready_infra.sources.scan import scan, terraform_text

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"

READERS = {
    "yaml": read_manifests,
    "json": read_manifests,
    "hcl": terraform_text,
    "dockerfile": read_dockerfile_batch,
}


@cache
def catalogue() -> Catalogue:
    return load()


def read_text(language: str, text: str) -> Batch:
    return READERS[language](text, f"example.{language}")


def inventory_of(batch: Batch) -> Inventory:
    return Inventory(batch.resources, batch.stages)


def read_path(path: Path) -> Inventory:
    """A file or a folder; a Terraform file without its neighbours, which are other cases."""
    if path.suffix == ".tf":
        batch = terraform_text(path.read_text(), str(path))
        return Inventory(batch.resources, batch.stages, batch.gaps)
    return scan([str(path)]).inventory


def judge(
    rule: Rule, inventory: Inventory, options: Mapping[str, Any] | None = None
) -> list[Verdict]:
    judging = Judge(inventory, lambda _: Severity.WARNING, {rule.slug: options or {}})
    return list(judging.verdicts([rule]))


def failing_lines(verdicts: list[Verdict]) -> list[int]:
    return sorted(v.locations[0].line for v in verdicts if v.outcome is Outcome.FAIL)
