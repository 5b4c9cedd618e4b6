"""What an expression is evaluated with: the names it can use, and steps into their values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import kinds, values
from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.kinds import Type
from prodready_infra.sources.terraform.syntax import Attr, Expression, Index, Root
from prodready_infra.sources.terraform.values import Refusal, SetValue, Whole


class Names(Protocol):
    """What an expression can name: the variables, locals and resources of a module instance.

    ``root`` is the root module's instance, whose ``steps`` all evaluations of it share;
    ``files`` are those that its expressions may read, None where there are none.
    """

    @property
    def root(self) -> Any:
        """The instance of the root module."""

    @property
    def files(self) -> Files | None:
        """The files that may be read."""

    def resolve(self, root: str, steps: Sequence[Any], context: "Context") -> Any:
        """The value of ``root`` followed by ``steps`` (attribute names and index values)."""

    def declared(self, root: str, names: Sequence[str]) -> Type:
        """The type that is declared for ``root.name.name``, whatever its value."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression is evaluated: a module instance, and what the blocks around it bind.

    ``bound`` holds the names of ``for`` expressions and of dynamic blocks, ``*`` in a splat,
    ``each`` and ``count``; ``origins`` what those of blocks iterate over.
    """

    names: Names
    bound: dict[str, Any] = field(default_factory=dict)
    origins: "dict[str, tuple[Expression, Context]]" = field(default_factory=dict)

    def bind(self, **bound: Any) -> "Context":
        return replace(self, bound={**self.bound, **bound})

    def iterating(self, name: str, collection: Expression) -> "Context":
        """The context of blocks that ``name`` goes through a collection for."""
        return replace(self, origins={**self.origins, name: (collection, self)})


@dataclass(frozen=True, slots=True)
class TemplateNames:
    """A template of its own sees its variables only, which its context binds."""

    root: Any
    files: Files | None

    def resolve(self, root: str, steps: Sequence[Any], context: "Context") -> Any:  # noqa: ARG002
        return Refusal(f"the template is not given {root}")

    def declared(self, root: str, names: Sequence[str]) -> Type:  # noqa: ARG002
        return kinds.UNSURE


def traversal(expression: Expression) -> tuple[Root | None, list[Attr | Index]]:
    """The root identifier of ``a.b["c"].d`` and its steps; no root when it starts otherwise."""
    steps: list[Attr | Index] = []
    while isinstance(expression, Attr | Index):
        steps.append(expression)
        expression = expression.operand
    steps.reverse()
    return (expression, steps) if isinstance(expression, Root) else (None, steps)


def step(value: Any, key: Any) -> Any:
    """``value.key`` or ``value[key]``."""
    if isinstance(key, Unknown):
        return key
    if isinstance(value, Whole):
        return value.part(key)
    if isinstance(value, Unknown):
        return _part_of_unknown(value, key)
    if isinstance(value, dict):
        name = values.to_string(key)
        if type(name) is str and name in value:
            return value[name]
        return Refusal(f"there is no element '{name if type(name) is str else '?'}'")
    if isinstance(value, list) and type(value) is not SetValue:
        index = values.to_number(key)
        # Nobody writes an index into a set of blocks: Terraform refuses it always.
        if type(value) is values.Sequence and len(value) > 1 and type(value[0]) is not Whole:
            return Unknown("whether it is a list or a set is not known")
        if type(index) is int and 0 <= index < len(value):
            return value[index]
        return index if type(index) is Unknown else Refusal("there is no such element")
    return Refusal("null has no elements" if value is None else "it has no such elements")


def _part_of_unknown(value: Unknown, key: Any) -> Unknown:
    """A part of what is not known: known as the same part where it is named again."""
    named = value.text and "${" not in value.text and type(value) is Unknown
    if not named or type(key) not in (str, int):
        return value
    part = f"[{key}]" if type(key) is int else f".{key}"
    return Unknown(value.reason, f"{value.text}{part}")


def is_ordered(elements: Any) -> bool:
    """Whether the order of iteration is known."""
    if type(elements) is SetValue:
        return values.first_unknown(elements) is None
    return type(elements) is not values.Sequence or kinds.is_ascending(elements)


def pairs_of(collection: Any) -> Iterator[tuple[Any, Any]]:
    """What iterating over a collection gives: the elements of a set are their own keys."""
    if isinstance(collection, dict):
        yield from sorted(collection.items())
    elif type(collection) is SetValue:
        yield from ((item, item) for item in collection)
    elif type(collection) is values.Sequence:
        unknown = Unknown("whether it iterates over a list or a set is not known")
        yield from ((unknown, item) for item in collection)
    else:
        yield from enumerate(collection)
