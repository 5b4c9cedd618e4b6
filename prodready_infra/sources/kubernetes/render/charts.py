"""Helm charts to resources: which are rendered, with which values, and what is missing for it."""

import os
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Unknown, is_unknown
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.kubernetes.delivery import Release
from prodready_infra.sources.kubernetes.read import is_object, objects_of
from prodready_infra.sources.kubernetes.render.helm import Renderer, Request, renderer
from prodready_infra.sources.kubernetes.render.process import RenderError
from prodready_infra.sources.kubernetes.render.template import Rendered, Template, ValuesFile
from prodready_infra.sources.kubernetes.yaml import YamlDocument
from prodready_infra.sources.text import decode, read_bytes

_MANIFEST = re.compile(r".*\.(?:ya?ml|json)")
_CI_VALUES = re.compile(r".*values\.ya?ml")
# As Helm splits what a template gives: the rest of the line belongs to the document.
_DOCUMENT = re.compile(r"^---(?!-)", re.MULTILINE)
_RANDOM = re.compile(
    rb"\b(?:rand(?:Alpha|Numeric|Ascii|Int|Bytes)\w*|gen(?:CA|PrivateKey|SelfSigned|Signed)\w*|uuidv4"
    rb"|htpasswd|bcrypt|encryptAES|now|shuffle)\b"
)
_NEEDS = "is a Helm chart, and was not rendered: install helm or prodready-infra[render]"
# Helm refuses longer names of releases: https://helm.sh/docs/chart_template_guide/getting_started/
_LONGEST_NAME = 53
_LONGEST_REASON = 200


@dataclass(frozen=True)
class _Chart:
    """What a ``Chart.yaml`` says."""

    folder: str
    name: str
    library: bool
    dependencies: Sequence[dict[str, Any]] = ()
    values: Sequence[ValuesFile] = field(default_factory=tuple)

    @property
    def head(self) -> str:
        return f"{self.folder}/Chart.yaml" if self.folder != "." else "Chart.yaml"

    def inside(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.folder, path)).replace(os.sep, "/")


@dataclass(frozen=True)
class _Prepared:
    """Where a chart is rendered, its dependencies in the repository, and the missing ones."""

    place: str
    local: dict[str, Path]
    absent: Sequence[str]


def _chart(folder: str) -> _Chart:
    """Raises :class:`InputError` when the chart cannot be read."""
    path = f"{folder}/Chart.yaml" if folder != "." else "Chart.yaml"
    value = YamlDocument(decode(read_bytes(path), path), path, 1).load()
    if type(value) is not dict or not isinstance(value.get("name"), str):
        raise InputError("gives the chart no name", path)
    rows = value.get("dependencies")
    requirements = Path(folder, "requirements.yaml")
    if rows is None and requirements.is_file():  # charts of apiVersion v1
        old = YamlDocument(requirements.read_text("utf-8", "replace"), path, 1).load()
        rows = old.get("dependencies") if type(old) is dict else None
    dependencies = [row for row in rows if type(row) is dict] if type(rows) is list else []
    library = value.get("type") == "library"
    return _Chart(folder, value["name"], library, dependencies, _defaults(folder))


def _defaults(folder: str) -> list[ValuesFile]:
    path = Path(folder, "values.yaml")
    return [_values_file(path.as_posix())] if path.is_file() else []


def _values_file(path: str) -> ValuesFile:
    return ValuesFile(path, decode(read_bytes(path), path))


def vendored(folder: str, charts: Sequence[str]) -> bool:
    """Whether a chart stands in the ``charts`` folder of another, and is rendered with it."""
    return any(folder.startswith(f"{other}/charts/") for other in charts if other != folder) or (
        "." in charts and folder.startswith("charts/")
    )


def read_charts(charts: Sequence[str], releases: Sequence[Release]) -> Batch:
    """Renders the charts of a scan as its releases install them."""
    with tempfile.TemporaryDirectory(prefix="prodready-") as home:
        found = renderer(home)
        if found is None:
            return Batch(gaps=[Gap(chart, _NEEDS, folders=(chart,)) for chart in charts])
        with found:
            return render_charts(charts, found, releases)


def render_charts(charts: Sequence[str], helm: Renderer, releases: Sequence[Release] = ()) -> Batch:
    """The objects of every chart, each once for each release, or once with its own values."""
    batch = Batch()
    asked: dict[str, list[Release]] = defaultdict(list)
    for release in releases:
        asked[release.chart].append(release)
    for folder in charts:
        if vendored(folder, charts):
            continue
        try:
            chart = _chart(folder)
            if not chart.library:
                batch.add(_rendered(chart, charts, asked.get(folder, ()), helm))
        except InputError as error:
            batch.problems.append(error)
    return batch


def _rendered(
    chart: _Chart, charts: Sequence[str], releases: Sequence[Release], helm: Renderer
) -> Batch:
    """With the values of its releases; without any with the defaults; or with those for its CI.

    Values for CI switch on whatever can be switched on, so that they only serve where the chart
    does not render without values.
    """
    batch = Batch()
    outward = _leads_outside(chart.folder)
    if outward:
        batch.gaps.append(_gap(chart, f"was not rendered: {outward} is a link to the outside"))
        return batch
    with tempfile.TemporaryDirectory(prefix="prodready-") as home:
        prepared = _prepared(chart, charts, home, strict=helm.strict)
        for name in prepared.absent:
            batch.gaps.append(
                _gap(chart, f"was rendered without '{name}', which is not in its charts/")
            )
        failure = ""
        for release in releases or [Release(chart.folder)]:
            try:
                batch.add(_release(chart, prepared, release, helm))
            except RenderError as error:
                reason = str(error)[:_LONGEST_REASON]
                trial = "" if releases else _with_ci_values(chart, prepared, helm, batch)
                failure = f"was rendered with {trial} only" if trial else "was not rendered"
                failure = f"{failure}: {reason}"
        if failure:
            batch.gaps.append(_gap(chart, failure))
    return batch


def _with_ci_values(chart: _Chart, prepared: _Prepared, helm: Renderer, batch: Batch) -> str:
    """Renders with the first values for the chart's tests that it renders with; their path."""
    folder = chart.inside("ci")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in filter(_CI_VALUES.fullmatch, names):
        release = Release(chart.folder, files=(f"{folder}/{name}",))
        try:
            batch.add(_release(chart, prepared, release, helm, certain=False))
        except RenderError:
            continue
        return release.files[0]
    return ""


def _gap(chart: _Chart, message: str) -> Gap:
    return Gap(chart.head, message, folders=(chart.folder,))


def _leads_outside(folder: str) -> str:
    """A symbolic link in the chart that leads out of it: what it names is nobody's to read."""
    root = Path(folder).resolve()
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(here, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                return path.as_posix()
    return ""


def _prepared(chart: _Chart, charts: Sequence[str], home: str, *, strict: bool) -> _Prepared:
    """A dependency on a chart of the same repository (``file://``) is put where Helm looks for it;
    one that is missing is left out, so that the rest can be judged.
    """
    missing = [row for row in chart.dependencies if not _is_there(chart, str(row.get("name")))]
    local: dict[str, Path] = {}
    rest: list[dict[str, Any]] = []
    for row in missing:
        source = _local_source(chart, row, charts)
        if source is not None:
            local[_alias(row)] = source
        else:
            rest.append(row)
    absent = [str(row.get("name")) for row in rest if _is_wanted(chart, row)]
    if not local and not (strict and rest):
        return _Prepared(chart.folder, local, absent)
    copy = Path(home, "chart")
    shutil.copytree(chart.folder, copy)
    (copy / "charts").mkdir(exist_ok=True)
    for source in local.values():
        shutil.copytree(source, copy / "charts" / str(len(os.listdir(copy / "charts"))))
    if strict and rest:
        _without(copy / "Chart.yaml", {str(row.get("name")) for row in rest})
    return _Prepared(str(copy), local, absent)


def _is_there(chart: _Chart, name: str) -> bool:
    vendored_in = Path(chart.folder, "charts")
    archive = re.compile(rf"{re.escape(name)}-v?\d.*\.tgz")
    names = os.listdir(vendored_in) if vendored_in.is_dir() else []
    return name in names or any(map(archive.fullmatch, names))


def _alias(row: dict[str, Any]) -> str:
    """The name by which a chart speaks of a dependency."""
    return str(row.get("alias") or row.get("name"))


def _local_source(chart: _Chart, row: dict[str, Any], charts: Sequence[str]) -> Path | None:
    """The folder of a dependency: a path in this repository, or the chart of that name beside."""
    repository = str(row.get("repository"))
    if repository.startswith("file://"):
        source = Path(chart.folder, repository.removeprefix("file://"))
    else:
        source = Path(os.path.dirname(chart.folder), str(row.get("name")))
    here = os.path.normpath(source).replace(os.sep, "/")
    safe = here in charts or (
        repository.startswith("file://")
        and source.resolve().is_relative_to(_repository_of(chart.folder))
    )
    if not safe or not (source / "Chart.yaml").is_file() or _leads_outside(str(source)):
        return None
    return Path(os.path.normpath(source))


def _repository_of(folder: str) -> Path:
    """The top of the repository that a folder is in; without one the working directory."""
    resolved = Path(folder).resolve()
    tops = (top for top in (resolved, *resolved.parents) if (top / ".git").exists())
    return next(tops, Path.cwd())


def _is_wanted(chart: _Chart, row: dict[str, Any]) -> bool:
    """Whether the default values switch the dependency on, as they do without a condition."""
    condition = row.get("condition")
    if not isinstance(condition, str):
        return True
    for path in condition.split(","):
        for file in chart.values:
            value = file.get(path.strip().split("."))
            if isinstance(value, bool):
                return value
    return True


def _without(path: Path, names: set[str]) -> None:
    """Takes dependencies out of the copy of a ``Chart.yaml``."""
    import yaml

    value = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    rows = value.get("dependencies") or []
    value["dependencies"] = [row for row in rows if str(row.get("name")) not in names]
    path.write_text(yaml.safe_dump(value), "utf-8")


def _release(
    chart: _Chart, prepared: _Prepared, release: Release, helm: Renderer, *, certain: bool = True
) -> Batch:
    files = [_values_file(path) for path in release.files]
    texts = [file.text for file in files]
    if release.inline:
        texts.append(release.inline)
    name = (release.name or chart.name)[:_LONGEST_NAME]
    request = Request(prepared.place, name, release.namespace, tuple(texts))
    rendered = helm.render(request)
    again = helm.render(request) if _makes_up(prepared.place) else rendered
    head = release.inline_path or (files[-1].path if files else chart.head)
    values = [*reversed(files), *chart.values]
    batch = Batch()
    for source, text in sorted(rendered.items()):
        if _MANIFEST.fullmatch(source):
            template = _template(chart, source.partition("/")[2], prepared.local, values)
            other = again.get(source, text)
            batch.add(_objects(text, other, head, template, certain=certain))
    return batch


def _template(
    chart: _Chart, inner: str, local: dict[str, Path], values: Sequence[ValuesFile]
) -> Template:
    """The file behind ``templates/web.yaml``; of an archived dependency only its chart is shown."""
    path = chart.inside(inner)
    first, _, rest = inner.removeprefix("charts/").partition("/")
    if inner.startswith("charts/") and first in local:
        path = os.path.normpath(local[first] / rest).replace(os.sep, "/")
        values = [*values, *_defaults(local[first].as_posix())]
    if os.path.isfile(path):
        return Template(path, decode(read_bytes(path), path), values)
    return Template(chart.head, "")


def _makes_up(folder: str) -> bool:
    """Whether its templates draw passwords, keys or times, other ones at each rendering."""
    for here, _, files in os.walk(folder):
        for name in files:
            if name.endswith((".yaml", ".yml", ".tpl")):
                text = Path(here, name).read_bytes()
                if b"{{" in text and _RANDOM.search(text):
                    return True
    return False


def _objects(text: str, again: str, head: str, template: Template, *, certain: bool) -> Batch:
    batch = Batch()
    seen: Counter[str] = Counter()
    others = _DOCUMENT.split(again)
    for number, part in enumerate(_DOCUMENT.split(text)):
        if not is_object(part):
            continue
        document = Rendered(part, head, template, certain=certain)
        try:
            value = document.load()
        except InputError as error:
            message = f"renders to what is no manifest: {error.message}"
            batch.problems.append(InputError(message, template.path))
            continue
        if text != again:
            value = _steady(value, YamlDocument(others[number], head, 1).load())
        kind = str(value.get("kind")) if type(value) is dict else ""
        document.index = seen[kind]
        seen[kind] += 1
        if document.version_chosen:
            chosen = Unknown("the template asks the cluster for the version", value["apiVersion"])
            value = {**value, "apiVersion": chosen}
        batch.resources += objects_of(value, document)
    if batch.resources:
        batch.judged.append(template.path)
        batch.comments = suppression_comments(template.text, template.path)
    return batch


def _steady(value: Any, other: Any) -> Any:
    """What two renderings agree on; the rest is unknown, for it is new each time."""
    if type(value) is dict and type(other) is dict:
        return {key: _steady(element, other.get(key)) for key, element in value.items()}
    if type(value) is list and type(other) is list and len(value) == len(other):
        return list(map(_steady, value, other))
    if is_unknown(value) or is_unknown(other) or value == other:
        return value
    return Unknown("the chart makes it up anew each time that it is rendered")
