"""Known secrets, so that none is shown where it is used under a harmless name."""

from collections.abc import Iterable, Iterator
from typing import Any

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.resource import Resource
from prodready_infra.model.secrets import SecretKind, classify, is_secret_name

_SHORTEST = 6  # anything shorter occurs by chance
_GUESSABLE = frozenset({SecretKind.WEAK, SecretKind.PLACEHOLDER})
_NAMES, _VALUES = ("name", "key", "Name", "Key"), ("value", "Value")

HIDDEN = "(redacted)"


class Redaction:
    """Replaces every known secret in a text, whatever it is a part of."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._texts = sorted(set(secrets), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text


def secrets_of(inventory: Inventory) -> Iterator[str]:
    """What its resources hold that is a secret by its name or its form."""
    for resource in inventory.resources:
        yield from _secrets(resource)


def _secrets(resource: Resource) -> Iterator[str]:
    value = resource.node.value
    hidden = resource.kind == "variable" and value.get("sensitive") is True
    for key, text in _leaves(value, resource.name, secret=hidden):
        if len(text) >= _SHORTEST:
            yield from _literal(key, text)


def _literal(key: str, text: str) -> Iterator[str]:
    if not key:  # below something that is secret as a whole
        yield text
    elif (secret := classify(key, text)) is not None and secret.kind not in _GUESSABLE:
        literal = text[secret.start : secret.end]
        if len(literal) >= _SHORTEST:
            yield literal


def _leaves(value: Any, key: str, *, secret: bool) -> Iterator[tuple[str, str]]:
    """The texts of a value with the name each goes by; an empty one inside a secret."""
    if type(value) is dict:
        name = next((value[n] for n in _NAMES if type(value.get(n)) is str), key)
        for inner, element in value.items():
            owner = name if inner in (*_VALUES, "default") else inner
            nested = type(element) in (dict, list) and is_secret_name(owner)
            yield from _leaves(element, owner, secret=secret or nested)
    elif type(value) is list:
        flag = ""
        for element in value:
            named = flag if type(element) is str and flag else key
            yield from _leaves(element, named, secret=secret)
            is_flag = type(element) is str and element.startswith("-") and is_secret_name(element)
            flag = element if is_flag else ""
    elif type(value) in (str, int, float) and not isinstance(value, bool):
        yield "" if secret else key, str(value)
