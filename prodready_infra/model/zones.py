"""Availability zones: which of them are surely two, though no file tells their names."""

import re
from collections.abc import Iterable

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Node

# One of the list of a region's zones, as ``data.aws_availability_zones.all.names[1]``.
_LISTED = re.compile(
    r"((?:.+\.)?data\.(?:aws_availability_zones|google_compute_zones)\..+\.(?:names|zone_ids))\[\d+\]"
)
# A region that is not known, and the letter of the zone: ``${var.region}a``.
_ENDING = re.compile(r"(\$\{[^{}]+\})-?[a-z]")


def zone_of(node: Node) -> str:
    """The zone that is written: its name, or the words that stand for it.

    Raises :class:`UnknownValue` where these may stand for any zone.
    """
    zone = node.identity()
    return zone if not node.known and _written(zone) else node.text()


def several_zones(zones: Iterable[str]) -> set[str]:
    """The zones, each once; raises where two of what ``zone_of`` gave may be the same zone.

    Of one list, and of one region, zones written otherwise are others. What two lists hold may
    be the same.
    """
    found = set(zones)
    if len(found) > 1 and len({_written(zone) for zone in found}) > 1:
        one, other = sorted(found)[:2]
        raise UnknownValue(f"whether {one} and {other} are one zone is not known")
    return found


def _written(zone: str) -> str:
    """The list or the region whose zone it is; empty for a name."""
    match = _LISTED.fullmatch(zone) or _ENDING.fullmatch(zone)
    return match[1] if match else ""
