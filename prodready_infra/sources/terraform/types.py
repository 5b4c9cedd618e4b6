"""Type constraints of variables: conversion, and defaults of optional attributes.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.evaluate import Context, evaluate
from prodready_infra.sources.terraform.syntax import Call, Expression, Literal, Object, Root, Tuple


def convert(value: Any, constraint: Expression, context: Context) -> Any:
    """``value`` as Terraform converts it to the type, unknown where it would refuse."""
    if value is None or type(value) is Unknown:
        return value
    if isinstance(constraint, Root):
        return _primitive(value, constraint.name)
    if isinstance(constraint, Literal) and type(constraint.value) is str:  # the form before 0.12
        return _primitive(value, constraint.value)
    if isinstance(constraint, Call) and constraint.arguments:
        return _collection(value, constraint, context)
    return value


def _primitive(value: Any, name: str) -> Any:
    if name == "string":
        return values.to_string(value)
    if name == "number":
        return values.to_number(value)
    if name == "bool":
        return values.to_bool(value)
    return value


def _collection(value: Any, constraint: Call, context: Context) -> Any:
    inner = constraint.arguments[0]
    if constraint.name in ("list", "set"):
        if type(value) is not list:
            return Unknown(f"it is no {constraint.name}")
        return [convert(item, inner, context) for item in value]
    if constraint.name == "map":
        if type(value) is not dict:
            return Unknown("it is no map")
        return {key: convert(item, inner, context) for key, item in value.items()}
    if constraint.name == "tuple" and isinstance(inner, Tuple):
        if type(value) is not list or len(value) != len(inner.items):
            return Unknown("it is no such tuple")
        return [convert(v, t, context) for v, t in zip(value, inner.items, strict=True)]
    if constraint.name == "object" and isinstance(inner, Object):
        return _object(value, inner, context)
    return value


def _object(value: Any, constraint: Object, context: Context) -> Any:
    if type(value) is not dict:
        return Unknown("it is no object")
    converted: dict[str, Any] = {}
    for key_expression, inner in constraint.items:
        key = evaluate(key_expression, context)
        if type(key) is not str:
            return Unknown("its type has a key that is not known")
        optional = isinstance(inner, Call) and inner.name == "optional" and inner.arguments
        if optional and isinstance(inner, Call):
            item = value.get(key)
            if item is None and len(inner.arguments) > 1:
                item = evaluate(inner.arguments[1], context)
            converted[key] = convert(item, inner.arguments[0], context)
        elif key in value:
            converted[key] = convert(value[key], inner, context)
        else:
            return Unknown(f"it has no attribute '{key}'")
    return converted
