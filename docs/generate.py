"""Writes what is derived from the code: rule pages, the catalogue, schemas, and README blocks.

python docs/generate.py           write everything
python docs/generate.py --check   say what differs from what is checked in, and fail
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from prodready_infra.findings import Category
from prodready_infra.readiness.severity import TIERS, severity_table
from prodready_infra.report.contract import schema
from prodready_infra.report.page import markdown
from prodready_infra.rules.catalogue import Catalogue, load
from prodready_infra.rules.rule import Lifecycle, Rule
from prodready_infra.settings import FAIL_ON, Settings

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path("fixtures/projects/shop/input")
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def outputs() -> dict[Path, str]:
    """Every generated file and what it must contain."""
    catalogue = load()
    files = {
        ROOT / "schemas/report.schema.json": json.dumps(schema(), indent=2) + "\n",
        ROOT / "schemas/config.schema.json": json.dumps(config_schema(catalogue), indent=2) + "\n",
        ROOT / "docs/rules/README.md": index(catalogue),
        ROOT / "docs/cli.md": command_reference(),
        ROOT / "docs/check.svg": picture(),
    }
    for rule in catalogue:
        files[ROOT / f"docs/rules/{rule.slug}.md"] = markdown(rule)
    measured = ROOT / "benchmarks/results.md"
    blocks = {
        "catalogue": summary(catalogue),
        "bench": measured.read_text("utf-8") if measured.exists() else "",
    }
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text("utf-8")
        files[ROOT / name] = BLOCK.sub(
            lambda match: match[1] + blocks.get(match[2], "") + match[3], text
        )
    return files


def config_schema(catalogue: Catalogue) -> dict[str, object]:
    """The JSON Schema of ``prodready.toml``."""
    strings = {"type": "array", "items": {"type": "string"}}
    rules = {
        rule.slug: {
            "type": "object",
            "properties": {name: _option(value) for name, value in rule.options.items()},
        }
        for rule in catalogue
        if rule.options
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://prodready-infra.dev/schemas/config-v1.json",
        "title": "prodready-infra configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "select": {**strings, "description": "Only these rules: ids, slugs, prefixes."},
            "ignore": {**strings, "description": "Not these rules."},
            "category": {**strings, "description": "Only the rules of these categories."},
            "exclude": {**strings, "description": "Files to leave out, as in .gitignore."},
            "policies": {**strings, "description": "Folders of policies, relative to this file."},
            "tier": {"enum": list(TIERS)},
            "profile": {"enum": list(severity_table().profiles)},
            "fail-on": {"enum": list(FAIL_ON)},
            "allow-parse-errors": {"type": "boolean"},
            "rules": {
                "type": "object",
                "description": "Options of single rules, by slug.",
                "properties": rules,
                "additionalProperties": {"type": "object"},
            },
        },
    }


def _option(default: object) -> dict[str, object]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": names.get(type(default), "array"), "default": default}


def index(catalogue: Catalogue) -> str:
    """All rules by category, each with its severity at the default tier."""
    table, default = severity_table(), Settings()
    profile = table.profile(default.profile)
    head = f"# Rules\n\nSeverities are those of tier {default.tier}, the default. What good teams"
    rest = (
        "differ about, and what is still experimental, is asked only when it is selected by name."
    )
    parts = [f"{head} {rest}\n"]
    for category in Category:
        rules = [rule for rule in catalogue if rule.category is category]
        rows = "".join(
            _row(rule, "by name")
            if _by_name(rule)
            else _row(rule, str(table.severity(rule, profile, default.tier)))
            for rule in rules
        )
        head = "| id | rule | severity | what is wrong |\n|---|---|---|---|\n"
        parts.append(f"\n## {category.value}\n\n{head}{rows}")
    return "".join(parts)


def _by_name(rule: Rule) -> bool:
    return rule.group == "disputed" or rule.lifecycle is Lifecycle.EXPERIMENTAL


def _row(rule: Rule, severity: str) -> str:
    return f"| {rule.id} | [{rule.slug}]({rule.slug}.md) | {severity} | {rule.title} |\n"


def summary(catalogue: Catalogue) -> str:
    """The table of the README: how many rules each category has, and some of them."""
    named = sum(map(_by_name, catalogue))
    head = f"{len(catalogue)} rules in {len(Category)} categories, {named} of them only by name:"
    lines = [f"{head}\n\n| category | rules | such as |\n|---|---|---|\n"]
    for category in Category:
        rules = [rule for rule in catalogue if rule.category is category]
        settled = [rule for rule in rules if not _by_name(rule)]
        shown = settled[:: max(len(settled) // 5, 1)][:5]
        names = ", ".join(f"[{rule.slug}](docs/rules/{rule.slug}.md)" for rule in shown)
        lines.append(f"| {category.value} | {len(rules)} | {names} |\n")
    return "".join(lines)


def run_cli(*arguments: str, **environment: str) -> str:
    """What the program prints, the same on every machine."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment}
    command = [sys.executable, "-m", "prodready_infra", *arguments]
    return subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, cwd=ROOT, env=clean, check=False
    ).stdout


def command_reference() -> str:
    parts = ["# Command reference\n"]
    for command in ("", "check", "rules", "explain", "inspect", "completion"):
        arguments = [command] if command else []
        title = f"prodready-infra {command}".strip()
        parts.append(f"\n## {title}\n\n```\n{run_cli(*arguments, '--help')}```\n")
    return "".join(parts)


def picture() -> str:
    """The terminal picture of the README: a real run over the shipped example."""
    with tempfile.TemporaryDirectory() as cache:
        output = run_cli("check", str(DEMO), FORCE_COLOR="1", PRODREADY_CACHE_DIR=cache)
    shown = output.split("\n\n")
    console = Console(
        record=True, width=124, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    console.print(Text("$ prodready-infra check ./infra", style="bold"))
    console.print(Text.from_ansi("\n\n".join([*shown[:3], "…", shown[-1]])))
    svg = console.export_svg(title="prodready-infra", unique_id="prodready")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    wanted = outputs()
    for file, content in wanted.items():
        if not file.exists() or file.read_text("utf-8") != content:
            stale.append(file)
            if not check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, "utf-8")
    gone = set((ROOT / "docs/rules").glob("*.md")) - set(wanted)
    for file in sorted(gone):
        stale.append(file)
        if not check:
            file.unlink()
    for file in stale:
        print(f"{'stale' if check else 'wrote'}: {file.relative_to(ROOT)}")  # noqa: T201
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
