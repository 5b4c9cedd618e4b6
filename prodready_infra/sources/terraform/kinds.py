"""Terraform's types: the type of a value, the type that several have in common, conversion.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import numbers, values
from prodready_infra.sources.terraform.values import (
    ListValue,
    MapValue,
    Refused,
    SetValue,
    Uncertain,
)


@dataclass(frozen=True, slots=True)
class Type:
    """A type; ``items`` are those of its elements, ``names`` the attributes of an object.

    ``optional`` are attributes that a value need not have to be converted to the type.
    """

    name: str
    items: tuple["Type", ...] = ()
    names: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()


ANY = Type("any")
"""Of null, and of the elements of an empty list; as a wish: whatever it is."""
UNSURE = Type("not known")
"""Of what is unknown."""
STRING, NUMBER, BOOL = Type("string"), Type("number"), Type("bool")
_PRIMITIVE = frozenset({STRING, NUMBER, BOOL})


def list_of(element: Type) -> Type:
    return Type("list", (element,))


def set_of(element: Type) -> Type:
    return Type("set", (element,))


def map_of(element: Type) -> Type:
    return Type("map", (element,))


def type_of(value: Any) -> Type:
    if value is None:
        return ANY
    kind = type(value)
    if kind is str:
        return STRING
    if kind is bool:
        return BOOL
    if values.is_number(value):
        return NUMBER
    if kind is list:
        return Type("tuple", tuple(map(type_of, value)))
    if kind is dict:
        names = tuple(sorted(value))
        return Type("object", tuple(type_of(value[name]) for name in names), names)
    name = {ListValue: "list", SetValue: "set", MapValue: "map"}.get(kind)
    return Type(name, (value.element,)) if name else UNSURE


def unify(types: Iterable[Type], *, lenient: bool = False) -> Type:
    """The type to which a list with elements of these types converts them all.

    Raises :class:`Refused` when there is none, and :class:`Uncertain` for a collection beside a
    null: a ``lenient`` caller leaves that as it is.
    """
    distinct = list(dict.fromkeys(types))
    found = [kind for kind in distinct if kind not in (ANY, UNSURE)]
    if UNSURE in distinct:
        return STRING if found == [STRING] else UNSURE
    if not found:
        return ANY
    if _PRIMITIVE.issuperset(found):
        if len(found) > 1 and STRING not in found:
            raise Refused("a number and a boolean have no type in common")
        return STRING if len(found) > 1 else found[0]
    if ANY in distinct:  # the null may be one of the other type, or of none
        if lenient:
            return UNSURE
        raise Uncertain("the type of a null is not known")
    return found[0] if len(found) == 1 else _unify_collections(found, lenient)


def _unify_collections(found: list[Type], lenient: bool) -> Type:  # noqa: FBT001
    def together(types: Iterable[Type]) -> Type:
        return unify(types, lenient=lenient)

    kinds = {kind.name for kind in found}
    if len(kinds) == 1 and kinds <= {"list", "set", "map"}:
        return Type(kinds.pop(), (together(kind.items[0] for kind in found),))
    if kinds == {"object"} and len({kind.names for kind in found}) == 1:
        columns = zip(*(kind.items for kind in found), strict=True)
        return Type("object", tuple(together(column) for column in columns), found[0].names)
    if kinds == {"tuple"} and len({len(kind.items) for kind in found}) == 1:
        columns = zip(*(kind.items for kind in found), strict=True)
        return Type("tuple", tuple(together(column) for column in columns))
    if kinds in ({"list", "tuple"}, {"tuple"}):
        return list_of(together(item for kind in found for item in kind.items))
    if kinds in ({"map", "object"}, {"object"}):
        return map_of(together(item for kind in found for item in kind.items))
    if kinds & {"string", "number", "bool"} or kinds == {"object", "tuple"}:
        raise Refused("they have no type in common")
    raise Uncertain("whether they have a type in common is not known")


def _open(kind: Type) -> bool:
    """Whether a wish leaves something to the value."""
    return kind == ANY or any(map(_open, kind.items))


def convert(value: Any, kind: Type) -> Any:
    """A value as one of that type; raises :class:`Refused` where Terraform would refuse."""
    if value is None or kind in (ANY, UNSURE) or isinstance(value, Unknown):
        return value
    return _CONVERSIONS[kind.name](value, kind)


def _primitive(conversion: Callable[[Any], Any]) -> Callable[[Any, Type], Any]:
    def converted(value: Any, _: Type) -> Any:
        result = conversion(value)
        if isinstance(result, values.Refusal):
            raise Refused(result.reason)
        return result

    return converted


def elements(items: Sequence[Any], kind: Type) -> tuple[list[Any], Type]:
    """Values as elements of one collection, and the type that they then have."""
    if not _open(kind):
        return [convert(item, kind) for item in items], kind
    converted = [convert(item, kind) for item in items]
    common = unify(map(type_of, converted))
    return [convert(item, common) for item in converted], common


def _to_list(value: Any, kind: Type) -> Any:
    if not isinstance(value, list):
        raise Refused("it is no list")
    if type(value) is ListValue and value.element == kind.items[0]:
        return value
    values.settled(value)
    if type(value) is values.Sequence and not is_ascending(value):
        raise Uncertain("whether it is a list or a set is not known")
    if isinstance(value, ListValue) and not value:
        return ListValue((), value.element if kind.items[0] == ANY else kind.items[0])
    return ListValue(*elements(value, kind.items[0]))


def is_ascending(items: list[Any]) -> bool:
    """Whether a set of these elements has the same order."""
    texts = all(type(item) is str for item in items)
    return len(items) < 2 or (texts and all(a < b for a, b in pairwise(items)))


def _to_set(value: Any, kind: Type) -> Any:
    if not isinstance(value, list):
        raise Refused("it is no set")
    if type(value) is SetValue and value.element == kind.items[0]:
        return value
    if isinstance(value, ListValue) and not value:
        return SetValue((), value.element if kind.items[0] == ANY else kind.items[0])
    return make_set(*elements(value, kind.items[0]))


def _to_map(value: Any, kind: Type) -> Any:
    if not isinstance(value, dict):
        raise Refused("it is no map")
    if type(value) is MapValue and value.element == kind.items[0]:
        return value
    if type(value) is MapValue and not value:
        return MapValue((), value.element if kind.items[0] == ANY else kind.items[0])
    items, element = elements(list(value.values()), kind.items[0])
    return MapValue(zip(value, items, strict=True), element)


def _to_tuple(value: Any, kind: Type) -> Any:
    if type(value) is values.Sequence:
        raise Uncertain("whether it is a list or a set is not known")
    if type(value) is not list or len(value) != len(kind.items):
        raise Refused("it is no such tuple")
    return [convert(item, wish) for item, wish in zip(value, kind.items, strict=True)]


def _to_object(value: Any, kind: Type) -> Any:
    if not isinstance(value, dict):
        raise Refused("it is no object")
    converted: dict[str, Any] = {}
    for name, wish in zip(kind.names, kind.items, strict=True):
        if name not in value and name not in kind.optional:
            raise Refused(f"it has no attribute '{name}'")
        converted[name] = convert(value.get(name), wish)
    return converted


_CONVERSIONS: dict[str, Callable[[Any, Type], Any]] = {
    "string": _primitive(values.to_string),
    "number": _primitive(values.to_number),
    "bool": _primitive(values.to_bool),
    "list": _to_list,
    "set": _to_set,
    "map": _to_map,
    "tuple": _to_tuple,
    "object": _to_object,
}


# Sets


def make_set(items: Sequence[Any], element: Type) -> SetValue:
    """A set of elements that are of one type already."""
    if values.first_unknown(list(items)) is not None:
        return SetValue(items, element)
    unique = list({fingerprint(item): item for item in items}.values())
    if element in _PRIMITIVE:
        ordered = sorted(item for item in unique if item is not None)
    else:
        ordered = sorted((item for item in unique if item is not None), key=_hashed)
    return SetValue(ordered + [None] * (len(ordered) < len(unique)), element)


def fingerprint(value: Any) -> Any:
    """Something hashable that is equal for equal values of one type only."""
    if isinstance(value, list):
        return ("list", *map(fingerprint, value))
    if isinstance(value, dict):
        return ("map", *((key, fingerprint(value[key])) for key in sorted(value)))
    return (type(value) is bool, value)


def _hashed(value: Any) -> bytes:
    """What Terraform's library makes of a value to order sets of it by."""
    if value is None:
        return b"~"
    if type(value) is bool:
        return b"T" if value else b"F"
    if values.is_number(value):
        return (numbers.general(value, 10) or "").encode()
    if type(value) is str:
        return quoted(value).encode()
    if type(value) is MapValue:
        pairs = (quoted(key).encode() + b":" + _hashed(value[key]) for key in sorted(value))
        return b"{%b}" % b"".join(pair + b";" for pair in pairs)
    if type(value) is dict:
        return b"<%b>" % b"".join(_hashed(value[key]) + b";" for key in sorted(value))
    body = b"".join(_hashed(item) + b";" for item in value)
    return b"<%b>" % body if type(value) is list else b"[%b]" % body


_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


def quoted(text: str) -> str:
    """As Go quotes a string."""
    written = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            written.append("\\" + character)
        elif character.isprintable():
            written.append(character)
        elif code in _ESCAPES:
            written.append(_ESCAPES[code])
        elif code < 0x80:
            written.append(f"\\x{code:02x}")
        else:
            written.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(written) + '"'
