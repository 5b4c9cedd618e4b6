"""The files that expressions may read: those below the folder that is scanned, and small ones.

https://developer.hashicorp.com/terraform/language/functions/file
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodready_infra.sources.terraform.values import Refused, Uncertain

MAX_BYTES = 2**20
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Files:
    """Access to the files of one root module.

    ``folder`` is the module's, from which Terraform is taken to run: relative paths start there.
    Nothing outside of ``boundary`` is looked at, by whatever ways of links a path leads there.
    What is looked at is ``consulted``: the result depends on it.
    """

    folder: str
    boundary: str
    consulted: set[str] = field(default_factory=set)

    def read(self, path: str) -> bytes:
        """The content of a file; raises :class:`Uncertain` when it may not or cannot be read."""
        place = self.place(path)
        try:
            descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise Refused(f"{path} is no file")
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise Uncertain(f"there is no file {path}") from None
        except IsADirectoryError:
            raise Refused(f"{path} is no file") from None
        except (OSError, ValueError):
            raise Uncertain(f"{path} cannot be read") from None
        if len(content) > MAX_BYTES:
            raise Uncertain(f"{path} is larger than {MAX_BYTES // 2**20} MiB")
        return content

    def text(self, path: str) -> str:
        try:
            return self.read(path).decode()
        except UnicodeDecodeError:
            raise Refused(f"{path} is not UTF-8 text") from None

    def place(self, path: str) -> str:
        """Where a path leads; raises :class:`Uncertain` when that is outside."""
        if path.startswith("~"):
            raise Uncertain("it is relative to a home directory")
        if "\0" in path:
            raise Uncertain("it is no path")
        try:
            place = os.path.realpath(os.path.join(self.folder or ".", path))
        except (OSError, ValueError):
            raise Uncertain(f"{path} cannot be read") from None
        boundary = os.path.realpath(self.boundary or ".")
        if not _within(place, boundary):
            raise Uncertain(f"{path} is outside of what is scanned")
        self.consulted.add(place)
        return place

    def walk(self, path: str, depth: int) -> Iterator[str]:
        """The paths, relative to a folder, of the files below it, down to so many levels.

        Raises :class:`Uncertain` for a link to a folder, which may lead anywhere.
        """
        top = self.place(path)
        waiting, seen = [("", 1)], 0
        while waiting:
            below, level = waiting.pop()
            try:
                with os.scandir(os.path.join(top, below)) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError:
                raise Uncertain(f"{path} cannot be read") from None
            for entry in found:
                seen += 1
                if seen > MAX_ENTRIES:
                    raise Uncertain(f"there are too many files in {path}")
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_symlink():
                    self.place(os.path.join(top, name))
                if entry.is_file():
                    yield name
                elif level < depth and entry.is_dir():
                    if entry.is_symlink():
                        raise Uncertain(f"there are links to folders in {path}")
                    waiting.append((name, level + 1))


@dataclass(frozen=True, slots=True)
class Access:
    """Access to files below the folders that were asked for, whoever reads them."""

    folders: tuple[str, ...]
    consulted: set[str] = field(default_factory=set)

    def below(self, folder: str) -> Files | None:
        """For a root module: within the widest of the folders that it lies in."""
        place = os.path.realpath(folder or ".")
        around = [top for top in self.folders if _within(place, os.path.realpath(top or "."))]
        if not around:
            return None
        return Files(
            folder, min(around, key=lambda top: len(os.path.realpath(top or "."))), self.consulted
        )


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(os.path.join(folder, ""))
