"""What ``kustomization.yaml`` files say: what they build from, and what they change.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
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
# Those after which they are named, placed or labelled otherwise, or are more than there were.
_PLACING = frozenset(
    {
        "commonAnnotations",
        "commonLabels",
        "configMapGenerator",
        "labels",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "secretGenerator",
    }
)


@dataclass(frozen=True, eq=False)
class Kustomization:
    """One such file: its path, and the mapping that it holds."""

    path: str
    value: dict[str, Any]
    text: str

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    @property
    def component(self) -> bool:
        """Whether it is a part of others, and builds nothing by itself."""
        return self.value.get("kind") == "Component"

    @cached_property
    def entries(self) -> list[str]:
        """What it builds from, as written: files, folders, and places elsewhere."""
        found: list[str] = []
        for name in ("resources", "bases", "components"):
            rows = self.value.get(name)
            found += (row for row in (rows if type(rows) is list else ()) if isinstance(row, str))
        return found

    @property
    def remote(self) -> str:
        """An entry that would have to be fetched, if there is one."""
        return next((entry for entry in self.entries if _is_remote(self.folder, entry)), "")

    @property
    def changes(self) -> frozenset[str]:
        """The fields by which what is applied differs from the files in more than names."""
        fields = {name for name in _CHANGING if self.value.get(name)}
        if self.remote:
            fields.add("resources")
        return frozenset(fields)

    @property
    def renders(self) -> bool:
        """Whether what is applied differs from the files at all."""
        return bool(self.changes) or any(self.value.get(name) for name in _PLACING)

    def places(self) -> Iterator[str]:
        """The local files and folders that it builds from, from where the program runs."""
        for entry in self.entries:
            if not _is_remote(self.folder, entry):
                yield below(self.folder, entry)

    def patch_files(self) -> Iterator[str]:
        """The files that it uses as patches."""
        for row in self._patch_rows():
            target = row.get("path") if type(row) is dict else row
            if isinstance(target, str) and "\n" not in target:
                yield below(self.folder, target)

    def inline_patches(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """The patches that are written out in it, with the path of each in its own document."""
        for name in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            rows = self.value.get(name)
            for index, row in enumerate(rows if type(rows) is list else ()):
                text = row.get("patch") if type(row) is dict else row
                if isinstance(text, str) and "\n" in text:
                    yield text, (name, index)

    def _patch_rows(self) -> Iterator[Any]:
        for name in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            rows = self.value.get(name)
            yield from rows if type(rows) is list else ()

    @cached_property
    def document(self) -> YamlDocument:
        return YamlDocument(self.text, self.path, 1)


@dataclass(frozen=True)
class Kustomizations:
    """All of a scan, by their folders."""

    by_folder: dict[str, Kustomization] = field(default_factory=dict)

    def closure(self, top: Kustomization) -> list[Kustomization]:
        """It, those it builds from, those that these build from, and so on."""
        seen, waiting = [top], [top]
        while waiting:
            for place in waiting.pop().places():
                inner = self.by_folder.get(place)
                if inner is not None and inner not in seen:
                    seen.append(inner)
                    waiting.append(inner)
        return seen

    def tops(self) -> list[Kustomization]:
        """Those that no other builds from."""
        used = {
            place
            for each in self.by_folder.values()
            for place in each.places()
            if place != each.folder
        }
        found = self.by_folder.values()
        return [each for each in found if each.folder not in used and not each.component]

    def patch_files(self) -> set[str]:
        """The files that any uses as a patch: parts of objects, which nobody can judge alone."""
        return {path for each in self.by_folder.values() for path in each.patch_files()}

    def gap(self, top: Kustomization, why: str) -> Gap:
        """What is not known because the kustomization was not rendered."""
        folders, changes = [], set[str]()
        for each in self.closure(top):
            folders += [each.folder, *(_folder_of(place) for place in each.places())]
            changes |= each.changes
        message = f"changes its resources, and was not rendered: {why}"
        return Gap(
            top.path, message, "kubernetes", tuple(dict.fromkeys(folders)), frozenset(changes)
        )


def read_kustomizations(paths: Iterable[str]) -> tuple[Batch, Kustomizations]:
    """The kustomizations of a scan, and what could not be read of them."""
    batch = Batch()
    found: dict[str, Kustomization] = {}
    for path in paths:
        try:
            text = decode(read_bytes(path), path)
            value = YamlDocument(text, path, 1).load()
        except InputError as error:
            batch.problems.append(error)
            continue
        if type(value) is dict:
            found[os.path.dirname(path)] = Kustomization(path, value, text)
    return batch, Kustomizations(found)


def _is_remote(folder: str, entry: str) -> bool:
    """https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md."""
    if "://" in entry or "?ref=" in entry or entry.startswith("git@"):
        return True
    return (
        not os.path.lexists(os.path.join(folder, entry))
        and entry.count("/") > 1
        and ("." in entry.partition("/")[0].strip("."))
    )


def _folder_of(place: str) -> str:
    is_file = place.endswith((".yaml", ".yml", ".json"))
    return place.rpartition("/")[0] if is_file else place


def below(folder: str, entry: str) -> str:
    """A path that a file in ``folder`` writes, from where the program runs."""
    place = os.path.normpath(os.path.join(folder, entry)).replace(os.sep, "/")
    return "" if place == "." else place
