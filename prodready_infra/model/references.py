"""What is surely wrong with a name by which a pod reads something: the third answer is "unknown".

People and pipelines make Secrets, and ConfigMaps too, that no manifest shows. That one is absent
is therefore never wrong by itself; what stands beside it must tell that it is a slip.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prodready_infra.errors import UnknownValue
from prodready_infra.model.configuration import (
    ConfigUse,
    Producer,
    all_producers,
    configuration_of,
    producers_of,
)
from prodready_infra.model.inventory import Inventory, same_namespace, together
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource

# Every namespace has them: of Kubernetes, of OpenShift, of Istio.
_EVERYWHERE = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("ConfigMap", "istio-ca-root-cert"),
        ("ServiceAccount", "default"),
    }
)
# They copy objects into other namespaces.
_COPIERS = ("kyverno.io/ClusterPolicy", "kyverno.io/Policy", "kyverno.io/GeneratingPolicy")
_WORD = re.compile(r"[a-z0-9]+")
_SHORT_NAME = 6
_SHORT_WORD = 4

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Flaw:
    """What is wrong with a reference: where it stands, why, and what makes the object meant."""

    node: Node
    message: str
    maker: Resource
    related: tuple[tuple[Node, str], ...] = ()


def flaws_of(inventory: Inventory, uses: Iterable[ConfigUse]) -> Iterator[Flaw]:
    """What is surely wrong with any of them; raises at the end when nobody can tell of one."""
    doubts: list[UnknownValue] = []
    for use in uses:
        try:
            flaw = _flaw(inventory, use)
        except UnknownValue as doubt:
            doubts.append(doubt)
            continue
        if flaw is not None:
            yield flaw
    if doubts:
        raise doubts[0]


def _flaw(inventory: Inventory, use: ConfigUse) -> Flaw | None:
    """What is wrong with one; one that is optional, or names nothing, has no flaw."""
    name, place = use.node.text(), use.workload.resource
    if use.optional or not name or (use.kind, name) in _EVERYWHERE:
        return None
    found = producers_of(inventory, use.kind, place.namespace, name)
    if found:
        return _keyless(use, found, inventory)
    unread = inventory.unread(near=place.path)
    if unread is not None:
        raise UnknownValue(f"{use.kind} '{name}' was not found; {unread}")
    flaw = _elsewhere(use, inventory) or _misspelt(use, inventory)
    if flaw is None:
        raise UnknownValue(f"nothing in this scan makes {use.kind} '{name}'")
    return flaw


def _keyless(use: ConfigUse, found: list[Producer], inventory: Inventory) -> Flaw | None:
    """Nothing that makes the object gives it the key."""
    key = use.key.text()
    if not key or any(made.keys is None or key in made.keys for made in found):
        return None
    beside = [made.resource for made in found if together(made.resource, use.workload.resource)]
    if not beside:
        raise UnknownValue(f"{found[0].resource.address} of another folder may not be meant")
    for resource in beside:
        unread = inventory.unread(near=resource.path)
        if unread is not None:
            raise UnknownValue(f"{use.kind} '{use.name}' shows no key '{key}'; {unread}")
    given = sorted({own for made in found for own in made.keys or ()})
    some = ", ".join(f"'{own}'" for own in given[:2]) + (" …" if len(given) > 2 else "")
    return Flaw(
        use.key,
        f"{use.kind} '{use.name}' has no key '{key}', only {some}",
        beside[0],
        ((beside[0].get("metadata", "name"), "this makes it"),),
    )


def _elsewhere(use: ConfigUse, inventory: Inventory) -> Flaw | None:
    """The same file makes it, in a namespace where no pod reads it."""
    place = use.workload.resource
    # A chart's objects are in ``default`` where nothing says for which namespace it is.
    if not same_namespace(place.namespace) or inventory.of_kind(*_COPIERS):
        return None
    for made in inventory.index(_by_name).get((use.kind, use.name), ()):
        other, namespace = made.resource, same_namespace(made.resource.namespace)
        if other.path != place.path or not namespace or made.copied:
            continue
        if (use.kind, namespace, use.name) not in inventory.index(_read_by_pods):
            return Flaw(
                use.node,
                f"{use.kind} '{use.name}' is in namespace '{namespace}', and the pods in"
                f" '{place.namespace}'",
                other,
                ((other.get("metadata", "namespace"), "it is in this one"),),
            )
    return None


def _misspelt(use: ConfigUse, inventory: Inventory) -> Flaw | None:
    """One letter away from something in the same folder that no pod reads."""
    place = use.workload.resource
    namespace = same_namespace(place.namespace)
    for spelling in _spellings(use.name):
        for name, made in inventory.index(_by_spelling).get((use.kind, namespace, spelling), ()):
            beside = made.resource.folder == place.folder
            if beside and (use.kind, namespace, name) not in inventory.index(_read_by_pods):
                return Flaw(
                    use.node,
                    f"there is no {use.kind} '{use.name}', only a '{name}' that no pod names",
                    made.resource,
                    ((made.resource.get("metadata", "name"), "perhaps this is meant"),),
                )
    return None


def _by_name(inventory: Inventory) -> dict[tuple[str, str], list[Producer]]:
    found: dict[tuple[str, str], list[Producer]] = defaultdict(list)
    for (kind, _, name), made in all_producers(inventory).items():
        found[kind, name] += made
    return found


def _by_spelling(inventory: Inventory) -> dict[_Key, list[tuple[str, Producer]]]:
    """What is made, by each way to misspell its name."""
    found: dict[_Key, list[tuple[str, Producer]]] = defaultdict(list)
    for (kind, namespace, name), made in all_producers(inventory).items():
        for spelling in _spellings(name):
            found[kind, namespace, spelling].append((name, made[0]))
    return found


def _spellings(name: str) -> Iterator[str]:
    """A name without its dashes, and with one letter left out: names near each other share one.

    No digit and no letter of a short word is a slip of the pen: ``cache-1`` and ``cache-2``,
    ``us-east`` and ``us-west`` are two things.
    """
    words = _WORD.findall(name)
    letters = "".join(words)
    if len(letters) < _SHORT_NAME:
        return
    yield letters
    start = 0
    for word in words:
        if len(word) > _SHORT_WORD:
            for i in range(start, start + len(word)):
                if not letters[i].isdigit():
                    yield letters[:i] + letters[i + 1 :]
        start += len(word)


def _read_by_pods(inventory: Inventory) -> set[_Key]:
    """Every object that a pod of the scan names."""
    found: set[_Key] = set()
    for workload in inventory.workloads:
        try:
            uses = configuration_of(workload)
        except UnknownValue:
            continue
        found |= {(use.kind, same_namespace(workload.namespace), use.name) for use in uses}
    return found
