"""What Argo CD and Flux say of the manifests and charts beside them: values, and the namespace.

https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
https://fluxcd.io/flux/components/helm/helmreleases/
https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Node, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.kubernetes.read import in_namespace

APPLICATION = "argoproj.io/Application"
HELM_RELEASE = "helm.toolkit.fluxcd.io/HelmRelease"
FLUX_KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/Kustomization"

_PARAMETER = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class Release:
    """One way in which a chart of the scan is installed.

    ``files`` are values files of the repository, ``inline`` the text of values that the object at
    ``inline_path`` holds.
    """

    chart: str
    name: str = ""
    namespace: str = ""
    files: tuple[str, ...] = ()
    inline: str = ""
    inline_path: str = ""


def releases_of(
    resources: Iterable[Resource], charts: Sequence[str]
) -> tuple[list[Release], list[Gap]]:
    """The installations of charts that objects ask for; a gap for each that cannot be followed."""
    found: list[Release] = []
    gaps: list[Gap] = []
    for resource in resources:
        if resource.kind == APPLICATION:
            wanted = _of_application(resource, charts)
        elif resource.kind == HELM_RELEASE:
            wanted = _of_helm_release(resource, charts)
        else:
            continue
        for each in wanted:
            if isinstance(each, Gap):
                gaps.append(each)
            else:
                found.append(each)
    return found, gaps


def _of_application(resource: Resource, charts: Sequence[str]) -> Iterator[Release | Gap]:
    namespace = resource.get("spec", "destination", "namespace").identity()
    for source in _sources(resource):
        chart = source.get("chart").identity()
        if chart:
            yield _not_here(resource, chart)
            continue
        folder = _folder(source.get("path").identity(), charts)
        if folder is None:
            continue
        helm = source.get("helm")
        values = _inline(helm)
        if values is None:
            yield _templated(resource)
            continue
        yield Release(
            folder,
            helm.get("releaseName").identity() or resource.name,
            namespace,
            tuple(_files(folder, helm.get("valueFiles"))),
            values,
            resource.path,
        )


def _sources(resource: Resource) -> list[Node]:
    several = resource.get("spec", "sources")
    if type(several.value) is list:
        return [node for node in several.items() if type(node.value) is dict]
    return [resource.get("spec", "source")]


def _of_helm_release(resource: Resource, charts: Sequence[str]) -> Iterator[Release | Gap]:
    spec = resource.get("spec")
    chart = spec.get("chart", "spec")
    local = chart.get("sourceRef", "kind").identity() == "GitRepository"
    folder = _folder(chart.get("chart").identity(), charts) if local else None
    if folder is None:
        name = chart.get("chart").identity() or spec.get("chartRef", "name").identity()
        yield _not_here(resource, name)
        return
    values = _text(spec.get("values").value)
    if values is None:
        yield _templated(resource)
        return
    yield Release(
        folder,
        spec.get("releaseName").identity() or resource.name,
        spec.get("targetNamespace").identity() or resource.namespace,
        tuple(_files(folder, chart.get("valuesFiles"))),
        values,
        resource.path,
    )


def _not_here(resource: Resource, chart: str) -> Gap:
    shown = f"'{chart}'" if chart else "its chart"
    return Gap(resource.path, f"installs {shown}, a chart that is not in this scan")


def _templated(resource: Resource) -> Gap:
    return Gap(resource.path, f"gives {resource.address} values that another tool fills in")


def _folder(path: str, folders: Sequence[str]) -> str | None:
    """The folder of the scan that a path from the top of the repository means."""
    wanted = os.path.normpath(path or ".").replace(os.sep, "/").lstrip("/")
    if not path:
        return None
    fitting = [folder for folder in folders if f"/{folder}".endswith(f"/{wanted}")]
    return min(fitting, key=len, default=None)


def _files(folder: str, names: Node) -> Iterator[str]:
    """Values files, relative to the chart; those from elsewhere cannot be read."""
    for node in names.items() if type(names.value) is list else ():
        path = os.path.normpath(os.path.join(folder, node.identity())).replace(os.sep, "/")
        if os.path.isfile(path) and not path.startswith(".."):
            yield path


def _inline(helm: Node) -> str | None:
    """``values``, ``valuesObject`` and ``parameters`` as one text; ``None`` when not known."""
    value: Any = {}
    text, tree = helm.get("values"), helm.get("valuesObject")
    if not (text.known and tree.known):
        return None
    if isinstance(text.value, str) and "valuesObject" not in (helm.value or {}):
        return text.value
    if type(tree.value) is dict:
        value = tree.value
    rows = helm.get("parameters")
    for row in rows.items() if type(rows.value) is list else ():
        name = row.get("name").identity()
        if not row.get("value").known or not _PARAMETER.fullmatch(name):
            return None
        value = with_value(value, name.split("."), row.get("value").value)
    return _text(value)


def with_value(value: Any, keys: Sequence[str], wanted: Any) -> dict[str, Any]:
    """A tree of values in which the one at ``keys`` is set."""
    tree = value if type(value) is dict else {}
    rest = keys[1:]
    return {**tree, keys[0]: with_value(tree.get(keys[0]), rest, wanted) if rest else wanted}


def _text(value: Any) -> str | None:
    """Values as text; ``None`` when a part of them is filled in by another tool."""
    if value is None:
        return ""
    return None if _has_unknown(value) else json.dumps(value)


def _has_unknown(value: Any) -> bool:
    if type(value) is dict:
        return any(map(_has_unknown, value.values()))
    if type(value) is list:
        return any(map(_has_unknown, value))
    return is_unknown(value)


def placed(resources: Sequence[Resource]) -> list[Resource]:
    """The resources, those without a namespace in the one that delivers them to."""
    places = sorted(_places(resources), key=lambda place: len(place[0]), reverse=True)
    if not places:
        return list(resources)
    return [_placed(resource, places) for resource in resources]


def _places(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Folders from the top of the repository, and the namespace that their objects go to."""
    for resource in resources:
        if resource.kind == FLUX_KUSTOMIZATION:
            path = resource.get("spec", "path").identity()
            namespace = resource.get("spec", "targetNamespace")
            if path and type(namespace.value) is str:
                yield os.path.normpath(path).replace(os.sep, "/"), namespace.value
        elif resource.kind == APPLICATION:
            namespace = resource.get("spec", "destination", "namespace")
            for source in _sources(resource):
                path = source.get("path").identity()
                if path and type(namespace.value) is str:
                    yield os.path.normpath(path).replace(os.sep, "/"), namespace.value


def _placed(resource: Resource, places: Sequence[tuple[str, str]]) -> Resource:
    if resource.namespace or resource.source != "kubernetes":
        return resource
    folder = f"/{resource.path.rpartition('/')[0]}/"
    for path, namespace in places:
        if path not in (".", "") and f"/{path}/" in folder:
            return in_namespace(resource, namespace)
    return resource
