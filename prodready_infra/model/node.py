"""A value together with the place where it stands, and the value that is not known."""

import sys
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol, TypeAlias

from prodready_infra.errors import UnknownValue
from prodready_infra.findings import Location

Path: TypeAlias = tuple[str | int, ...]


class Unknown:
    """A value that the input does not determine.

    Any use that would need the value raises :class:`UnknownValue`, so that a rule can neither
    pass nor fail by accident. ``reason`` is a clause such as ``var.size has no value``;
    ``text`` is the source text that would give the value, where there is one.
    """

    __slots__ = ("reason", "text")

    def __init__(self, reason: str, text: str = "") -> None:
        self.reason = reason
        self.text = text

    def _raise(self, *_: object) -> NoReturn:
        raise UnknownValue(self.reason)

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _raise
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _raise
    __int__ = __float__ = __index__ = __str__ = __format__ = _raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _raise
    __truediv__ = __rtruediv__ = __mod__ = __rmod__ = __floordiv__ = __neg__ = _raise

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


class Encoded(Unknown):
    """A text that encodes a value of which parts are unknown; ``value`` holds the known ones."""

    __slots__ = ("value",)

    def __init__(self, reason: str, value: Any) -> None:
        super().__init__(reason)
        self.value = value


def is_unknown(value: object) -> bool:
    """Whether ``value`` is :class:`Unknown`, asked without raising."""
    return isinstance(value, Unknown)


class Origin(Protocol):
    """Where a tree of values was read; asked for positions only when there is a finding."""

    @property
    def path(self) -> str:
        """The file, relative to the working directory where possible."""

    def locate(self, path: Path) -> Location:
        """The span of the value at ``path``, or of its nearest existing ancestor."""

    def provenance(self, path: Path) -> tuple[Location, ...]:
        """Where the value at ``path`` came from, nearest first; empty when it stands there."""


class Nowhere:
    """The origin of values that stand in no file, such as those a test or Checkov hands over."""

    path = ""

    def locate(self, path: Path) -> Location:  # noqa: ARG002 - the protocol asks for it
        return Location(self.path, 1, 1, 1, 1)

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        return ()


class Node:
    """A value of a resource, its path from the resource's root, and where it was read.

    ``value`` is ``None`` (absent or null), ``bool``, ``int``, ``float``, ``str``, ``list``,
    ``dict`` or :class:`Unknown`. Asking for a child never fails: an absent one is a node whose
    value is ``None``, and it can still be pointed at.
    """

    __slots__ = ("origin", "path", "value")

    def __init__(self, value: Any, path: Path, origin: Origin) -> None:
        self.value = value
        self.path = path
        self.origin = origin

    def __repr__(self) -> str:
        return f"Node({'.'.join(map(str, self.path))} = {self.value!r})"

    def get(self, *keys: str | int) -> "Node":
        """The descendant at ``keys``; below an unknown value everything is unknown.

        A single block is the first of a list of one.
        """
        value = self.value
        for key in keys:
            if type(value) is dict:
                value = value.get(key) if key != 0 or type(key) is not int else value
            elif type(value) is list and type(key) is int and -len(value) <= key < len(value):
                value = value[key]
            elif not isinstance(value, Unknown):
                value = None
        return Node(value, (*self.path, *keys), self.origin)

    def __bool__(self) -> bool:
        """Whether something is there: not absent, null, false, zero or empty."""
        return bool(self.value)

    @property
    def present(self) -> bool:
        """Whether the input gives a value other than null; raises when that is unknown."""
        if isinstance(self.value, Unknown):
            raise UnknownValue(self.value.reason)
        return self.value is not None

    @property
    def known(self) -> bool:
        """Whether the value itself is known (its descendants may not be)."""
        return not isinstance(self.value, Unknown)

    def _expect(self, wanted: str) -> NoReturn:
        value = self.value
        if isinstance(value, Unknown):
            raise UnknownValue(value.reason)
        where = ".".join(map(str, self.path)) or "the document"
        raise UnknownValue(f"{where} is {_type_name(value)}, not {wanted}")

    def items(self) -> Iterator["Node"]:
        """The elements of a list; absent is empty, a single block counts as a list of one."""
        value = self.value
        if value is None:
            return
        if type(value) is dict:
            yield self
        elif type(value) is list:
            for index, element in enumerate(value):
                yield Node(element, (*self.path, index), self.origin)
        else:
            self._expect("a list")

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """The keys and values of a mapping; absent is empty."""
        value = self.value
        if value is None:
            return
        if type(value) is not dict:
            self._expect("a mapping")
        for key, element in value.items():
            yield key, Node(element, (*self.path, key), self.origin)

    def text(self, default: str = "") -> str:
        """A string; numbers and booleans are given as they would be written in JSON."""
        value = self.value
        if value is None:
            return default
        if type(value) is str:
            return value
        if type(value) is bool:
            return "true" if value else "false"
        if type(value) in (int, float):
            return str(value)
        self._expect("a string")

    def number(self, default: float = 0) -> float:
        """A number; a string of digits counts, as Terraform converts it."""
        value = self.value
        if value is None:
            return default
        if type(value) is str:
            try:
                value = float(value)
            except ValueError:
                self._expect("a number")
        if type(value) in (int, float) and abs(value) <= sys.float_info.max:
            return value  # type: ignore[no-any-return]
        self._expect("a number")

    def flag(self, *, default: bool = False) -> bool:
        """A boolean; the strings ``"true"`` and ``"false"`` count, as Terraform converts them."""
        value = self.value
        if value is None:
            return default
        if type(value) is bool:
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        self._expect("true or false")

    def identity(self) -> str:
        """A string to tell resources apart by; never raises.

        Two names written as the same template are taken for the same name.
        """
        value = self.value
        if isinstance(value, Unknown):
            return value.text or f"<{value.reason}>"
        return str(value) if type(value) in (str, int, float) else ""

    def walk(self) -> Iterator["Node"]:
        """This node and every node below it, in document order; unknown ones included."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            value = node.value
            if type(value) is dict:
                stack += [Node(v, (*node.path, k), node.origin) for k, v in reversed(value.items())]
            elif type(value) is list:
                last = len(value) - 1
                stack += [
                    Node(v, (*node.path, last - i), node.origin)
                    for i, v in enumerate(reversed(value))
                ]


def _type_name(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "a list" if type(value) is list else "a mapping")
