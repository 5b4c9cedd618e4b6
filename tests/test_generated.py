"""Generated files are those that the code gives now; ``make docs`` writes them."""

import subprocess
import sys

from tests.support import ROOT


def test_generated_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
