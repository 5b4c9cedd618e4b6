"""What AWS resources are tagged with: by their own tags, and by those of the provider."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource

Answer: TypeAlias = bool | None  # None: it cannot be told


def any_of(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return True if True in found else None if None in found else False


def negated(answer: Answer) -> Answer:
    return None if answer is None else not answer


@dataclass(frozen=True, slots=True)
class Tags:
    """What a resource is tagged with; not ``complete`` where some tags are not known."""

    known: dict[str, Node]
    complete: bool

    def bear(self, key: str, wanted: Node, *, like: bool = False) -> Answer:
        """Whether the value of a tag is the wanted one, or ``like`` it where that has wildcards."""
        tag = self.known.get(key)
        if tag is None:
            return False if self.complete else None
        if not (tag.known and wanted.known):
            return None
        value, pattern = tag.text(), wanted.text()
        return fnmatchcase(value, pattern) if like else value == pattern


def tags_of(resource: Resource, inventory: Inventory) -> Tags:
    """Its own tags, and those that the provider gives to all it makes.

    Of several providers only the tags that all of them give are its own for sure. They are not
    complete where its root module has no provider: the one of its caller may give it others.
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs#default_tags-configuration-block
    """
    own, defaults = resource.get("tags"), default_tags(inventory, resource.scope)
    known = [dict(tags.entries()) for tags in defaults if tags.known]
    common = (
        {key: tag for key, tag in known[0].items() if _in_all(key, tag, known)} if known else {}
    )
    alike = len(known) == len(defaults) > 0 and all(len(tags) == len(common) for tags in known)
    given = dict(own.entries()) if own.known else {}
    return Tags(common | given, alike and own.known)


def default_tags(inventory: Inventory, scope: str) -> list[Node]:
    """The tags of each AWS provider of a root module; absent ones too, of one that gives none."""
    return inventory.index(_default_tags).get(scope, [])


def _in_all(key: str, tag: Node, providers: list[dict[str, Node]]) -> bool:
    return all(key in one and one[key].identity() == tag.identity() for one in providers)


def _default_tags(inventory: Inventory) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for settings in inventory.of_kind("terraform"):
        for provider in settings.get("provider").items():
            if not provider.known or provider.get("aws").value is not None:
                found[settings.scope].append(provider.get("aws", "default_tags", 0, "tags"))
    return found
