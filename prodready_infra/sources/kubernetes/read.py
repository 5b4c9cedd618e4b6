"""Manifests to resources: streams, lists, JSON; what is a template is noted, not guessed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Node, Origin
from prodready_infra.model.resource import Resource, kubernetes_kind
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.kubernetes.embedded import embedded_in
from prodready_infra.sources.kubernetes.yaml import YamlDocument

# Cluster-scoped kinds of the API reference of Kubernetes 1.34 that manifests commonly hold.
_CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
# Most bytes of real trees are definitions of custom resources, and no rule asks about them.
_UNREAD_KINDS = frozenset({"CustomResourceDefinition"})

# Run by hand, when somebody asks: https://helm.sh/docs/topics/chart_tests/
_HOOK = "helm.sh/hook"
_HOOKS = frozenset({"test", "test-success", "test-failure"})

_SEPARATOR = re.compile(r"^---(?:[ \t].*)?\r?$", re.MULTILINE)
_KIND = re.compile(r"""^["']?kind["']?[ \t]*:[ \t]*["']?([A-Za-z0-9]*)""", re.MULTILINE)
_VERSION = re.compile(r"[\w./-]+")
_TEMPLATE_MARK = re.compile(r"\{\{|\{%|<%|\{[A-Z][A-Z_]+\}")


def looks_like_manifest(text: str) -> bool:
    """Whether some document of the text may be a Kubernetes object; cheap, errs towards yes."""
    return "apiVersion" in text and "kind" in text


def read_manifests(text: str, path: str) -> Batch:
    """The objects of one file. A broken document hides none of the others."""
    batch = Batch()
    for document in documents(text, path):
        try:
            value = document.load()
        except InputError as error:
            if _TEMPLATE_MARK.search(document.text):
                batch.gaps.append(Gap(path, "is a template that must be rendered first"))
                break
            batch.problems.append(error)
            continue
        batch.resources += objects_of(value, document)
    if batch.resources:
        batch.judged.append(path)
        batch.comments = suppression_comments(text, path)
    return batch


def documents(text: str, path: str) -> Iterator[YamlDocument]:
    """The documents that are worth parsing, each with its first line in the file."""
    start, line = 0, 1
    for end, after in _boundaries(text):
        part = text[start:end]
        if is_object(part):
            yield YamlDocument(part, path, line)
        line += text.count("\n", start, after)
        start = after


def _boundaries(text: str) -> Iterator[tuple[int, int]]:
    for match in _SEPARATOR.finditer(text):
        yield match.start(), match.end()
    yield len(text), len(text)


def split_documents(text: str) -> Iterator[str]:
    """The documents of a stream, as texts."""
    start = 0
    for end, after in _boundaries(text):
        yield text[start:end]
        start = after


def is_object(text: str) -> bool:
    """Whether a document may be an object that some rule asks about; cheap."""
    if "apiVersion" not in text:
        return False
    match = _KIND.search(text)
    return "kind" in text if match is None else match[1] not in _UNREAD_KINDS


def objects_of(value: Any, origin: Origin) -> Iterator[Resource]:
    """The objects that one document declares, but for those that only test a release."""
    for resource in _objects(Node(value, (), origin)):
        if not _HOOKS.isdisjoint(resource.annotations.get(_HOOK, "").replace(" ", "").split(",")):
            continue
        yield resource
        yield from embedded_in(resource)


def _objects(node: Node) -> Iterator[Resource]:
    """The object itself, or the members of a List or of a JSON array."""
    value = node.value
    if type(value) is list:
        for item in node.items():
            yield from _objects(item)
    elif type(value) is dict and isinstance(value.get("kind"), str):
        if value["kind"].endswith("List") and type(value.get("items")) is list:
            kind = {"apiVersion": value.get("apiVersion"), "kind": value["kind"][: -len("List")]}
            for item in node.get("items").items():
                if type(item.value) is dict and "kind" not in item.value:  # as the API lists them
                    item = Node({**kind, **item.value}, item.path, item.origin)  # noqa: PLW2901
                yield from _objects(item)
        elif _VERSION.fullmatch(node.get("apiVersion").identity()):
            yield kubernetes_resource(node)


def kubernetes_resource(node: Node) -> Resource:
    """The resource of one Kubernetes object."""
    root = Node(node.value, node.path, node.origin)
    kind = kubernetes_kind(root.get("apiVersion").identity(), root.get("kind").identity())
    metadata = root.get("metadata")
    name = metadata.get("name").identity()
    if not name and (prefix := metadata.get("generateName").identity()):
        name = f"{prefix}*"
    namespace = "" if kind in _CLUSTER_SCOPED else metadata.get("namespace").identity()
    return Resource(kind, name, namespace, _address(kind, namespace, name), "kubernetes", root)


def _address(kind: str, namespace: str, name: str) -> str:
    shown = kind.rpartition("/")[2]
    return "/".join(part for part in (shown, namespace, name) if part)


def in_namespace(resource: Resource, namespace: str) -> Resource:
    """The object as it is when something else puts it into a namespace."""
    if resource.kind in _CLUSTER_SCOPED:
        return resource
    address = _address(resource.kind, namespace, resource.name)
    return replace(resource, namespace=namespace, address=address)
