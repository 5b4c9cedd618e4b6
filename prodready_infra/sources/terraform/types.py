"""Type constraints of variables: conversion, and defaults of optional attributes.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import kinds, values
from prodready_infra.sources.terraform.context import Context
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.kinds import Type
from prodready_infra.sources.terraform.syntax import Call, Expression, Literal, Object, Root, Tuple

_PRIMITIVES = {"string": kinds.STRING, "number": kinds.NUMBER, "bool": kinds.BOOL}
_COLLECTIONS = ("list", "set", "map")


def convert(value: Any, constraint: Expression, context: Context) -> Any:
    """``value`` as Terraform converts it to the type, unknown where it would refuse."""
    if value is None or isinstance(value, Unknown):
        return value
    if values.survey(value)[0] > values.MAX_WEIGHT:
        return Unknown("it is too large to evaluate")
    try:
        complete = _with_defaults(value, constraint, context)
        return kinds.convert(complete, type_named(constraint, context))
    except values.Refused as reason:
        return values.Refusal(str(reason))
    except values.Uncertain as reason:
        return Unknown(str(reason))


def type_named(constraint: Expression, context: Context) -> Type:
    """The type that a constraint names; of what is none, the one that changes no value."""
    if isinstance(constraint, Root):
        return _PRIMITIVES.get(constraint.name, kinds.ANY)
    if isinstance(constraint, Literal) and type(constraint.value) is str:  # the form before 0.12
        return _PRIMITIVES.get(constraint.value, kinds.ANY)
    if not isinstance(constraint, Call) or not constraint.arguments:
        return kinds.ANY
    inner = constraint.arguments[0]
    if constraint.name in _COLLECTIONS:
        return Type(constraint.name, (type_named(inner, context),))
    if constraint.name == "tuple" and isinstance(inner, Tuple):
        return Type("tuple", tuple(type_named(item, context) for item in inner.items))
    if constraint.name == "object" and isinstance(inner, Object):
        return _object_type(inner, context)
    return kinds.ANY


def _object_type(constraint: Object, context: Context) -> Type:
    attributes: dict[str, Type] = {}
    optional = set()
    for key, inner in constraint.items:
        name = evaluate(key, context)
        if type(name) is not str:
            raise values.Uncertain("its type has a key that is not known")
        wish = _optional(inner)
        if wish is not None:
            optional.add(name)
        attributes[name] = type_named(wish.arguments[0] if wish else inner, context)
    names = tuple(sorted(attributes))
    items = tuple(attributes[name] for name in names)
    return Type("object", items, names, frozenset(optional))


def _optional(constraint: Expression) -> Call | None:
    if isinstance(constraint, Call) and constraint.name == "optional" and constraint.arguments:
        return constraint
    return None


def _with_defaults(value: Any, constraint: Expression, context: Context) -> Any:
    """A value in which attributes that are missing or null have their defaults."""
    if not isinstance(constraint, Call) or not constraint.arguments:
        return value
    inner = constraint.arguments[0]
    if constraint.name == "object" and isinstance(inner, Object) and isinstance(value, dict):
        return _object_with_defaults(value, inner, context)
    if constraint.name in ("list", "set") and isinstance(value, list):
        return [_with_defaults(item, inner, context) for item in values.settled(value)]
    if constraint.name == "map" and isinstance(value, dict):
        return {key: _with_defaults(item, inner, context) for key, item in value.items()}
    if constraint.name == "tuple" and isinstance(inner, Tuple) and type(value) is list:
        pairs = zip(value, inner.items, strict=False)
        made = [_with_defaults(item, wish, context) for item, wish in pairs]
        return made + value[len(made) :]
    return value


def _object_with_defaults(value: dict[str, Any], constraint: Object, context: Context) -> Any:
    complete = dict(value)
    for key, inner in constraint.items:
        name, wish = evaluate(key, context), _optional(inner)
        if type(name) is not str:
            continue
        if complete.get(name) is None and wish is not None and len(wish.arguments) > 1:
            complete[name] = evaluate(wish.arguments[1], context)
        if name in complete:
            kind = wish.arguments[0] if wish is not None else inner
            complete[name] = _with_defaults(complete[name], kind, context)
    return complete
