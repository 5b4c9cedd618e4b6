"""What a ``kustomization.yaml`` says about the files beside it; it is not rendered here.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

import os
from collections.abc import Iterator
from typing import Any

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


def changing_fields(value: Any) -> frozenset[str]:
    """The fields by which what is applied differs from the files in more than names and labels."""
    if type(value) is not dict:
        return frozenset()
    fields = {field for field in _CHANGING if value.get(field)}
    if any("://" in entry or "?ref=" in entry for entry in _entries(value)):
        fields.add("resources")
    return frozenset(fields)


def built_from(value: Any, folder: str) -> Iterator[str]:
    """The folders whose files a kustomization in ``folder`` uses."""
    if type(value) is dict:
        for entry in _entries(value):
            place = os.path.normpath(os.path.join(folder, entry)).replace(os.sep, "/")
            is_file = entry.endswith((".yaml", ".yml", ".json"))
            yield place.rpartition("/")[0] if is_file else place


def _entries(value: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for field in ("resources", "bases", "components"):
        entries = value.get(field)
        found += (e for e in (entries if type(entries) is list else ()) if isinstance(e, str))
    return found


def patch_targets(value: Any) -> Iterator[str]:
    """The files that a kustomization uses as patches: parts of objects, not objects."""
    if type(value) is not dict:
        return
    for key in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        entries = value.get(key)
        for entry in entries if type(entries) is list else ():
            target = entry.get("path") if type(entry) is dict else entry
            if isinstance(target, str) and "\n" not in target:
                yield target
