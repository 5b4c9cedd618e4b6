"""What a scan met and did not read, so that nobody takes it for missing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not judged, and why; no error of anybody's.

    ``source`` is kubernetes, terraform or docker. ``folders`` are those whose files it may change
    or belong to: its own, and for a kustomization those it builds from. ``changes`` are the fields
    of a kustomization that change objects, such as ``patches`` and ``images``.
    """

    path: str
    message: str
    source: str = "kubernetes"
    folders: tuple[str, ...] = ()
    changes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.path} {self.message}"

    def near(self, path: str) -> bool:
        """Whether a file stands in one of its folders, below or above it."""
        folder = path.rpartition("/")[0]
        own = self.folders or (self.path.rpartition("/")[0],)
        return any(nested(folder, other) for other in own)


def nested(folder: str, other: str) -> bool:
    """Whether two folders are one, or one stands below the other."""
    upper, lower = sorted(map(_slashed, (folder, other)), key=len)
    return lower.startswith(upper)


def _slashed(folder: str) -> str:
    return f"{folder}/" if folder not in ("", ".") else ""
