"""Durations as Go writes them: ``10s``, ``1h30m``, ``1.5s``, ``0s``.

https://pkg.go.dev/time#ParseDuration; the durations of the Gateway API are some of these
(https://gateway-api.sigs.k8s.io/geps/gep-2257/).
"""

import re

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Node

_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|ms|s|m|h)")
_WHOLE = re.compile(rf"\+?(?:{_PART.pattern})+|\+?0")


def duration(node: Node) -> float:
    """The seconds of a duration, 0 when it is absent; a number without a unit is none, but 0."""
    text = node.text()
    if text and not _WHOLE.fullmatch(text):
        raise UnknownValue(f"{'.'.join(map(str, node.path))} is no duration: '{text}'")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
