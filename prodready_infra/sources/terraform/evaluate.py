"""Evaluates Terraform expressions; what cannot be known from the files is unknown, with reason.

What it calls known equals what Terraform would compute.
https://developer.hashicorp.com/terraform/language/expressions
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from prodready_infra.model.node import Unknown, is_unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.functions import FUNCTIONS
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Invalid,
    Literal,
    Object,
    Root,
    Splat,
    Template,
    TemplateIf,
    Tuple,
    Unary,
)

MAX_ELEMENTS = 100_000
MAX_TEXT = 2**20


class Names(Protocol):
    """What an expression can name: the variables, locals and resources of a module instance.

    ``root`` is the root module's instance, whose ``steps`` all evaluations of it share.
    """

    root: Any

    def resolve(self, root: str, steps: Sequence[Any], context: "Context") -> Any:
        """The value of ``root`` followed by ``steps`` (attribute names and index values)."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression is evaluated: a module instance, and what the blocks around it bind.

    ``bound`` holds the names of ``for`` expressions and of dynamic blocks, ``*`` in a splat,
    ``each`` and ``count``.
    """

    names: Names
    bound: dict[str, Any] = field(default_factory=dict)

    def bind(self, **bound: Any) -> "Context":
        return replace(self, bound={**self.bound, **bound})


def evaluate(expression: Expression, context: Context) -> Any:
    """The value of an expression; unknown when its definition is too deep to follow."""
    root = context.names.root
    root.steps -= 1
    if root.steps < 0:
        return Unknown("evaluating the module takes too many steps")
    try:
        return _EVALUATORS[type(expression)](expression, context)
    except RecursionError:
        return Unknown("its definition is too deep to evaluate")


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
    if type(value) is Unknown:
        return value
    if type(key) is Unknown:
        return key
    if type(value) is dict:
        name = values.to_string(key)
        if type(name) is str and name in value:
            return value[name]
        return Unknown(f"there is no element '{name if type(name) is str else '?'}'")
    if type(value) is list:
        index = values.to_number(key)
        if type(index) is int and 0 <= index < len(value):
            return value[index]
        return Unknown("there is no such element")
    return Unknown("null has no elements" if value is None else "it has no elements")


def _literal(expression: Literal, _: Context) -> Any:
    return expression.value


def _template(expression: Template, context: Context) -> Any:
    parts = []
    for part in expression.parts:
        value = evaluate(part, context)
        text = values.to_string(value)
        if type(text) is Unknown:
            return value if type(value) is Unknown else text
        parts.append(text)
    return _bounded("".join(parts))


def _bounded(value: Any) -> Any:
    """A value, unless it has grown to what no configuration needs: doubling is quick."""
    limit = MAX_TEXT if type(value) is str else MAX_ELEMENTS
    if type(value) in (str, list, dict) and len(value) > limit:
        return Unknown("it is too large to evaluate")
    return value


def _template_if(expression: TemplateIf, context: Context) -> Any:
    condition = values.to_bool(evaluate(expression.condition, context))
    if type(condition) is not bool:
        return condition if is_unknown(condition) else Unknown("a condition is null")
    return evaluate(expression.then if condition else expression.otherwise, context)


def _root(expression: Root, context: Context) -> Any:
    if expression.name in context.bound:
        return context.bound[expression.name]
    return context.names.resolve(expression.name, (), context)


def _traversal(expression: Attr | Index, context: Context) -> Any:
    root, steps = traversal(expression)
    if root is None:
        return step(evaluate(expression.operand, context), _key(expression, context))
    keys = [_key(part, context) for part in steps]
    if root.name not in context.bound:
        return context.names.resolve(root.name, keys, context)
    value = context.bound[root.name]
    for key in keys:
        value = step(value, key)
    return value


def _key(expression: Attr | Index, context: Context) -> Any:
    if isinstance(expression, Attr):
        return expression.name
    return evaluate(expression.key, context)


def _splat(expression: Splat, context: Context) -> Any:
    operand = evaluate(expression.operand, context)
    if type(operand) is Unknown:
        return operand
    elements = [] if operand is None else operand if type(operand) is list else [operand]
    return [evaluate(expression.body, context.bind(**{"*": element})) for element in elements]


def _call(expression: Call, context: Context) -> Any:
    name = expression.name.removeprefix("core::")
    if name in ("try", "can"):
        return _try(name, expression.arguments, context)
    arguments = [evaluate(argument, context) for argument in expression.arguments]
    if expression.expand and arguments:
        last = arguments.pop()
        if type(last) is not list:
            return last if type(last) is Unknown else Unknown("it expands no list")
        arguments += last
    function = FUNCTIONS.get(name)
    if function is None:
        return Unknown(f"the function {name} is not evaluated")
    return _bounded(function(arguments))


def _try(name: str, arguments: Sequence[Expression], context: Context) -> Any:
    """What fails in Terraform is unknown here, so only a first success is certain."""
    value = evaluate(arguments[0], context) if arguments else Unknown("it has no arguments")
    unknown = values.first_unknown(value)
    if unknown is not None:
        return unknown
    return value if name == "try" else True


def _unary(expression: Unary, context: Context) -> Any:
    return values.unary(expression.operator, evaluate(expression.operand, context))


def _binary(expression: Binary, context: Context) -> Any:
    left = evaluate(expression.left, context)
    return values.binary(expression.operator, left, evaluate(expression.right, context))


def _conditional(expression: Conditional, context: Context) -> Any:
    condition = values.to_bool(evaluate(expression.condition, context))
    if type(condition) is bool:
        return evaluate(expression.then if condition else expression.otherwise, context)
    then = evaluate(expression.then, context)
    if values.equal(then, evaluate(expression.otherwise, context)) is True:
        return then
    return condition if is_unknown(condition) else Unknown("a condition is null")


def _tuple(expression: Tuple, context: Context) -> Any:
    return [evaluate(item, context) for item in expression.items]


def _object(expression: Object, context: Context) -> Any:
    found: dict[str, Any] = {}
    for key_expression, value in expression.items:
        key = values.to_string(evaluate(key_expression, context))
        if type(key) is Unknown:
            return key
        found[key] = evaluate(value, context)
    return found


def _for(expression: For, context: Context) -> Any:
    collection = evaluate(expression.collection, context)
    if type(collection) is Unknown:
        return collection
    if type(collection) not in (list, dict) or len(collection) > MAX_ELEMENTS:
        return Unknown("it iterates over no collection that can be read")
    results = []
    for inner in _iterations(expression, collection, context):
        if expression.condition is not None:
            wanted = values.to_bool(evaluate(expression.condition, inner))
            if type(wanted) is not bool:
                return wanted if is_unknown(wanted) else Unknown("a condition is null")
            if not wanted:
                continue
        key = None
        if expression.key is not None:
            key = values.to_string(evaluate(expression.key, inner))
            if type(key) is Unknown:
                return key
        results.append((key, evaluate(expression.value, inner)))
    return _collected(expression, results)


def _iterations(expression: For, collection: Any, context: Context) -> Iterator[Context]:
    listed = type(collection) is list
    pairs: Any = enumerate(collection) if listed else sorted(collection.items())
    if listed and not isinstance(expression.collection, Tuple) and _may_be_set(collection):
        unknown = Unknown("whether it iterates over a list or a set is not known")
        pairs = ((unknown, value) for value in collection)
    for key, value in pairs:
        bound = {expression.value_name: value}
        if expression.key_name:
            bound[expression.key_name] = key
        yield replace(context, bound={**context.bound, **bound})


def _may_be_set(collection: list[Any]) -> bool:
    """Sets of strings are common; their keys are the elements, where a list has its indexes."""
    return all(type(value) is str for value in collection)


def _collected(expression: For, results: list[tuple[Any, Any]]) -> Any:
    if expression.joined:
        texts = [values.to_string(value) for _, value in results]
        unknown = values.first_unknown(texts)
        return unknown if unknown is not None else "".join(texts)
    if expression.key is None:
        return [value for _, value in results]
    if not expression.grouped:
        return dict(sorted(results, key=lambda result: result[0]))
    groups: dict[str, list[Any]] = {}
    for key, value in sorted(results, key=lambda result: result[0]):
        groups.setdefault(key, []).append(value)
    return groups


def _invalid(_: Invalid, __: Context) -> Any:
    return Unknown("the expression has a syntax error")


_EVALUATORS: dict[type, Callable[[Any, Context], Any]] = {
    Literal: _literal,
    Template: _template,
    TemplateIf: _template_if,
    Root: _root,
    Attr: _traversal,
    Index: _traversal,
    Splat: _splat,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Invalid: _invalid,
}
