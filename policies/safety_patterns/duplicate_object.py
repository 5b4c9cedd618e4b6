"""An object that is declared twice is what its last declaration says; the first is lost."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_HOOKS = frozenset({"argocd.argoproj.io/hook", "helm.sh/hook"})

_Key = tuple[str, str, str, str]


@rule(
    id="SAF057",
    title="object is declared twice in what is applied together",
    group="resilience",
    references=[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
        "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/",
    ],
)
def duplicate_object(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.source != "kubernetes":
        raise NotApplicable("it is no Kubernetes object")
    metadata = resource.get("metadata")
    if metadata.get("name").known and not metadata.get("name").present:
        raise NotApplicable("it has no name of its own")
    if _HOOKS & resource.annotations.keys():
        raise NotApplicable("it is made for one phase of a release, and deleted before the next")
    key = _key(resource)
    if key is None:
        if _is_alone(resource, inventory):
            return
        raise UnknownValue("its name or namespace is not known")
    copies = inventory.index(_copies).get(key, [resource])
    first = copies[0]
    if resource is first or not _side_by_side(copies):
        return
    kind, name = resource.kind.rpartition("/")[2], resource.name
    same = _content(resource) == _content(first)
    effect = "for nothing" if same else "and replaces what the first declaration says"
    yield Problem(
        resource.get("metadata", "name"),
        f"{kind} '{name}' is declared a second time, {effect}",
        ((first.get("metadata", "name"), "it is declared here first"),),
    )


def _key(resource: Resource) -> _Key | None:
    """What the API server tells objects apart by, within one file or the output of one render."""
    name, namespace = resource.get("metadata", "name"), resource.get("metadata", "namespace")
    if type(name.value) is not str or not namespace.known or "{{" in name.value:
        return None
    return resource.path, resource.kind, resource.namespace, name.value


def _copies(inventory: Inventory) -> dict[_Key, list[Resource]]:
    found: dict[_Key, list[Resource]] = defaultdict(list)
    for resource in inventory.resources:
        key = _key(resource) if resource.source == "kubernetes" else None
        if key is not None and not _HOOKS & resource.annotations.keys():
            found[key].append(resource)
    return found


def _is_alone(resource: Resource, inventory: Inventory) -> bool:
    """Whether no other object of its kind in the file can have its name, whatever that is."""
    names = inventory.index(_names)[resource.path, resource.kind]
    own = _name(resource)
    return (names[own] + names[None] if own else names.total()) == 1


def _names(inventory: Inventory) -> dict[tuple[str, str], Counter[str | None]]:
    found: dict[tuple[str, str], Counter[str | None]] = defaultdict(Counter)
    for resource in inventory.resources:
        if resource.source == "kubernetes":
            found[resource.path, resource.kind][_name(resource)] += 1
    return found


def _name(resource: Resource) -> str | None:
    """The name, where nothing in it is filled in by another tool."""
    name = resource.get("metadata", "name").value
    return name if type(name) is str and "{{" not in name else None


def _side_by_side(copies: list[Resource]) -> bool:
    """Two from one line of a template come of two releases of its chart."""
    nodes = [resource.node for resource in copies]
    places = [node.origin.locate(node.path) for node in nodes]
    return len({(place.path, place.line) for place in places}) == len(copies)


def _content(resource: Resource) -> str:
    return repr(resource.node.value)
