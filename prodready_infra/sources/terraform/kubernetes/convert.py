"""Blocks of the Kubernetes provider to the objects that they make, each value with its place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prodready_infra.findings import Location
from prodready_infra.model.node import Path, Unknown, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.blocks import BlockOrigin
from prodready_infra.sources.terraform.kubernetes.fields import (
    BOOLEANS,
    DEFAULTS,
    INLINE,
    INTEGERS,
    LISTS,
    MAP_BLOCKS,
    NAMES,
    NEWER,
    OCTAL,
    SINGLE,
    TEXTS,
    TOP,
    TYPES,
)

_CONTENTS = ("data", "stringData")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of the object stands in the block: a path of Terraform's.

    ``inner`` are the places below it. Without any, what is below it has the same keys in both.
    """

    path: Path
    inner: "dict[str | int, Place] | None" = None

    def find(self, path: Path) -> Path:
        """Terraform's path of the value, or of its nearest ancestor that is written."""
        here = self
        for depth, step in enumerate(path):
            if here.inner is None:
                return (*here.path, *path[depth:])
            below = here.inner.get(step)
            if below is None:
                break
            here = below
        return here.path


class TranslatedOrigin:
    """The origin of an object whose fields are those of a block, by other names."""

    def __init__(self, block: BlockOrigin, place: Place) -> None:
        self._block = block
        self._place = place

    @property
    def path(self) -> str:
        return self._block.path

    def locate(self, path: Path) -> Location:
        if path in (("apiVersion",), ("kind",)) and self._place.path == ():
            return self._block.header()  # the type says both
        return self._block.locate(self._place.find(path))

    def provenance(self, path: Path) -> tuple[Location, ...]:
        return self._block.provenance(self._place.find(path))


def typed_object(kind: str, block: dict[str, Any]) -> tuple[dict[str, Any], Place]:
    """The object that a resource of a type such as ``kubernetes_deployment_v1`` makes."""
    version, shown = TYPES[kind]
    if kind in NEWER:
        names, newer = NEWER[kind]
        version = newer if _has(block.get("spec"), names) else version
    top = {name: value for name, value in block.items() if name in TOP}
    body, place = _block(top, (), ("", shown))
    return {"apiVersion": version, "kind": shown, **body}, place


def _has(spec: Any, names: tuple[str, ...]) -> bool:
    return _is_blocks(spec) and any(name in part for part in spec for name in names)


def _block(block: dict[str, Any], path: Path, at: tuple[str, str]) -> tuple[dict[str, Any], Place]:
    """The fields of a block; ``at`` is the name of the block around it, and its own."""
    body: dict[str, Any] = dict(DEFAULTS.get(at, {}))
    inner: dict[str | int, Place] = {}
    parent = at[1]
    for name, value in block.items():
        if name in INLINE and _is_blocks(value):
            fields, place = _block(value[0], (*path, name, 0), (parent, name))
            body |= fields
            inner |= place.inner or {}
            continue
        field, found, place = _field(parent, name, value, (*path, name))
        if found is not None:
            body[field] = found
            inner[field] = place
    return body, Place(path, inner)


def _field(parent: str, name: str, value: Any, path: Path) -> tuple[str, Any, Place]:
    """The field that an argument or the blocks of one name become; ``None`` when not given."""
    many = LISTS.get((parent, name)) or LISTS.get(name, "")
    if (parent, name) in SINGLE:
        many = ""
    if _is_blocks(value):
        if (parent, name) in MAP_BLOCKS:
            return name, _map(value[0]), Place((*path, 0))
        parts = [_block(part, (*path, n), (parent, name)) for n, part in enumerate(value)]
        if many or len(parts) > 1:
            places: dict[str | int, Place] = {n: place for n, (_, place) in enumerate(parts)}
            return many or _name(parent, name), [part for part, _ in parts], Place(path, places)
        return _name(parent, name), parts[0][0], parts[0][1]
    # Text for a name such as ``path``, which is also that of a block.
    field = many if many and (is_unknown(value) or value == []) else _name(parent, name)
    return field, _value(parent, name, value), Place(path)


def _is_blocks(value: Any) -> bool:
    return type(value) is list and bool(value) and all(type(part) is dict for part in value)


def _name(parent: str, name: str) -> str:
    special = NAMES.get((parent, name)) or NAMES.get(name)
    if special:
        return special
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _value(parent: str, name: str, value: Any) -> Any:
    if type(value) is dict:
        return _map(value)
    if type(value) is list:
        return [_value(parent, name, item) for item in value] or None
    convert = _converter(parent, name)
    return values.plain(convert(value)) if convert and not is_unknown(value) else value


def _map(value: dict[str, Any]) -> dict[str, Any]:
    """All maps of the provider are maps of strings."""
    return {
        key: values.plain(values.to_string(item)) for key, item in value.items() if item is not None
    }


def _converter(parent: str, name: str) -> Callable[[Any], Any] | None:
    if name in INTEGERS:
        return _integer
    if name in BOOLEANS:
        return values.to_bool
    if name in OCTAL:
        return _octal
    return values.to_string if (parent, name) in TEXTS else None


def _integer(value: Any) -> Any:
    """A number where the text is one: ``max_surge`` may also be a percentage."""
    if value == "":
        return None
    number = values.to_number(value)
    return number if type(number) is int else value


def _octal(value: Any) -> Any:
    try:
        return int(value, 8) if type(value) is str else value
    except ValueError:
        return value


def with_texts(value: Any, resource: Resource, block: BlockOrigin, place: Place) -> Any:
    """The value, its unknown names and contents with the text that would give them.

    Two names that the same text gives are the same name, those of other texts are not. What a
    Secret holds is a reference, and no secret that was written down.
    """
    if values.first_unknown(value) is None:
        return value
    module = resource.unkeyed.removesuffix(f"{resource.kind}.{resource.name}")

    def text(path: Path) -> str:
        written = " ".join(block.source_text(place.find(path)).split())
        if path[0] in _CONTENTS:
            return written if "${" in written else f"${{{written}}}"
        if "each." in written or "count." in written:
            return f"{resource.address}.{written}"  # they are another's in another resource
        return written and f"{module}{written}"

    return _texts(value, (), text)


def _texts(value: Any, path: Path, text: Callable[[Path], str]) -> Any:
    if type(value) is dict:
        return {key: _texts(item, (*path, key), text) for key, item in value.items()}
    if type(value) is list:
        return [_texts(item, (*path, n), text) for n, item in enumerate(value)]
    if is_unknown(value) and (path[0] in _CONTENTS or _is_name(path[-1])):
        return Unknown(value.reason, text(path) or value.text)
    return value


def _is_name(step: str | int) -> bool:
    return type(step) is str and step.lower().endswith(("name", "namespace"))
