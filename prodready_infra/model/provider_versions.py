"""Which versions of a provider a root module may be applied with.

https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource

_CONDITION = re.compile(r"\s*(~>|<=?|>=?|=?)\s*v?(\d+)((?:\.\d+)*)\s*")
# One resource may be made by either: which one it names does not matter where both are the same.
_BETAS = {"google": ("google", "google-beta")}


def provider_before(resource: Resource, inventory: Inventory, provider: str, major: int) -> bool:
    """Whether the constraints of its root module let no release of a major version in, or later."""
    given = _given(resource, inventory, provider)
    return bool(given) and all(any(_is_before(c, major) for c in each) for each in given)


def provider_since(resource: Resource, inventory: Inventory, provider: str, major: int) -> bool:
    """Whether the constraints of its root module let no release before a major version in."""
    given = _given(resource, inventory, provider)
    return bool(given) and all(any(_is_since(c, major) for c in each) for each in given)


_Condition = tuple[str, int, bool]  # the operator, the major version, whether it is all zeroes then


def _given(resource: Resource, inventory: Inventory, provider: str) -> list[list[_Condition]]:
    """The conditions of the provider, and those of its beta: each a list that holds together."""
    every = inventory.index(_conditions)
    names = _BETAS.get(provider, (provider,))
    return [every[resource.scope, name] for name in names if (resource.scope, name) in every]


def _is_before(condition: _Condition, major: int) -> bool:
    operator, number, whole = condition
    if operator == "<":
        return number < major or (number == major and whole)
    return operator in ("<=", "~>", "=", "") and number < major


def _is_since(condition: _Condition, major: int) -> bool:
    operator, number, _ = condition
    return operator in (">=", ">", "~>", "=", "") and number >= major


def _conditions(inventory: Inventory) -> dict[tuple[str, str], list[_Condition]]:
    found: dict[tuple[str, str], list[_Condition]] = defaultdict(list)
    for settings in inventory.of_kind("terraform"):
        for name, version in _versions(settings):
            for match in map(_CONDITION.fullmatch, version.identity().split(",")):
                if version.known and match:
                    whole = not match[3].strip(".0")
                    found[settings.scope, name].append((match[1], int(match[2]), whole))
    return found


def _versions(settings: Resource) -> Iterator[tuple[str, Node]]:
    """Names of providers with their constraints, in each of the forms that Terraform has had."""
    for block in ("required_providers", "provider"):
        value = settings.get(block).value
        for index in range(len(value) if type(value) is list else 0):
            node = settings.get(block, index)
            for name in node.value if type(node.value) is dict else ():
                given = node.get(name)
                yield name, given if type(given.value) is str else given.get("version")
