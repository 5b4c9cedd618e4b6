"""Text that holds JSON: policies, container definitions, state machines."""

import json
from typing import Any

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Encoded, Node, Unknown


def json_of(node: Node) -> Node:
    """The value that a text of JSON holds, at the place of the text; absent for an absent text.

    What the input does not determine is unknown in it, and the rest is known. Raises
    :class:`UnknownValue` where all of it is unknown, or where it is no JSON.
    """
    value = node.value
    if isinstance(value, Encoded):
        return Node(value.value, node.path, node.origin)
    if isinstance(value, Unknown):
        return Node(
            _marked(_parsed(value.text, value.reason), value.reason), node.path, node.origin
        )
    text = node.text()
    reason = f"{'.'.join(map(str, node.path)) or 'it'} is no JSON"
    return Node(_parsed(text, reason) if text else None, node.path, node.origin)


def _parsed(text: str, otherwise: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        raise UnknownValue(otherwise)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnknownValue(otherwise) from None


def _marked(value: Any, reason: str) -> Any:
    """A value read from the text of a template: what has an expression in it is unknown."""
    if isinstance(value, dict):
        if any("${" in key for key in value):
            return Unknown(reason)
        return {key: _marked(item, reason) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, reason) for item in value]
    return Unknown(reason, value) if isinstance(value, str) and "${" in value else value
