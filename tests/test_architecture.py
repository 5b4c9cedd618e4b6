"""The shape of the code: layers, what policies may import, sizes, and what start-up loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodready_infra import sdk
from tests.support import ROOT

PACKAGE = ROOT / "prodready_infra"
POLICIES = sorted(p for p in (ROOT / "policies").rglob("*.py") if "checkov" not in p.parts)
LAYERS = {
    "errors": 0,
    "findings": 0,
    "paths": 0,
    "settings": 0,
    "model": 1,
    "rules": 2,
    "sdk": 2,
    "sources": 3,
    "compare": 4,
    "engine": 4,
    "readiness": 4,
    "imports": 5,
    "report": 5,
    "cli": 6,
    "__main__": 7,
    "__version__": 0,
}
# These run inside Checkov's environment, where nothing of ours is installed.
STANDARD_LIBRARY_ONLY = ("model", "rules", "sdk", "errors", "findings", "paths")
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400
EVERYTHING = [
    ("inventory", "resources"),
    ("inventory", "workloads"),
    ("inventory", "containers"),
]


def layer_of(module: str) -> int:
    return LAYERS[module.split(".")[1]] if "." in module else 0


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "prodready_infra"
            yield from (f"{node.module}.{a.name}" if whole else node.module for a in node.names)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_imports_only_downwards(path: Path) -> None:
    own = module_name(path)
    if own == "prodready_infra":
        return
    for name in imported(path):
        if name.startswith("prodready_infra."):
            same_package = name.split(".")[1] == own.split(".")[1]
            assert same_package or layer_of(name) <= layer_of(own), f"{own} imports {name}"


@pytest.mark.parametrize("path", POLICIES, ids=short)
def test_a_policy_imports_the_sdk_and_the_standard_library(path: Path) -> None:
    for name in imported(path):
        top = name.split(".")[0]
        assert name == "prodready_infra.sdk" or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_the_lower_layers_need_nothing_installed(path: Path) -> None:
    if module_name(path).split(".")[1:2] and module_name(path).split(".")[1] in (
        STANDARD_LIBRARY_ONLY
    ):
        for name in imported(path):
            top = name.split(".")[0]
            assert top == "prodready_infra" or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("path", [*MODULES, *POLICIES], ids=short)
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_sdk_is_sorted_and_complete() -> None:
    assert sdk.__all__ == sorted(sdk.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(sdk, name) for name in sdk.__all__)


def test_starting_loads_no_parser_no_rule_and_no_client() -> None:
    code = "import sys, prodready_infra.cli; print('\\n'.join(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    heavy = ("yaml", "tree_sitter", "jsonschema", "rich", "jinja2", "kubernetes", "pathspec")
    assert not [name for name in output if name.split(".")[0] in heavy]
    assert not [name for name in output if name.startswith("prodready_infra.rules")]


def test_every_relation_is_an_index() -> None:
    """Only what builds an index, a function of the inventory alone, may look at everything."""
    for path in POLICIES:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and len(function.args.args) > 1:
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                        looked_at = (node.value.id, node.attr)
                        assert looked_at not in EVERYTHING, f"{path.name}:{node.lineno}"
