"""Terraform's types: the type of a value, the type that several have in common, conversion.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
_KEYED = frozenset({"map", "object"})


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
        if lenient and len(found) == 1:
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
        if any(
            ANY in kind.items and not _flat(kind.items) for kind in found if kind.name != "list"
        ):
            raise Uncertain("a list is made of a null and collections")
        return list_of(together(item for kind in found for item in kind.items))
    if kinds in ({"map", "object"}, {"object"}):
        return map_of(together(item for kind in found for item in kind.items))
    if "set" in kinds and len(found) == 2 and kinds <= {"set", "list", "tuple"}:
        return _unify_with_set(*sorted(found, key=lambda kind: kind.name != "set"))
    if kinds & {"string", "number", "bool"} or kinds == {"object", "tuple"}:
        raise Refused("they have no type in common")
    raise Uncertain("whether they have a type in common is not known")


def _flat(items: Iterable[Type]) -> bool:
    return all(item == ANY or item in _PRIMITIVE for item in items)


def _unify_with_set(one: Type, other: Type) -> Type:
    """A list beside a set stays what it is, and a tuple becomes a set like the other one."""
    element = one.items[0] if other.name == "tuple" else other.items[0]
    others = other.items if other.name == "tuple" else one.items
    if any(_convertible(kind, element) is False for kind in others):
        raise Refused("they have no type in common")
    if not all(_convertible(kind, element) for kind in others):
        raise Uncertain("whether they have a type in common is not known")
    return one if other.name == "tuple" else other


def _convertible(kind: Type, wish: Type) -> bool | None:
    """Whether some values of one type can be converted to another; None where it is not known."""
    if kind == wish or ANY in (kind, wish):
        return True
    if UNSURE in (kind, wish):
        return None
    if kind in _PRIMITIVE or wish in _PRIMITIVE:
        return STRING in (kind, wish) and _PRIMITIVE.issuperset((kind, wish))
    if (kind.name in _KEYED) != (wish.name in _KEYED):
        return False
    pairs: Any = None
    if wish.name in ("list", "set", "map"):
        pairs = ((item, wish.items[0]) for item in kind.items)
    elif kind.name == wish.name and kind.names == wish.names:
        if len(kind.items) != len(wish.items):
            return False
        pairs = zip(kind.items, wish.items, strict=True)
    if pairs is None:
        return None
    answers = [_convertible(*pair) for pair in pairs]
    return False if False in answers else None if None in answers else True


@lru_cache(maxsize=1024)
def complete(kind: Type) -> Type:
    """The type of what was converted to one: no attribute is optional there any more."""
    return Type(kind.name, tuple(map(complete, kind.items)), kind.names)


def one_type(found: Iterable[Type]) -> Type | None:
    """The type that values of one and the same type have, of which some are null or empty."""
    kinds = list(dict.fromkeys(kind for kind in found if kind != ANY))
    if len(kinds) < 2:
        return kinds[0] if kinds else ANY
    shapes = {(kind.name, kind.names, len(kind.items)) for kind in kinds}
    if len(shapes) > 1 or not kinds[0].items:
        return None
    items = [one_type(column) for column in zip(*(kind.items for kind in kinds), strict=True)]
    if any(item is None for item in items):
        return None
    return Type(kinds[0].name, tuple(item for item in items if item is not None), kinds[0].names)


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
        if isinstance(result, Unknown):
            raise (Refused if isinstance(result, values.Refusal) else Uncertain)(result.reason)
        return result

    return converted


def elements(items: Sequence[Any], kind: Type) -> tuple[list[Any], Type]:
    """Values as elements of one collection, and the type that they then have."""
    if not _open(kind):
        return [convert(item, kind) for item in items], complete(kind)
    if not items:
        return [], complete(kind)
    converted = [convert(item, kind) for item in items]
    common = unify(map(type_of, converted))
    return [convert(item, common) for item in converted], common


def _element(value: ListValue | MapValue, kind: Type) -> Type:
    """The type of the elements that there are none of."""
    wish = complete(kind.items[0])
    if wish == ANY:
        return value.element if isinstance(value.element, Type) else ANY
    fits = _convertible(value.element, wish)
    if not fits:
        raise (Uncertain if fits is None else Refused)("its elements are of another type")
    return wish


def _to_list(value: Any, kind: Type) -> Any:
    if not isinstance(value, list):
        raise Refused("it is no list")
    if type(value) is ListValue and value.element == kind.items[0]:
        return value
    values.settled(value)
    if type(value) is values.Sequence and not is_ascending(value):
        raise Uncertain("whether it is a list or a set is not known")
    if isinstance(value, ListValue) and not value:
        return ListValue((), _element(value, kind))
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
        return SetValue((), _element(value, kind))
    return make_set(*elements(value, kind.items[0]))


def _to_map(value: Any, kind: Type) -> Any:
    if not isinstance(value, dict):
        raise Refused("it is no map")
    if type(value) is MapValue and value.element == kind.items[0]:
        return value
    if type(value) is MapValue and not value:
        return MapValue((), _element(value, kind))
    wish = kind.items[0]
    found = list(value.values())
    others = {type_of(item) for item in found if item is not None}
    if wish == ANY and len(others) == 1:  # whatever the nulls may be
        (wish,) = others - {UNSURE} or {ANY}
    items, element = elements(found, wish)
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
