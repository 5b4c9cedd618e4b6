"""What a ``kustomization.yaml`` says about the files beside it; it is not rendered here.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.kubernetes.yaml import YamlDocument
from prodready_infra.sources.text import decode, read_bytes

# Fields after which the objects are no longer those of the files.
_CHANGING = frozenset(
    {
        "components",
        "generators",
        "helmChartInflationGenerator",
        "helmCharts",
        "images",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "replicas",
        "transformers",
        "vars",
    }
)


def read_kustomizations(paths: Iterable[str]) -> tuple[Batch, set[str]]:
    """What the kustomizations change, as gaps; and the files that are patches.

    A patch is a part of an object, which nobody can judge alone.
    """
    batch = Batch()
    found: dict[str, Any] = {}
    for path in paths:
        try:
            value = YamlDocument(decode(read_bytes(path), path), path, 1).load()
        except InputError as error:
            batch.problems.append(error)
            continue
        if type(value) is dict:
            found[path] = value
    bases: dict[str, list[str]] = defaultdict(list)
    for path, value in found.items():
        bases[os.path.dirname(path)] += _built_from(value, os.path.dirname(path))
    for path, value in found.items():
        changes = _changing_fields(value)
        if changes:
            folders = tuple(_reached(os.path.dirname(path), bases))
            message = "changes its resources, and was not rendered"
            batch.gaps.append(Gap(path, message, "kubernetes", folders, changes))
    return batch, {target for path, value in found.items() for target in _patches(value, path)}


def _reached(folder: str, bases: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The folder, those it builds from, those that these build from, and so on."""
    seen, waiting = {folder}, [folder]
    while waiting:
        here = waiting.pop()
        yield here
        new = [base for base in bases.get(here, ()) if base not in seen]
        seen.update(new)
        waiting += new


def _changing_fields(value: dict[str, Any]) -> frozenset[str]:
    """The fields by which what is applied differs from the files in more than names and labels."""
    fields = {field for field in _CHANGING if value.get(field)}
    if any("://" in entry or "?ref=" in entry for entry in _entries(value)):
        fields.add("resources")
    return frozenset(fields)


def _built_from(value: dict[str, Any], folder: str) -> Iterator[str]:
    """The folders whose files a kustomization in ``folder`` uses."""
    for entry in _entries(value):
        place = _below(folder, entry)
        is_file = entry.endswith((".yaml", ".yml", ".json"))
        yield place.rpartition("/")[0] if is_file else place


def _entries(value: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for field in ("resources", "bases", "components"):
        entries = value.get(field)
        found += (e for e in (entries if type(entries) is list else ()) if isinstance(e, str))
    return found


def _patches(value: dict[str, Any], path: str) -> Iterator[str]:
    """The files that are used as patches; a patch may also be written out in place."""
    for field in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        entries = value.get(field)
        for entry in entries if type(entries) is list else ():
            target = entry.get("path") if type(entry) is dict else entry
            if isinstance(target, str) and "\n" not in target:
                yield _below(os.path.dirname(path), target)


def _below(folder: str, entry: str) -> str:
    return os.path.normpath(os.path.join(folder, entry)).replace(os.sep, "/")
