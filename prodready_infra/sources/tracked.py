"""What git tracks: an ignore pattern says nothing about files that are committed all the same."""

import struct
from functools import cached_property
from pathlib import Path

_HEADER = struct.Struct(">4sLL")
_FLAGS_AT, _EXTENDED = 60, 0x4000


class Tracked:
    """The index of the repository around a folder; empty where there is none that can be read.

    Format: https://git-scm.com/docs/index-format, versions 2 and 3.
    """

    def __init__(self, folder: str) -> None:
        resolved = Path(folder).resolve()
        parents = (resolved, *resolved.parents)
        self._top = next((top for top in parents if (top / ".git").is_dir()), None)

    def covers(self, path: str) -> bool:
        """Whether the file, or something below the folder, is committed or staged."""
        if self._top is None:
            return False
        try:
            relative = Path(path).absolute().relative_to(self._top)
        except ValueError:
            return False
        return relative.as_posix() in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        try:
            data = (self._top / ".git" / "index").read_bytes() if self._top else b""
            return frozenset(_names(data))
        except (OSError, struct.error, ValueError):
            return frozenset()


def _names(data: bytes) -> set[str]:
    """The names of all entries, and of the folders above them."""
    signature, version, count = _HEADER.unpack_from(data)
    found: set[str] = set()
    if signature != b"DIRC" or version not in (2, 3):
        return found
    at = _HEADER.size
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, at + _FLAGS_AT)
        start = at + _FLAGS_AT + (4 if flags & _EXTENDED else 2)
        end = data.index(b"\0", start)
        name = data[start:end].decode("utf-8", "surrogateescape")
        while name and name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
        at += (end - at) // 8 * 8 + 8
    return found
