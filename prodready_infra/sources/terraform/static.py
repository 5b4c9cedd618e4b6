"""What the form of an expression says about the type of its value, whatever the value is.

Terraform gives both results of a condition the type that they have in common, and evaluates the
steps of a splat for a list without elements. https://developer.hashicorp.com/terraform/language/expressions/conditionals
"""

from collections.abc import Sequence
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import kinds, values
from prodready_infra.sources.terraform.context import Context, traversal
from prodready_infra.sources.terraform.kinds import Type
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Expression,
    Index,
    Literal,
    Root,
    Unary,
)
from prodready_infra.sources.terraform.values import Refusal

_LOGICAL = frozenset({"!", "&&", "||", "==", "!=", "<", "<=", ">", ">="})


def unified(chosen: Any, result: Any, other: Expression, context: Context) -> Any:
    """The known result of a condition as of the type that it has in common with the other one.

    While the other one is unknown and no type is declared for it, the result is left as it is.
    """
    if isinstance(result, Refusal):
        return _beside_refused(chosen, other)
    kind = type(chosen)
    if kind is type(result) and kind in (str, bool, int):
        return chosen
    if values.survey([chosen, result])[0] > values.MAX_WEIGHT:
        return Unknown("it is too large to evaluate")
    wish = kinds.type_of(result)
    if wish in (kinds.ANY, kinds.UNSURE):
        wish = declared_type(other, context)
    own = kinds.type_of(chosen)
    try:
        common = own if wish in (own, kinds.ANY) else kinds.unify([own, wish], lenient=True)
        return kinds.convert(chosen, common)
    except values.Refused:
        return Refusal("the results of a condition have no type in common")
    except values.Uncertain as reason:
        return Unknown(str(reason))


def _beside_refused(chosen: Any, other: Expression) -> Any:
    """The result beside one that is refused, which Terraform excuses as it is not chosen.

    It has a type all the same, except for what is looked up or called.
    """
    if isinstance(other, Call | Attr | Index):
        return chosen
    if isinstance(other, Binary | Unary):
        own = kinds.type_of(chosen)
        if own in (kinds.STRING, kinds.BOOL if other.operator in _LOGICAL else kinds.NUMBER):
            return chosen
    return Unknown("the type of what is refused is not known")


def declared_type(expression: Expression, context: Context) -> Type:
    """The type of what is unknown or null, where somebody wrote it down."""
    if isinstance(expression, Literal):
        return kinds.ANY
    root, steps = traversal(expression)
    if root is None or root.name in context.bound:
        return kinds.UNSURE
    names = [part.name for part in steps if isinstance(part, Attr)]
    return context.names.declared(root.name, names) if len(names) == len(steps) else kinds.UNSURE


def type_below(kind: Type | None, steps: Expression) -> Type | None:
    """The type of what steps lead to from a value of a type; None where there is no such step."""
    if isinstance(steps, Root):
        return kind
    if not isinstance(steps, Attr | Index):
        return kinds.UNSURE
    kind = type_below(kind, steps.operand)
    if kind is None or kind in (kinds.STRING, kinds.NUMBER, kinds.BOOL):
        return None
    if kind.name in ("map", "list"):
        return kind.items[0]
    if kind.name == "object" and isinstance(steps, Attr):
        return kind.items[kind.names.index(steps.name)] if steps.name in kind.names else None
    return kinds.UNSURE


def coalesced(
    result: Any, arguments: list[Any], written: Sequence[Expression], context: Context
) -> Any:
    """What ``coalesce`` makes of its arguments, when nulls among them have types of their own."""
    nulls = {
        declared_type(expression, context)
        for value, expression in zip(arguments, written, strict=False)
        if value is None
    } - {kinds.ANY, kinds.UNSURE}
    if not nulls:
        return result
    if isinstance(result, Unknown):
        return Unknown(result.reason)
    try:
        others = {kinds.type_of(value) for value in arguments if value is not None}
        return kinds.convert(result, kinds.unify([*nulls, *others - {kinds.UNSURE}]))
    except (values.Refused, values.Uncertain) as reason:
        return Unknown(str(reason))
