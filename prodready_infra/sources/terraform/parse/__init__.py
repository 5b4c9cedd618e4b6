"""From the bytes of a Terraform file to the tree of ``syntax``, whichever syntax it is in.

``native`` reads HCL, ``documents`` the JSON that stands for it, after ``json_text``.
"""

from collections.abc import Callable

from prodready_infra.sources.terraform.parse.documents import parse_document, parse_values
from prodready_infra.sources.terraform.parse.limits import MAX_BYTES, TOO_LARGE
from prodready_infra.sources.terraform.parse.native import parse_native, refused
from prodready_infra.sources.terraform.syntax import File

__all__ = ["parse", "parse_variables"]


def parse(text: bytes, path: str) -> File:
    """Read one file; what is no Terraform stands among the problems, the rest in the body."""
    return _read(text, path, parse_document)


def parse_variables(text: bytes, path: str) -> File:
    """Read a file with values for variables."""
    return _read(text, path, parse_values)


def _read(text: bytes, path: str, parse_json: Callable[[bytes, str], File]) -> File:
    if len(text) > MAX_BYTES:
        return refused(text, path, TOO_LARGE, 0, 0)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        message = "the text is not valid UTF-8"
        return refused(text, path, message, error.start, error.start + 1)
    return parse_json(text, path) if path.endswith(".json") else parse_native(text, path)
