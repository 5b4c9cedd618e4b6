"""All resources of one scan, and the indexes that relations between them are read from."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from prodready_infra.errors import UnknownValue
from prodready_infra.model.container import Container
from prodready_infra.model.gap import Gap, nested
from prodready_infra.model.node import Node, Nowhere
from prodready_infra.model.resource import Resource
from prodready_infra.model.workload import Workload, runs_pods

if TYPE_CHECKING:
    from prodready_infra.model.stage import Stage

T = TypeVar("T")


class Inventory:
    """All resources of one scan.

    ``gaps`` is what the scan met and did not read, such as a chart that was not rendered: a rule
    about something missing must not fail on what may stand there.
    """

    kind = "inventory"
    address = "inventory"
    source = ""

    def __init__(
        self,
        resources: Iterable[Resource] = (),
        stages: Iterable["Stage"] = (),
        gaps: Iterable[Gap] = (),
        has_file: Callable[[str], bool] | None = None,
    ) -> None:
        self.resources = tuple(resources)
        self.stages = tuple(stages)
        self.gaps = tuple(gaps)
        self._has_file = has_file
        self._indexes: dict[object, object] = {}

    @property
    def node(self) -> Node:
        """Something to point at when a problem concerns the whole scan."""
        return Node({}, (), Nowhere())

    def index(self, build: Callable[["Inventory"], T]) -> T:
        """What ``build`` makes of this inventory, made once."""
        if build not in self._indexes:
            self._indexes[build] = build(self)
        return self._indexes[build]  # type: ignore[return-value]

    def holds_file(self, path: str, near: str) -> bool:
        """Whether a file that ``near`` names by a relative path is there.

        It is looked for in the folder of ``near`` and in those above it, up to where the program
        runs. Raises :class:`UnknownValue` where the scan did not come from files.
        """
        if self._has_file is None or near.startswith("<"):
            raise UnknownValue(f"nobody can tell whether '{path}' is there")
        folders = ["", *accumulate(near.split("/")[:-1], "{}/{}".format)]
        return any(self._has_file(f"{folder}/{path}" if folder else path) for folder in folders)

    def unread(self, source: str = "kubernetes", near: str = "") -> Gap | None:
        """Something of that source that was not read; with ``near``, only about that file."""
        found = (gap for gap in self.gaps if gap.source == source)
        return next((gap for gap in found if not near or gap.near(near)), None)

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.kind].append(resource)
        return found

    def of_kind(self, *kinds: str) -> list[Resource]:
        """The resources of the given kinds, in the order they were read."""
        return [resource for kind in kinds for resource in self._by_kind.get(kind, ())]

    @cached_property
    def _by_scope(self) -> dict[tuple[str, str], list[Resource]]:
        found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.scope, resource.kind].append(resource)
        return found

    def in_scope_of(self, resource: Resource, *kinds: str) -> list[Resource]:
        """The resources of the given kinds that are applied with it: of its root module."""
        return [one for kind in kinds for one in self._by_scope.get((resource.scope, kind), ())]

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every Kubernetes object that runs pods which do something."""
        found = (Workload(resource) for resource in self.resources if runs_pods(resource))
        return tuple(workload for workload in found if not workload.holds_place)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        return tuple(c for workload in self.workloads for c in workload.containers)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], list[Resource]]:
        found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.kind, same_namespace(resource.namespace), resource.name].append(resource)
        return found

    def named(self, kind: str, namespace: str, name: str, near: str = "") -> Resource | None:
        """The object of that name; of several, the one whose file is nearest to ``near``.

        Raises :class:`UnknownValue` when other files, equally near, declare it too.
        """
        found = self._by_name.get((kind, same_namespace(namespace), name), ())
        best = nearest(found, near, lambda resource: resource.path)
        if best is None or len(found) == 1 or best.path == near:
            return best
        distance = closeness(near, best.path)
        as_near = {r.path for r in found if closeness(near, r.path) == distance}
        if len(as_near) > 1:
            raise UnknownValue(f"{len(as_near)} files, equally near, declare {best.address}")
        return best

    @cached_property
    def _by_address(self) -> dict[tuple[str, str], list[Resource]]:
        found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        for resource in self.resources:
            if resource.source == "terraform":
                found[resource.scope, resource.unkeyed].append(resource)
        return found

    def references(self, resource: Resource, *kinds: str, at: str = "") -> list[Resource]:
        """The Terraform resources that this one names in its expressions.

        With ``at`` only those that this attribute names, written as ``Resource.named_at`` has it.
        """
        every = (reference.target for reference in resource.references)
        return [
            found
            for target in (resource.named_at(at) if at else dict.fromkeys(every))
            for found in self._by_address.get((resource.scope, target), ())
            if not kinds or found.kind in kinds
        ]

    def referrers(self, resource: Resource, *kinds: str, at: str = "") -> list[Resource]:
        """The Terraform resources that name this one in their expressions, or in one attribute."""
        found = self.index(_referrers).get((resource.scope, resource.unkeyed), ())
        return [
            referrer
            for referrer in found
            if (not kinds or referrer.kind in kinds) and (not at or referrer.names(resource, at))
        ]


def _referrers(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.resources:
        for target in dict.fromkeys(reference.target for reference in resource.references):
            found[resource.scope, target].append(resource)
    return found


def same_namespace(namespace: str) -> str:
    """One token for ``default`` and for no namespace: nobody can tell them apart in a file."""
    return "" if namespace == "default" else namespace


def closeness(path: str, other: str) -> int:
    """How many folders two files share, counted from the top; most for the same file."""
    pairs = zip(path.split("/"), other.split("/"), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), path.count("/") + 1)


def related(path: str, other: str) -> bool:
    """Whether two files stand in one folder, or one of them in a folder below the other's."""
    return nested(path.rpartition("/")[0], other.rpartition("/")[0])


def beside(path: str, other: str) -> bool:
    """Whether two files are related, or stand in two folders of one folder."""
    here, there = path.rpartition("/")[0], other.rpartition("/")[0]
    return nested(here, there) or here.rpartition("/")[0] == there.rpartition("/")[0]


def together(one: Resource, other: Resource) -> bool:
    """Whether two objects are surely deployed side by side.

    They are when both name one namespace, or where none is written when one folder holds both:
    folders side by side may be two projects that each have a ``frontend``. What one root module
    of Terraform makes is applied at once, wherever its modules stand.
    """
    namespace = same_namespace(one.namespace)
    if namespace != same_namespace(other.namespace):
        return False
    at_once = bool(one.scope) and one.scope == other.scope
    return bool(namespace) or at_once or related(one.path, other.path)


def nearest(candidates: Iterable[T], near: str, path: Callable[[T], str]) -> T | None:
    """The candidate whose file shares the longest chain of folders with ``near``."""
    return max(candidates, key=lambda candidate: closeness(near, path(candidate)), default=None)
