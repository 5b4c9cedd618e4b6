"""Remembers the report of an unchanged input, so that a second look costs a fraction.

The key is made of the content of every file, the text of every rule, the settings, the date
(suppressions expire) and this program's version. What is stored is a report in JSON, which by
its nature holds no secret and no source line; whatever cannot be read back is no report.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from prodready_infra.report.contract import Report, from_data, to_data

MAX_ENTRIES = 64


def cache_folder() -> Path:
    """``PRODREADY_CACHE_DIR``, or the place where the operating system keeps caches."""
    chosen = os.environ.get("PRODREADY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "prodready-infra"


def key_of(files: Iterable[str], *state: str) -> str:
    """A digest of the files' names and contents, and of everything else that decides."""
    digest = hashlib.blake2b(digest_size=20)
    for part in state:
        digest.update(part.encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
    for path in files:
        digest.update(path.encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
        digest.update(_content_digest(path))
    return digest.hexdigest()


def _content_digest(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError as error:
        return f"unreadable: {error.errno}".encode()


def recall(key: str) -> Report | None:
    """The report stored under a key; ``None`` when there is none that can be read."""
    try:
        data = json.loads((cache_folder() / f"{key}.json").read_text("utf-8"))
        return from_data(Report, data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def remember(key: str, report: Report) -> None:
    """Stores a report; a cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget_oldest(folder)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, suffix=".tmp", delete=False
        ) as file:
            file.write(json.dumps(to_data(report)))  # json.dump would not use the C encoder
        os.replace(file.name, folder / f"{key}.json")


def _forget_oldest(folder: Path) -> None:
    entries = sorted(folder.glob("*.json"), key=lambda entry: entry.stat().st_mtime)
    for entry in entries[: max(len(entries) - MAX_ENTRIES + 1, 0)]:
        entry.unlink(missing_ok=True)
