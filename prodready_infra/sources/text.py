"""Files to text: encodings and limits."""

import codecs
from pathlib import Path

from prodready_infra.errors import InputError

# Rendered manifests of large platforms reach 10 MB; beyond this a file is data, not declaration.
MAX_BYTES = 25 * 1024 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: str) -> bytes:
    """The content of a file; raises :class:`InputError` when it cannot or should not be read."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot be read: {reason}", path) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 2**20} MiB", path)
    return content


def decode(content: bytes, path: str) -> str:
    """UTF-8 or UTF-16 text without its byte order mark; raises :class:`InputError`."""
    encoding = "utf-8"
    for mark, name in _BOMS:
        if content.startswith(mark):
            content, encoding = content[len(mark) :], name
            break
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"is not {encoding.upper()} text", path, line) from None
    if "\0" in text:
        raise InputError("is binary", path, text[: text.index("\0")].count("\n") + 1)
    return text
