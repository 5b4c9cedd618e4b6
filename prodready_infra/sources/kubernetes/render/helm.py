"""Helm, as whatever the machine has of it: the library of the ``[render]`` extra, or the program.

Both render offline and give the same: templates by their path, with the text they became.
"""

import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

from prodready_infra.sources.kubernetes.render import helm_worker
from prodready_infra.sources.kubernetes.render.process import (
    TIME_LIMIT,
    RenderError,
    environment,
    limit,
    run,
    said,
)

# What charts are told that they run on: a release that is supported when this is written, instead
# of whichever one the program was built with.
_KUBERNETES = "v1.34.0"
_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Request:
    """A chart's folder, the release's name and namespace, and texts of values, last one first."""

    chart: str
    name: str
    namespace: str
    values: tuple[str, ...] = ()


class Renderer(Protocol):
    """What renders one chart after the other; used in a ``with`` statement."""

    @property
    def strict(self) -> bool:
        """Whether it refuses a chart some of whose dependencies are not there."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def render(self, request: Request) -> dict[str, str]:
        """Rendered text by template; raises :class:`RenderError`."""


def renderer(home: str) -> Renderer | None:
    """The library if it is installed, for whoever installed it wants it; else the program."""
    if importlib.util.find_spec("helm_python"):
        return Library(home)
    program = shutil.which("helm")
    return Program(os.path.abspath(program), home) if program else None


def state() -> str:
    """What a kept result depends on besides its input: which Helm there is."""
    if spec := importlib.util.find_spec("helm_python"):
        return str(spec.origin)
    return shutil.which("helm") or ""


@dataclass(frozen=True)
class Program:
    """``helm template``, once for each chart."""

    path: str
    home: str
    strict: bool = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""

    def render(self, request: Request) -> dict[str, str]:
        files = []
        for number, text in enumerate(request.values):
            file = Path(self.home, f"values-{number}.yaml")
            file.write_text(text, "utf-8")
            files += ["--values", str(file)]
        namespace = ["--namespace", request.namespace] if request.namespace else []
        version = ["--kube-version", _KUBERNETES]
        argv = [self.path, "template", request.name, request.chart, *version, *namespace, *files]
        return _by_template(run(argv, self.home))


def _by_template(output: str) -> dict[str, str]:
    parts = _SOURCE.split(output)
    found: dict[str, str] = {}
    for source, text in zip(parts[1::2], parts[2::2], strict=True):
        found[source] = f"{found[source]}---\n{text}" if source in found else text
    return found


class Library:
    """Helm's library in a worker process, which is started once and replaced when it fails."""

    strict = False

    def __init__(self, home: str) -> None:
        self._home = home
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def render(self, request: Request) -> dict[str, str]:
        if self._process is None:
            self._process = self._start()
        process = self._process
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()

        def listen() -> None:
            answers.put(process.stdout.readline() if process.stdout else "")

        threading.Thread(target=listen, daemon=True).start()
        try:
            if process.stdin is not None:
                print(self._line(request), file=process.stdin, flush=True)
            line = answers.get(timeout=TIME_LIMIT)
        except queue.Empty:
            self._end()
            raise RenderError(f"it takes longer than {TIME_LIMIT:.0f} s") from None
        except OSError:
            line = ""
        if not line:
            self._end()
            raise RenderError("Helm's library crashed on it")
        answer = json.loads(line)
        if "error" in answer:
            raise RenderError(said(answer["error"]))
        rendered: dict[str, str] = answer["rendered"]
        return rendered

    @staticmethod
    def _line(request: Request) -> str:
        chart = os.path.abspath(request.chart)
        fields = {"chart": chart, "name": request.name, "namespace": request.namespace}
        return json.dumps({**fields, "values": request.values})

    @cached_property
    def _argv(self) -> Sequence[str]:
        # Isolated: nothing is imported from the working directory, which may be anybody's.
        return [sys.executable, "-I", helm_worker.__file__]

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603 - a fixed program, nothing of the input
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self._home),
            text=True,
            encoding="utf-8",
        )
        limit(process.pid)
        return process
