"""What a ``kustomization.yaml`` says about the files beside it; it is not rendered here.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from collections.abc import Iterator
from typing import Any

# Fields after which the objects are no longer those of the files.
_CHANGING = frozenset(
    {
        "components",
        "generators",
        "helmChartInflationGenerator",
        "helmCharts",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "replicas",
        "transformers",
        "vars",
    }
)


def changes_resources(value: Any) -> bool:
    """Whether what is applied differs from the files in more than names and labels."""
    if type(value) is not dict:
        return False
    entries = value.get("resources")
    remote = (part for part in (entries if type(entries) is list else ()) if "://" in str(part))
    return any(value.get(field) for field in _CHANGING) or any(remote)


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
