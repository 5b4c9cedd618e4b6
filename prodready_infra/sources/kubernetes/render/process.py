"""Runs the programs that render: without a shell, a network or a home, and within limits."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress

TIME_LIMIT = 30.0  # seconds for one chart or overlay
MEMORY_LIMIT = 2 << 30  # bytes
OUTPUT_LIMIT = 64 << 20  # bytes

# A proxy that nobody listens at: what would fetch something fails at once.
_NO_PROXY = "http://127.0.0.1:9"


# "Error: " of Helm, "error: " of Kustomize, and the head of what kubectl logs.
_BEFORE = re.compile(r"""^(?:[EF]\d{4} .*? err=["<]\s*|.*?\b[Ee]rror: )""")
_LONGEST = 4000


class RenderError(Exception):
    """Why something could not be rendered, in one line."""


def environment(home: str) -> dict[str, str]:
    """All that a renderer may see: an empty home, no PATH to find git by, no way out."""
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "TEMP", "TMP") if key in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NO_PROXY)
    return {**kept, **proxies, "HOME": home, "PATH": home, "NO_PROXY": "", "KUBECONFIG": os.devnull}


def limit(pid: int) -> None:
    """Bounds the memory and the output of a program that has started, where the system can."""
    if sys.platform != "linux":
        return
    import resource

    with suppress(OSError):  # it may have ended already
        resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (OUTPUT_LIMIT, OUTPUT_LIMIT))


def run(argv: Sequence[str], home: str) -> str:
    """What the program prints; raises :class:`RenderError` with its own words when it fails."""
    with tempfile.TemporaryFile(dir=home) as out, tempfile.TemporaryFile(dir=home) as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell, and options are our own
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env=environment(home),
            )
        except OSError as error:
            raise RenderError(f"{os.path.basename(argv[0])} does not start: {error}") from None
        limit(process.pid)
        try:
            code = process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RenderError(f"it takes longer than {TIME_LIMIT:.0f} s") from None
        if code:
            errors.seek(0)
            raise RenderError(said(errors.read(1 << 16).decode("utf-8", "replace")))
        out.seek(0)
        return out.read().decode("utf-8", "replace")


def said(text: str) -> str:
    """A program's complaint in one line, without what comes before its own words."""
    line = _BEFORE.sub("", " ".join(text.split())).replace(f"{os.getcwd()}{os.sep}", "")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
