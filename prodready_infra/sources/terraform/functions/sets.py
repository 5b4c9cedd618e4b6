"""Functions on sets, and conversions between types.

https://developer.hashicorp.com/terraform/language/functions/setunion,
https://developer.hashicorp.com/terraform/language/functions/tostring and their neighbours
"""

from itertools import product
from typing import Any

from prodready_infra.sources.terraform import kinds, values
from prodready_infra.sources.terraform.kinds import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Type,
    convert,
    elements,
    fingerprint,
    list_of,
    make_set,
    map_of,
    set_of,
)
from prodready_infra.sources.terraform.registry import function, limited
from prodready_infra.sources.terraform.values import (
    MAX_ELEMENTS,
    ListValue,
    Refused,
    SetValue,
    Uncertain,
)


def _alike(sets: tuple[Any, ...]) -> tuple[list[SetValue], Type]:
    """Sets with elements of one type, and that type."""
    decisive = [found.element for found in sets if found or found.element != ANY]
    element = kinds.unify(decisive)
    return [convert(found, set_of(element)) for found in sets], element


@function("setunion", set_of(ANY), rest=set_of(ANY))
def _setunion(*sets: Any) -> Any:
    alike, element = _alike(sets)
    limited(sum(map(len, alike)), MAX_ELEMENTS)
    return make_set([item for found in alike for item in found], element)


@function("setintersection", set_of(ANY), rest=set_of(ANY))
def _setintersection(*sets: Any) -> Any:
    (first, *others), element = _alike(sets)
    among = [{fingerprint(item) for item in found} for found in others]
    kept = [item for item in first if all(fingerprint(item) in found for found in among)]
    return make_set(kept, element)


@function("setsubtract", set_of(ANY), set_of(ANY))
def _setsubtract(*sets: Any) -> Any:
    (first, second), element = _alike(sets)
    without = {fingerprint(item) for item in second}
    return make_set([item for item in first if fingerprint(item) not in without], element)


@function("setproduct", ANY, ANY, rest=ANY)
def _setproduct(*factors: Any) -> Any:
    size = 1
    for factor in factors:
        if not isinstance(factor, list):
            raise Refused("one of them is no list")
        if isinstance(factor, values.Sequence):
            raise Uncertain("whether it is a list or a set is not known")
        size *= len(factor)
        limited(size, MAX_ELEMENTS // len(factors))
    columns = [
        (list(factor), factor.element) if isinstance(factor, ListValue) else elements(factor, ANY)
        for factor in factors
    ]
    rows = [list(row) for row in product(*(items for items, _ in columns))]
    element = Type("tuple", tuple(kind for _, kind in columns))
    if any(type(factor) is SetValue for factor in factors):
        return make_set(rows, element)
    return ListValue(rows, element)


def _conversion(name: str, kind: Type, *, whole: bool) -> None:
    @function(name, ANY, accepts="known" if whole else "elements", nulls=True)
    def _convert(value: Any) -> Any:
        limited(values.survey(value)[0], values.MAX_WEIGHT)
        return convert(value, kind)


_conversion("tostring", STRING, whole=True)
_conversion("tonumber", NUMBER, whole=True)
_conversion("tobool", BOOL, whole=True)
_conversion("toset", set_of(ANY), whole=True)
_conversion("tolist", list_of(ANY), whole=False)
_conversion("tomap", map_of(ANY), whole=False)


def _carry(name: str) -> None:
    """Functions that change nothing of a value but what may be done with it."""

    @function(name, ANY, accepts="unknown", nulls=True)
    def _carried(value: Any) -> Any:
        return value


_carry("sensitive")
_carry("nonsensitive")
_carry("ephemeralasnull")


@function("issensitive", ANY, accepts="unknown", nulls=True)
def _issensitive(_: Any) -> Any:
    raise Uncertain("what is sensitive is not followed")
