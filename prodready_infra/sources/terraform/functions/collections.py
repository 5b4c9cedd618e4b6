"""Functions on lists, maps and objects.

https://developer.hashicorp.com/terraform/language/functions/concat and its neighbours
"""

from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import kinds, values
from prodready_infra.sources.terraform.context import step
from prodready_infra.sources.terraform.functions.text import characters
from prodready_infra.sources.terraform.kinds import (
    ANY,
    NUMBER,
    STRING,
    UNSURE,
    convert,
    fingerprint,
    list_of,
    map_of,
    type_of,
)
from prodready_infra.sources.terraform.registry import function, limited, whole
from prodready_infra.sources.terraform.values import (
    MAX_ELEMENTS,
    ListValue,
    MapValue,
    Refused,
    Sequence,
    SetValue,
    Uncertain,
)

# Elements of what is not known that are made to stand for it.
_FEW = 64


def _sized(value: Any) -> Any:
    """A list, set or tuple."""
    if not isinstance(value, list):
        raise Refused("it is no list")
    return values.settled(value)


def _ordered(value: Any) -> Any:
    """A list or tuple, whose elements have places."""
    if type(value) is SetValue:
        raise Refused("a set has no order")
    if type(value) is Sequence and len(value) > 1:
        raise Uncertain("whether it is a list or a set is not known")
    return _sized(value)


def _mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Refused("it is neither a map nor an object")
    return value


def _like(original: Any, items: list[Any]) -> list[Any]:
    """Elements of a list as a list of its type, those of a tuple as a tuple."""
    return ListValue(items, original.element) if isinstance(original, ListValue) else items


@function("length", ANY, accepts="elements")
def _length(value: Any) -> int:
    if type(value) is str:
        return len(characters(value))
    if not isinstance(value, list | dict):
        raise Refused("it has no length")
    if type(value) is Sequence and len({repr(item) for item in value}) < len(value):
        raise Uncertain("whether it is a list or a set is not known")
    return len(values.settled(value))


@function("keys", ANY, accepts="elements")
def _keys(value: Any) -> list[str]:
    names = sorted(_mapping(value))
    return ListValue(names, STRING) if type(value) is MapValue else names


@function("values", ANY, accepts="elements")
def _values(value: Any) -> list[Any]:
    items = [value[key] for key in sorted(_mapping(value))]
    return ListValue(items, value.element) if type(value) is MapValue else items


@function("element", ANY, NUMBER, accepts="elements")
def _element(items: Any, index: Any) -> Any:
    if whole(index) < 0 and _ordered(items):
        raise Uncertain("versions of terraform differ")  # since 1.12 it counts from the end
    if index < 0 or not _ordered(items):
        raise Refused("there is no such element")
    return items[index % len(items)]


@function("one", ANY, accepts="elements")
def _one(items: Any) -> Any:
    if len(_sized(items)) > 1:
        raise Refused("it has several elements")
    return items[0] if items else None


@function("concat", ANY, rest=ANY, accepts="elements")
def _concat(*lists: Any) -> list[Any]:
    limited(sum(len(_ordered(part)) for part in lists), MAX_ELEMENTS)
    joined = [item for part in lists for item in part]
    if not all(type(part) is ListValue for part in lists):
        return joined
    try:
        element = kinds.unify(part.element for part in lists)
    except Refused:  # then it is a tuple
        return joined
    return ListValue([convert(item, element) for item in joined], element)


@function("flatten", ANY)
def _flatten(value: Any) -> list[Any]:
    flat: list[Any] = []
    waiting = [iter(_sized(value))]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            flat.append(item)
        else:
            waiting.pop()
    return flat


@function("compact", list_of(STRING))
def _compact(items: Any) -> Any:
    return ListValue([item for item in items if item], STRING)


@function("distinct", list_of(ANY))
def _distinct(items: Any) -> Any:
    return _like(items, list({fingerprint(item): item for item in items}.values()))


@function("chunklist", list_of(ANY), NUMBER)
def _chunklist(items: Any, size: Any) -> Any:
    if whole(size) < 0:
        raise Refused("its size is negative")
    step = size or max(len(items), 1)
    chunks = [_like(items, items[at : at + step]) for at in range(0, len(items), step)]
    return ListValue(chunks, type_of(items))


@function("contains", ANY, ANY)
def _contains(items: Any, wanted: Any) -> bool:
    found = [values.same(item, wanted) for item in _sized(items)]
    return any(found)


@function("index", ANY, ANY)
def _index(items: Any, wanted: Any) -> int:
    for place, item in enumerate(_ordered(items)):
        if values.same(item, wanted):
            return place
    raise Refused("it has no such element")


@function("matchkeys", list_of(ANY), list_of(ANY), list_of(ANY))
def _matchkeys(items: Any, keys: Any, wanted: Any) -> Any:
    if len(items) != len(keys):
        raise Refused("there are not as many keys as values")
    common = kinds.unify([type_of(keys), type_of(wanted)])
    among = {fingerprint(key) for key in convert(wanted, common)}
    pairs = zip(items, convert(keys, common), strict=True)
    return _like(items, [item for item, key in pairs if fingerprint(key) in among])


@function("merge", rest=ANY, accepts="elements", nulls=True)
def _merge(*maps: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in maps:
        limited(len(merged), MAX_ELEMENTS)
        merged |= {} if part is None else _mapping(part)
    elements = {part.element if type(part) is MapValue else None for part in maps}
    if len(elements) == 1 and None not in elements:
        return MapValue(merged, elements.pop())
    return merged


@function("lookup", ANY, STRING, ANY, optional=1, accepts="elements", nulls=True)
def _lookup(value: Any, key: Any, *default: Any) -> Any:
    if value is None or key is None:
        raise Refused("one of them is null")
    if type(value) is not MapValue:
        found = _mapping(value).get(key, *default) if default else _mapping(value).get(key)
    else:  # a default that is no such element is refused, needed or not
        fitting = convert(default[0], value.element) if default else None
        found = value.get(key, fitting)
    if not default and key not in value:
        raise Refused("it has no such key")
    return found


@function("zipmap", list_of(STRING), ANY, accepts="elements")
def _zipmap(keys: Any, items: Any) -> dict[str, Any]:
    unknown = values.first_unknown(keys)
    if unknown is not None:
        raise Uncertain(unknown.reason)
    if None in keys:
        raise Refused("a key is null")
    if len(keys) != len(_ordered(items)):
        raise Refused("there are not as many keys as values")
    zipped = dict(sorted(dict(zip(keys, items, strict=True)).items()))
    return MapValue(zipped, items.element) if type(items) is ListValue else zipped


@function("slice", ANY, NUMBER, NUMBER, accepts="unknown")
def _slice(items: Any, start: Any, end: Any) -> Any:
    for bound in (start, end):
        if isinstance(bound, Unknown):
            return bound
    if isinstance(items, Unknown):
        return _slice_of_unknown(items, whole(start), whole(end))
    if not 0 <= whole(start) <= whole(end) <= len(_ordered(items)):
        raise Refused("there are no such elements")
    return _like(items, items[start:end])


def _slice_of_unknown(items: Unknown, start: int, end: int) -> Any:
    """So many elements of what is not known, as zones are taken from all of a region's."""
    if type(items) is not Unknown or not items.text or not 0 <= start < end <= start + _FEW:
        return items
    parts = [step(items, index) for index in range(start, end)]
    return ListValue(parts, UNSURE)


@function("reverse", ANY, accepts="elements")
def _reverse(items: Any) -> list[Any]:
    if type(items) is Sequence and len(items) > 1:
        raise Uncertain("whether it is a list or a set is not known")
    return _like(items, _sized(items)[::-1])


@function("sort", list_of(STRING))
def _sort(items: Any) -> Any:
    if None in items:
        raise Refused("an element is null")
    return ListValue(sorted(items), STRING)


@function("transpose", map_of(list_of(STRING)))
def _transpose(lists: Any) -> Any:
    turned: dict[str, list[Any]] = {}
    for key in sorted(lists):
        if lists[key] is None or None in lists[key]:
            raise Uncertain("an element is null")
        for item in lists[key]:
            turned.setdefault(item, []).append(key)
    return MapValue(
        {key: ListValue(turned[key], STRING) for key in sorted(turned)}, list_of(STRING)
    )


@function("coalesce", rest=ANY, accepts="unknown", nulls=True)
def _coalesce(*arguments: Any) -> Any:
    """The first that is neither null nor empty; an unknown one before it decides."""
    limited(values.survey(list(arguments))[0], values.MAX_WEIGHT)
    kind = _common([argument for argument in arguments if argument is not None])
    for argument in arguments:
        if isinstance(argument, Unknown):
            return argument
        converted = convert(argument, kind)
        if converted is not None and converted != "":
            return converted
    raise Refused("there is nothing to choose")


def _common(arguments: list[Any]) -> kinds.Type:
    return kinds.unify(map(type_of, arguments))


@function("coalescelist", rest=ANY, accepts="unknown", nulls=True)
def _coalescelist(*arguments: Any) -> Any:
    for argument in arguments:
        if argument is not None and not isinstance(argument, Unknown):
            _ordered(argument)
    for argument in arguments:
        if isinstance(argument, Unknown):
            return argument
        if argument is None:
            raise Uncertain("one of them is null")
        if _ordered(argument):
            return argument
    raise Refused("there is nothing to choose")
