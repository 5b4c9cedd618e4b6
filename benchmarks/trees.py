"""Writes the trees that the benchmarks measure: ``python -m benchmarks.trees KIND DIR``.

The same kind and scale give the same bytes everywhere and always, so figures can be compared.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks import kubernetes_tree
from benchmarks.docker_tree import dockerfiles
from benchmarks.terraform.tree import terraform


def _mixed(folder: Path, scale: float) -> None:
    """What one repository of a team holds: some of everything."""
    for kind in ("manifests", "terraform", "dockerfiles"):
        generate(kind, folder / kind, scale)


KINDS: dict[str, Callable[[Path, float], None]] = {
    "one": lambda folder, _: kubernetes_tree.one(folder),
    "manifests": lambda folder, scale: kubernetes_tree.manifests(folder, round(250 * scale)),
    "crds": lambda folder, scale: kubernetes_tree.crds(folder, round(5_600_000 * scale)),
    "terraform": lambda folder, scale: terraform(folder, max(1, round(48 * scale)), 6),
    "dockerfiles": lambda folder, scale: dockerfiles(folder, round(1000 * scale)),
    "objects": lambda folder, scale: kubernetes_tree.objects(folder, round(20_000 * scale)),
    "mixed": _mixed,
}


def generate(kind: str, folder: Path, scale: float = 1.0) -> None:
    """Write a tree into ``folder``, which is made and must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    KINDS[kind](folder, scale)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trees", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="size, as a factor (default 1)")
    arguments = parser.parse_args()
    generate(arguments.kind, arguments.dir, arguments.scale)


if __name__ == "__main__":
    main()
