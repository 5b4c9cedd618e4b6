"""Selectors against everything that has labels: one index, and three answers."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import beside, closeness, related, same_namespace
from prodready_infra.model.resource import Resource
from prodready_infra.model.selector import Selector

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """What selects one thing: for certain, and perhaps (a label or selector is not known)."""

    certain: list[Resource] = field(default_factory=list)
    possible: list[Resource] = field(default_factory=list)

    def resolve(self) -> list[Resource]:
        """Those that select it for certain; raises when there is only a perhaps."""
        if not self.certain and self.possible:
            raise UnknownValue(f"{self.possible[0].address} may or may not select it")
        return self.certain


class LabelIndex(Generic[T]):
    """Finds the labelled things that a selector matches without looking at all of them."""

    def __init__(self, things: Iterable[T], labels_of: Callable[[T], dict[str, str]]) -> None:
        self.labelled: list[tuple[T, dict[str, str]]] = []
        self.unlabelled: list[T] = []
        self._by_pair: dict[tuple[str, str], list[tuple[T, dict[str, str]]]] = defaultdict(list)
        for thing in things:
            try:
                entry = (thing, labels_of(thing))
            except UnknownValue:
                self.unlabelled.append(thing)
                continue
            self.labelled.append(entry)
            for pair in entry[1].items():
                self._by_pair[pair].append(entry)

    def matching(self, selector: Selector) -> list[T]:
        """The things whose labels are known and match."""
        return [thing for thing, labels in self._candidates(selector) if selector.matches(labels)]

    def _candidates(self, selector: Selector) -> list[tuple[T, dict[str, str]]]:
        narrowest = self.labelled
        for key, values in selector.required_pairs():
            found = [entry for value in values for entry in self._by_pair.get((key, value), ())]
            if len(found) < len(narrowest):
                narrowest = found
        return narrowest


Namespaced = dict[str, LabelIndex[T]]


def per_namespace(
    things: Iterable[T],
    namespace_of: Callable[[T], str],
    labels_of: Callable[[T], dict[str, str]],
) -> Namespaced[T]:
    groups: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        groups[same_namespace(namespace_of(thing))].append(thing)
    return {name: LabelIndex(group, labels_of) for name, group in groups.items()}


def select(
    selecting: Iterable[Resource],
    selector_of: Callable[[Resource], Selector | None],
    reach: Callable[[Resource], Iterable[LabelIndex[T]]],
) -> dict[T, Selection]:
    """For each thing, the resources whose selector matches it."""
    found: dict[T, Selection] = defaultdict(Selection)
    for resource in selecting:
        possible: list[T] = []
        matching: list[T] = []
        try:
            selector = selector_of(resource)
        except UnknownValue:
            for index in reach(resource):
                possible += [*(thing for thing, _ in index.labelled), *index.unlabelled]
        else:
            for index in reach(resource) if selector is not None else ():
                matching += index.matching(selector) if selector is not None else ()
                possible += index.unlabelled
        near, far = _parted(_without_far_copies(matching, resource), resource)
        for thing in near:
            found[thing].certain.append(resource)
        for thing in far:
            found[thing].possible.append(resource)
        for thing in possible:
            if related(_path(thing), resource.path):
                found[thing].possible.append(resource)
    return found


def _parted(things: Iterable[T], resource: Resource) -> tuple[list[T], list[T]]:
    """Those that surely stand beside the resource, and if there are none those that may.

    Where no namespace is written, the same labels in another corner of the tree are most often
    those of another project.
    """
    found = list(things)
    if same_namespace(resource.namespace):
        return found, []
    near = [thing for thing in found if beside(_path(thing), resource.path)]
    return near, [] if near else found


def _path(thing: object) -> str:
    resource = getattr(thing, "resource", thing)
    return resource.path if isinstance(resource, Resource) else ""


def _without_far_copies(things: list[T], near: Resource) -> Iterable[T]:
    """Of several things of one name, those nearest to ``near``.

    A tree of many projects or environments has many a ``frontend``, each with a Service of its
    own; and where no namespace is written, all that a selector matches in another project.
    """
    if len(things) < 2:
        return things
    named = bool(same_namespace(near.namespace))
    best: dict[tuple[str, str], int] = {}
    keyed = []
    for thing in things:
        key = (getattr(thing, "kind", ""), getattr(thing, "name", "")) if named else ("", "")
        distance = closeness(near.path, _path(thing))
        best[key] = max(best.get(key, -1), distance)
        keyed.append((thing, key, distance))
    return [thing for thing, key, distance in keyed if distance == best[key]]
