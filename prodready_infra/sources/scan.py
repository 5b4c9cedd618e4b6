"""Paths to one inventory: discovery, the readers, and what was left out."""

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.resource import Resource
from prodready_infra.settings import Inputs
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import Comment
from prodready_infra.sources.discovery import Found, classify, find
from prodready_infra.sources.text import decode, read_bytes

if TYPE_CHECKING:
    from prodready_infra.sources.kubernetes.delivery import Release

STDIN = "<stdin>"
_NO_INPUTS = Inputs()

_HCL = re.compile(
    r"^\s*(?:resource|variable|module|terraform|provider|locals|output|data)\b[^:]*[{=]",
    re.MULTILINE,
)
_FROM = re.compile(r"^\s*FROM\s+\S", re.IGNORECASE | re.MULTILINE)
_CHART_PARTS = ("templates", "charts", "crds")
# Kinds that say how what stands beside them is applied.
_DELIVERY = (
    "argoproj.io/Application",
    "helm.toolkit.fluxcd.io/HelmRelease",
    "kustomize.toolkit.fluxcd.io/Kustomization",
)


@dataclass(slots=True)
class Scan:
    """Everything that was read, and everything that was not.

    ``context`` are files that were read for the sake of others: nothing in them is judged.
    ``consulted`` are files that expressions read while they are evaluated, which is when a rule
    looks at them. ``sensitive`` are texts that must not be shown.
    """

    inventory: Inventory
    problems: list[InputError]
    gaps: list[Gap]
    comments: list[Comment]
    judged: list[str]
    texts: dict[str, str] = field(default_factory=dict)
    context: frozenset[str] = frozenset()
    consulted: set[str] = field(default_factory=set)
    sensitive: frozenset[str] = frozenset()


def discover(paths: Iterable[str], exclude: Iterable[str] = ()) -> Found:
    """The files below paths, glob patterns and ``-`` (standard input); nothing is read yet.

    Raises :class:`UsageError` when a path does not exist.
    """
    chosen = list(dict.fromkeys(part for path in paths for part in _expanded(path)))
    found = find([path for path in chosen if path != "-"], exclude)
    found.stdin = "-" in chosen
    return found


def read(found: Found, inputs: Inputs = _NO_INPUTS) -> Scan:
    """One inventory of the files; what cannot be read is a problem or a note of it.

    Raises :class:`UsageError` when the inputs set a variable that nothing declares.
    """
    batch = Batch(problems=list(found.problems))
    texts = {STDIN: _read_stdin(batch, inputs)} if found.stdin else {}
    consulted: set[str] = set()
    _read_found(found, batch, inputs, consulted)
    inputs.check_declared(batch.variables)
    gaps = list(dict.fromkeys(batch.gaps))
    unread = [_gap(problem) for problem in batch.problems]
    inventory = Inventory(batch.resources, batch.stages, [*gaps, *unread], _has_file)
    return Scan(
        inventory,
        batch.problems,
        gaps,
        batch.comments,
        list(dict.fromkeys(batch.judged)),
        texts,
        frozenset(found.context),
        consulted,
        frozenset(batch.sensitive),
    )


def _has_file(path: str) -> bool:
    """Whether a file stands there, and below where the program runs."""
    place = os.path.normpath(path)
    return not place.startswith("..") and os.path.isfile(place)


def tools_state() -> str:
    """What the result for charts and kustomizations depends on besides files: what renders them."""
    from prodready_infra.sources.kubernetes.render import helm, overlays

    return repr((helm.state(), overlays.program()))


def _gap(problem: InputError) -> Gap:
    """A file that could not be read may have held anything of its format."""
    kind = classify(os.path.basename(problem.path))
    sources = {"terraform": "terraform", "variables": "terraform", "dockerfiles": "docker"}
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return Gap(place, problem.message, sources.get(kind, "kubernetes"))


def scan(paths: Iterable[str], exclude: Iterable[str] = (), inputs: Inputs = _NO_INPUTS) -> Scan:
    """Finds and reads in one go."""
    return read(discover(paths, exclude), inputs)


def _expanded(path: str) -> list[str]:
    if path == "-" or os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    return sorted(glob.glob(path, recursive=True)) or [path]


def _read_found(found: Found, batch: Batch, inputs: Inputs, consulted: set[str]) -> None:
    terraform, releases = _terraform(found, inputs, consulted)
    skipped = _kustomized(found, batch)
    # A template that Terraform has filled in is judged as what it became.
    skipped.update(set(terraform.judged).intersection(found.manifests))
    parts = {_below(chart, part) for chart in found.charts for part in _CHART_PARTS}
    for path in found.manifests:
        if path not in skipped and parts.isdisjoint(_folders_above(path)):
            _attempt(batch, path, _manifests)
    _delivered(found, batch, terraform.resources, releases)
    for path in found.dockerfiles:
        _attempt(batch, path, _dockerfile)
    batch.add(terraform)


def _terraform(found: Found, inputs: Inputs, consulted: set[str]) -> "tuple[Batch, list[Release]]":
    """What Terraform files declare, in the cluster too, and the charts that they install."""
    if not (found.terraform or found.variables):
        return Batch(), []
    from prodready_infra.sources.terraform.files import Access
    from prodready_infra.sources.terraform.kubernetes.declared import declared_in
    from prodready_infra.sources.terraform.read import read_terraform

    access = Access(tuple(found.folders), consulted)
    terraform = read_terraform(found.terraform, found.variables, found.installed, inputs, access)
    batch = _without(found.context, terraform)
    declared = declared_in(batch.resources, found.manifests, found.ingredients, found.charts)
    batch.add(declared.batch)
    return batch, declared.releases


def _kustomized(found: Found, batch: Batch) -> set[str]:
    """Reads what kustomizations make; returns the files that they have spoken for."""
    if not found.kustomizations:
        return set()
    from prodready_infra.sources.kubernetes.kustomizations import read_kustomizations
    from prodready_infra.sources.kubernetes.render.overlays import render_overlays

    read_batch, kustomizations = read_kustomizations(found.kustomizations)
    batch.add(read_batch)
    overlays, used = render_overlays(found.manifests, kustomizations)
    batch.add(overlays)
    return used | kustomizations.patch_files()


def _delivered(
    found: Found, batch: Batch, elsewhere: list[Resource], releases: "list[Release]"
) -> None:
    """Reads charts, as Terraform and what was read so far say that they are installed."""
    if any(resource.kind in _DELIVERY for resource in (*batch.resources, *elsewhere)):
        from prodready_infra.sources.kubernetes.delivery import placed, releases_of

        others, gaps = releases_of([*batch.resources, *elsewhere], found.charts)
        releases = [*releases, *others]
        batch.gaps += gaps
        batch.resources = placed(batch.resources)
    if found.charts:
        from prodready_infra.sources.kubernetes.render.charts import read_charts

        batch.add(read_charts(found.charts, releases))


def _without(context: list[str], batch: Batch) -> Batch:
    """What was read only to understand the rest keeps its resources, for others refer to them."""
    if context:
        unasked = frozenset(context)
        batch.judged = [path for path in batch.judged if path not in unasked]
        batch.comments = [c for c in batch.comments if c.path not in unasked]
    return batch


def _below(chart: str, part: str) -> str:
    return f"{chart}/{part}" if chart != "." else part


def _folders_above(path: str) -> Iterator[str]:
    return (path[:at] for at, character in enumerate(path) if character == "/")


def _attempt(batch: Batch, path: str, read: Callable[[str, str], Batch]) -> None:
    try:
        text = decode(read_bytes(path), path)
        batch.add(read(text, path))
    except InputError as error:
        batch.problems.append(error)


def _manifests(text: str, path: str) -> Batch:
    from prodready_infra.sources.kubernetes.read import looks_like_manifest, read_manifests

    return read_manifests(text, path) if looks_like_manifest(text) else Batch()


def _dockerfile(text: str, path: str) -> Batch:
    from prodready_infra.sources.docker.read import read_dockerfile_batch

    return read_dockerfile_batch(text, path)


def _read_stdin(batch: Batch, inputs: Inputs) -> str:
    try:
        text = decode(sys.stdin.buffer.read(), STDIN)
    except InputError as error:
        batch.problems.append(error)
        return ""
    batch.add(_sniffed(text, inputs))
    return text


def terraform_text(text: str, path: str, inputs: Inputs = _NO_INPUTS) -> Batch:
    """The resources of a single text of Terraform, and the Kubernetes objects among them."""
    from prodready_infra.sources.terraform.kubernetes.declared import declared_in
    from prodready_infra.sources.terraform.read import read_terraform_text

    batch = read_terraform_text(text, path, inputs)
    batch.add(declared_in(batch.resources).batch)
    return batch


def _sniffed(text: str, inputs: Inputs) -> Batch:
    """Standard input has no name: its first words say what it is."""
    from prodready_infra.sources.kubernetes.read import looks_like_manifest, read_manifests

    if looks_like_manifest(text):
        return read_manifests(text, STDIN)
    if _HCL.search(text):
        return terraform_text(text, STDIN, inputs)
    if _FROM.search(text):
        return _dockerfile(text, STDIN)
    return Batch(gaps=[Gap(STDIN, "is neither a manifest, nor Terraform, nor a Dockerfile")])
