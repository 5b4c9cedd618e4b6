"""Kubernetes quantities and percentages.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import math
import re
from typing import Any

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Node

_SUFFIX = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?i?)")


def quantity(node: Node) -> float:
    """A quantity such as ``100m`` or ``1Gi`` in its base unit (cores, bytes); 0 when absent."""
    value: Any = node.value
    if type(value) in (int, float):
        return float(node.number())
    text = node.text()
    match = _QUANTITY.fullmatch(text) if text else None
    if match is None or match[2] not in _SUFFIX:
        if not text:
            return 0
        raise UnknownValue(f"{'.'.join(map(str, node.path))} is no quantity: '{text}'")
    return float(match[1]) * _SUFFIX[match[2]]


def share(node: Node, whole: int, *, round_up: bool) -> int:
    """An IntOrString of ``whole``: ``2`` is 2, ``"25%"`` a quarter of it, rounded as told."""
    text = node.text()
    if not text.endswith("%"):
        return int(node.number())
    try:
        exact = whole * float(text[:-1]) / 100
        return math.ceil(exact) if round_up else math.floor(exact)
    except (ValueError, OverflowError):
        raise UnknownValue(f"'{text}' is no percentage") from None
