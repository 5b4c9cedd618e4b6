"""Modules that ``terraform init`` has fetched: which folders they are in.

It writes ``.terraform/modules/modules.json`` beside a root module: by the names of the calls that
lead to a module, joined with dots, its source and its folder. Nothing outside of the root
module's own ``.terraform`` is followed.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.errors import InputError
from prodready_infra.sources.text import decode, read_bytes

DATA_FOLDER = ".terraform"
_MANIFEST = (DATA_FOLDER, "modules", "modules.json")
_REGISTRIES = ("registry.terraform.io/", "registry.opentofu.org/")


@dataclass(frozen=True, slots=True)
class InstalledModule:
    """Where one call's module is, and the source that it was fetched from."""

    source: str
    folder: str

    def matches(self, source: str) -> bool:
        """Whether a call's source is still the one: Terraform asks for another ``init`` if not.

        Only addresses in a registry are compared, for the others are rewritten when fetched.
        """
        if not _in_registry(source):
            return True
        return _short(source) == _short(self.source)


def manifest_of(folder: str) -> str:
    """Where the list of a root module's modules stands, if there is one."""
    return "/".join((folder, *_MANIFEST)) if folder else "/".join(_MANIFEST)


def is_manifest(path: str) -> bool:
    return path.endswith("/".join(_MANIFEST))


def root_of(manifest: str) -> str:
    return manifest.removesuffix("/".join(_MANIFEST)).removesuffix("/")


def installed_modules(manifest: str) -> dict[str, InstalledModule]:
    """The modules of a list by the names of their calls; a list that cannot be read has none."""
    try:
        data = json.loads(decode(read_bytes(manifest), manifest))
    except (InputError, ValueError, RecursionError):
        return {}
    entries = data.get("Modules") if type(data) is dict else None
    found = dict(_entries(entries, root_of(manifest)) if type(entries) is list else ())
    return {key: module for key, module in found.items() if _is_inside(module, manifest)}


def _entries(entries: list[object], root: str) -> Iterator[tuple[str, InstalledModule]]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        texts = [entry.get(name) for name in ("Key", "Source", "Dir")]
        key, source, folder = (text if isinstance(text, str) else "" for text in texts)
        if key and folder and "\0" not in folder:
            place = os.path.normpath(os.path.join(root, folder)).replace(os.sep, "/")
            yield key, InstalledModule(source, place)


def _is_inside(module: InstalledModule, manifest: str) -> bool:
    data = os.path.join(root_of(manifest), DATA_FOLDER)
    if not module.folder.startswith(data.replace(os.sep, "/") + "/"):
        return False
    real = os.path.realpath(module.folder)
    return real.startswith(os.path.realpath(root_of(manifest)) + os.sep)


def _in_registry(source: str) -> bool:
    address = _short(source).partition("//")[0]
    parts = address.split("/")
    return len(parts) in (3, 4) and "::" not in address and "." not in parts[-3]


def _short(source: str) -> str:
    for registry in _REGISTRIES:
        source = source.removeprefix(registry)
    return source
