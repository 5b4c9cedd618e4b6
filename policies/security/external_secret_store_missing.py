"""An ExternalSecret without its store never makes the Secret that pods wait for."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_namespace,
    together,
)

_GROUP = "external-secrets.io"
_STORE, _CLUSTER_STORE = "SecretStore", "ClusterSecretStore"
_KINDS = (_STORE, _CLUSTER_STORE)


@rule(
    id="SEC033",
    title="ExternalSecret names a store of the wrong kind or namespace",
    group="availability",
    kinds=[f"{_GROUP}/ExternalSecret", f"{_GROUP}/ClusterExternalSecret"],
    references=[
        "https://external-secrets.io/latest/api/externalsecret/",
        "https://external-secrets.io/latest/api/secretstore/",
        "https://external-secrets.io/latest/api/clustersecretstore/",
    ],
)
def external_secret_store_missing(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    refs = list(_refs(resource))
    if not refs:
        raise NotApplicable("it reads from no store: generators make its values")
    doubt = ""
    for ref in refs:
        kind, name = ref.get("kind").text(_STORE) or _STORE, ref.get("name").text()
        if kind not in _KINDS:
            doubt = doubt or f"'{kind}' is no kind of store that is known here"
            continue
        same_kind = inventory.index(_stores).get((kind, name), [])
        if _found(resource, same_kind):
            continue
        other = _other_place(resource, same_kind)
        if not same_kind:
            other = _other_kind(resource, kind, name, inventory)
        if other is None or inventory.unread(near=resource.path) is not None:
            doubt = doubt or f"no file of the scan declares {kind} '{name}'"
            continue
        yield _problem(ref, kind, other)
    if doubt:
        raise UnknownValue(doubt)


def _refs(resource: Resource) -> Iterator[Node]:
    """The store of all values, and those that single values name."""
    spec = resource.get("spec")
    if resource.kind == f"{_GROUP}/ClusterExternalSecret":
        spec = spec.get("externalSecretSpec")
    rows = (*spec.get("data").items(), *spec.get("dataFrom").items())
    for ref in (spec.get("secretStoreRef"), *(row.get("sourceRef", "storeRef") for row in rows)):
        if ref.get("name").present:
            yield ref


def _found(resource: Resource, stores: list[Resource]) -> bool:
    """A SecretStore serves its own namespace; a ClusterExternalSecret writes into many."""
    own = same_namespace(resource.namespace)
    return any(
        store.kind.endswith(_CLUSTER_STORE)
        or resource.kind.endswith("/ClusterExternalSecret")
        or same_namespace(store.namespace) == own
        for store in stores
    )


def _other_place(resource: Resource, stores: list[Resource]) -> Resource | None:
    """A store of another namespace that the same file declares."""
    own = same_namespace(resource.namespace)
    beside = (s for s in stores if s.path == resource.path and same_namespace(s.namespace))
    return next(beside, None) if own else None


def _other_kind(resource: Resource, kind: str, name: str, inventory: Inventory) -> Resource | None:
    """A store of that name and of the other kind that surely is meant."""
    if kind == _STORE:
        # Where some stores are of this kind, the one of that name may be made by hand.
        if inventory.of_kind(f"{_GROUP}/{_STORE}"):
            return None
        return next(iter(inventory.index(_stores).get((_CLUSTER_STORE, name), [])), None)
    stores = inventory.index(_stores).get((_STORE, name), [])
    return next((store for store in stores if together(store, resource)), None)


def _problem(ref: Node, kind: str, store: Resource) -> Problem:
    name, found = store.name, store.kind.rpartition("/")[2]
    if found == kind:
        message = f"{kind} '{name}' is in namespace '{store.namespace}', and serves only that"
        return Problem(
            ref.get("name"), message, ((store.get("metadata", "namespace"), "this one"),)
        )
    said = "" if ref.get("kind").present else " (the default kind)"
    return Problem(
        ref.get("kind" if ref.get("kind").present else "name"),
        f"there is no {kind} '{name}'{said}, but a {found} of that name",
        ((store.get("metadata", "name"), "perhaps this is meant"),),
    )


def _stores(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for kind in _KINDS:
        for store in inventory.of_kind(f"{_GROUP}/{kind}"):
            found[kind, store.name].append(store)
    return found
