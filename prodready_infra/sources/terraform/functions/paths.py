"""Functions on paths and files.

https://developer.hashicorp.com/terraform/language/functions/file and its neighbours
"""

import base64
import os
import posixpath
import re
from typing import Any

from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.functions.hashing import digest
from prodready_infra.sources.terraform.kinds import STRING, make_set
from prodready_infra.sources.terraform.registry import function, limited, never_known
from prodready_infra.sources.terraform.values import MAX_ELEMENTS, Refused, Uncertain

MAX_DEPTH = 64
MAX_STARS = 4

_PART = re.compile(r"(\*\*?)|(\?)|\{([^{}]*)\}|(\[[a-zA-Z0-9_-]+\])|([^*?{}\[\]]+)")
# What is in the root module's folder when Terraform runs, be it now or not.
_LEFT_BY_TERRAFORM = (
    ".terraform/modules/modules.json",
    ".terraform/providers",
    ".terraform.lock.hcl",
    ".terraform.tfstate.lock.info",
    "terraform.tfstate",
)

never_known("abspath", "an absolute path depends on where terraform runs")


@function("basename", STRING)
def _basename(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


@function("dirname", STRING)
def _dirname(path: str) -> str:
    folder = posixpath.normpath(path[: path.rfind("/") + 1] or ".")
    return folder[1:] if folder.startswith("//") else folder


@function("pathexpand", STRING)
def _pathexpand(path: str) -> str:
    if path.startswith("~"):
        raise Uncertain("a home directory depends on who runs terraform")
    return path


@function("file", STRING, reads=True)
def _file(files: Files, path: str) -> str:
    return files.text(path)


@function("fileexists", STRING, reads=True)
def _fileexists(files: Files, path: str) -> bool:
    place = files.place(path)
    if os.path.isfile(place):
        return True
    if os.path.lexists(place):
        raise Refused(f"{path} is no file")
    return False


@function("filebase64", STRING, reads=True)
def _filebase64(files: Files, path: str) -> str:
    return base64.b64encode(files.read(path)).decode()


def _hashed(name: str, algorithm: str, *, short: bool = False) -> None:
    @function(name, STRING, reads=True)
    def _hash(files: Files, path: str) -> str:
        made = digest(algorithm, files.read(path))
        return base64.b64encode(made).decode() if short else made.hex()


_hashed("filemd5", "md5")
_hashed("filesha1", "sha1")
_hashed("filesha256", "sha256")
_hashed("filesha512", "sha512")
_hashed("filebase64sha256", "sha256", short=True)
_hashed("filebase64sha512", "sha512", short=True)


@function("fileset", STRING, STRING, reads=True)
def _fileset(files: Files, path: str, pattern: str) -> Any:
    """The files below a folder whose paths match; ``**`` is any number of folders."""
    place = files.place(path)
    if not os.path.isdir(place):
        if os.path.lexists(place):
            raise Uncertain(f"{path} is no folder")
        return make_set([], STRING)
    wanted = re.compile(_translated(posixpath.normpath(pattern) if pattern else ""))
    if place == files.place(".") and any(map(wanted.fullmatch, _LEFT_BY_TERRAFORM)):
        raise Uncertain("the pattern matches files that terraform leaves there")
    depth = MAX_DEPTH if "**" in pattern else pattern.count("/") + 1
    found = [name for name in files.walk(path, depth) if wanted.fullmatch(name)]
    limited(len(found), MAX_ELEMENTS)
    return make_set(found, STRING)


def _translated(pattern: str) -> str:
    """As a regular expression; the patterns are those of Go's ``doublestar``."""
    if re.search(r"[\\]|\*\*\*|\.\.|\{[^}]*[{/]|\[[^\]]*[^\]a-zA-Z0-9_-]", pattern):
        raise Uncertain("the pattern has parts that are not read")
    if pattern.startswith("/") or pattern.count("*") > MAX_STARS:
        raise Uncertain("the pattern is absolute, or too long")
    parts = pattern.split("/")
    written = ["(?:[^/]+/)*" if part == "**" else f"{_name(part)}/" for part in parts[:-1]]
    last = "(?:[^/]+/)*[^/]+" if parts[-1] == "**" else _name(parts[-1])
    return "".join([*written, last])


def _name(part: str) -> str:
    """The regular expression for one level of a path."""
    written, place = "", 0
    while place < len(part):
        match = _PART.match(part, place)
        if match is None:
            raise Uncertain("the pattern has parts that are not read")
        stars, one, choice, characters, plain = match.groups()
        place = match.end()
        if choice is not None:
            options = "|".join(map(_name, choice.split(",")))
            written += f"(?:{options})"
        else:
            written += "[^/]*" if stars else "[^/]" if one else characters or re.escape(plain)
    return written
