"""What Terraform puts into a cluster: objects, releases of charts, and what cannot be followed.

https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest
https://registry.terraform.io/providers/alekc/kubectl/latest/docs/resources/kubectl_manifest
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.node import Path, Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.kubernetes.delivery import Release
from prodready_infra.sources.kubernetes.read import documents, in_namespace, objects_of
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.blocks import ENCODERS, BlockOrigin
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.kubernetes.calls import Files, argument_of, gap_at
from prodready_infra.sources.terraform.kubernetes.convert import (
    Place,
    TranslatedOrigin,
    typed_object,
    with_texts,
)
from prodready_infra.sources.terraform.kubernetes.fields import TYPES
from prodready_infra.sources.terraform.kubernetes.releases import release_of
from prodready_infra.sources.terraform.kubernetes.texts import Text, TextOrigin, text_of

# The argument that holds a whole object, or the text of one.
_WHOLE = {"kubernetes_manifest": "manifest", "kubectl_manifest": "yaml_body"}
_RELEASE = "helm_release"
_KUSTOMIZATION = "kustomization_resource"
_DECODERS = ("yamldecode", "jsondecode")
# Terraform reads YAML 1.2, where these are words: https://pkg.go.dev/github.com/zclconf/go-cty-yaml
_OLD_WORDS = re.compile(r"(?im)(?:^|[\s:\-\[,])(?:y|n|yes|no|on|off)[ \t]*(?:#.*|[,\]}].*)?\r?$")


@dataclass(slots=True)
class Declared:
    """What was found: objects and gaps in ``batch``, and releases of charts of the scan."""

    batch: Batch = field(default_factory=Batch)
    releases: list[Release] = field(default_factory=list)


def declared_in(
    resources: Sequence[Resource],
    manifests: Collection[str] = (),
    ingredients: Collection[str] = (),
    charts: Sequence[str] = (),
) -> Declared:
    """The objects that Terraform resources declare; the resources stay what they are.

    ``manifests`` are files that the scan reads anyway, ``ingredients`` those it may read besides,
    ``charts`` folders with a chart.
    """
    found = Declared()
    read = frozenset(manifests)
    known = read.union(ingredients)
    for resource in resources:
        origin = resource.node.origin
        if not isinstance(origin, BlockOrigin):
            continue
        if resource.kind in TYPES:
            found.batch.resources += _typed(resource, origin)
        elif resource.kind in _WHOLE:
            _whole(resource, origin, Files(known, resource.scope), read, found.batch)
        elif resource.kind == _RELEASE:
            release, gaps = release_of(resource, origin, charts, Files(known, resource.scope))
            found.releases += [release] if release else []
            found.batch.gaps += gaps
        elif resource.kind == _KUSTOMIZATION:
            message = "applies what a kustomization makes, which is not known here"
            found.batch.gaps.append(gap_at(origin, message))
    return found


def _typed(resource: Resource, origin: BlockOrigin) -> Iterator[Resource]:
    value, place = typed_object(resource.kind, resource.node.value)
    return _objects(resource, origin, value, place)


def _objects(
    resource: Resource, origin: BlockOrigin, value: Any, place: Place
) -> Iterator[Resource]:
    value = with_texts(value, resource, origin, place)
    for made in objects_of(value, TranslatedOrigin(origin, place)):
        yield _applied(made, resource)


def _applied(made: Resource, resource: Resource) -> Resource:
    """What one root module makes is applied at once, and names what its expressions name."""
    return replace(made, scope=resource.scope, find_references=resource.find_references)


def _whole(
    resource: Resource, origin: BlockOrigin, files: Files, read: frozenset[str], batch: Batch
) -> None:
    name = _WHOLE[resource.kind]
    attribute = origin.block.body.attributes.get(name)
    if attribute is None:
        return
    expression, place = attribute.value, (name,)
    as_text = name == "yaml_body"
    inner = argument_of(expression, ENCODERS if as_text else _DECODERS)
    if inner is not None:
        expression, as_text = inner, not as_text
    if files.named(expression, origin.context) in read:
        return
    if as_text:
        text = text_of(expression, origin.context, origin.file, files)
        if isinstance(text, Text) and name == "manifest" and _OLD_WORDS.search(text.text):
            text = Unknown("it holds words that YAML 1.1 and 1.2 read differently")
        reason = _from_text(resource, origin, text, place, batch)
    else:
        value = values.plain(evaluate(expression, origin.context))
        reason = _from_value(resource, origin, value, place, batch)
    if reason:
        message = f"declares a Kubernetes object, but its manifest is not known: {reason}"
        batch.gaps.append(gap_at(origin, message))


def _from_value(
    resource: Resource, origin: BlockOrigin, value: Any, place: Path, batch: Batch
) -> str:
    """Reads an object of Terraform's; otherwise why there is none."""
    if is_unknown(value):
        return str(value.reason)
    if type(value) is not dict:
        return "it is no object"
    if _kind_unknown(value):
        return "its kind is not known"
    batch.resources += _objects(resource, origin, value, Place(place))
    return ""


def _kind_unknown(value: Any) -> bool:
    if type(value) is not dict:
        return is_unknown(value)
    return is_unknown(value.get("apiVersion")) or is_unknown(value.get("kind"))


def _from_text(
    resource: Resource, origin: BlockOrigin, text: Text | Unknown, place: Path, batch: Batch
) -> str:
    """Reads the documents of a text; a document that is no YAML is a problem of the file."""
    if isinstance(text, Unknown):
        return text.reason
    namespace = resource.get("override_namespace").value
    reason = ""
    if text.file is not None and text.file.path not in batch.judged:
        batch.judged.append(text.file.path)
        batch.comments += suppression_comments(text.file.text.decode(), text.file.path)
    for document in documents(text.text, origin.path):
        where = TextOrigin(document, text, origin, place)
        try:
            value = text.restored(document.load())
        except InputError as error:
            if text.marks:
                reason = next(iter(text.marks.values())).reason
            else:
                batch.problems.append(_located(error, where))
            continue
        if _kind_unknown(value):
            reason = "its kind is not known"
            continue
        for made in objects_of(value, where):
            placed = in_namespace(made, namespace) if type(namespace) is str else made
            batch.resources.append(_applied(placed, resource))
    return reason


def _located(error: InputError, origin: TextOrigin) -> InputError:
    place = origin.place_of(
        Location(error.path, error.line, error.column, error.line, error.column)
    )
    return InputError(error.message, place.path, place.line, place.column)
