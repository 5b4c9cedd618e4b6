"""What may be done to a Terraform resource by something that this scan does not show.

A rule about something missing calls these before it fails: each raises
:class:`UnknownValue` with what may be there.
"""

from collections import defaultdict
from dataclasses import dataclass

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.resource import Resource


def expect_no_module(resource: Resource, inventory: Inventory, may: str) -> None:
    """Raises where the resource is given to a module that was not read: it ``may lock it``."""
    for module in inventory.referrers(resource, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, {may}")


@dataclass(frozen=True, slots=True)
class _Strays:
    """By scope, the resources of which it is not known for what they are; an index."""

    kinds: tuple[str, ...]
    attribute: str
    targets: tuple[str, ...]

    def __call__(self, inventory: Inventory) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in inventory.of_kind(*self.kinds):
            if not (resource.get(*self.attribute.split(".")).known or self._names_one(resource)):
                found[resource.scope].append(resource)
        return found

    def _names_one(self, resource: Resource) -> bool:
        # What stands in for_each comes back as each.value.
        named = resource.named_at(self.attribute, "for_each")
        return any(not self.targets or target.split(".")[-2] in self.targets for target in named)


def strays(
    resource: Resource, inventory: Inventory, *kinds: str, at: str, of: tuple[str, ...] = ()
) -> list[Resource]:
    """The resources of ``kinds``, in its root module, that may be for it or for anything else.

    The value of ``at`` is not known, and its expression names no resource of the kinds ``of``; no
    resource at all where none are given.
    """
    return inventory.index(_Strays(kinds, at, of)).get(resource.scope, [])


def expect_no_stray(
    resource: Resource,
    inventory: Inventory,
    *kinds: str,
    at: str,
    of: tuple[str, ...] = (),
    may: str,
) -> None:
    """Raises where one of ``strays`` may be meant: it ``may be for this bucket``."""
    for stray in strays(resource, inventory, *kinds, at=at, of=of):
        if stray is not resource:
            raise UnknownValue(f"{stray.address} {may}")
