"""Evaluates Terraform expressions; what cannot be known from the files is unknown, with reason.

What it calls known equals what Terraform would compute.
https://developer.hashicorp.com/terraform/language/expressions
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import kinds, numbers, static, values
from prodready_infra.sources.terraform.context import (
    Context,
    TemplateNames,
    is_ordered,
    pairs_of,
    step,
    traversal,
)
from prodready_infra.sources.terraform.functions import FUNCTIONS
from prodready_infra.sources.terraform.kinds import Type
from prodready_infra.sources.terraform.parse.bare import parse_template
from prodready_infra.sources.terraform.parse.strings import normal
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
from prodready_infra.sources.terraform.values import (
    MAX_TEXT,
    ListValue,
    Refusal,
)

_EXACT = 2**53
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# A function's arguments are looked at through and through: so much of them counts as one step.
_WEIGHT_OF_STEP = 16


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


def _literal(expression: Literal, _: Context) -> Any:
    value = expression.value
    kind = type(value)
    if kind is float or (kind is int and value >= _EXACT):  # type: ignore[operator]
        try:
            number = numbers.parsed(repr(value))
        except OverflowError:
            number = None
        return _too_large() if number is None else number
    return numbers.whole(value) if kind is Fraction else value  # type: ignore[arg-type]


def _template(expression: Template, context: Context) -> Any:
    """A text; of one that is not known, what is known of it, with ``${…}`` for the rest."""
    parts, size = [], 0
    unknown: Unknown | None = None
    for part in expression.parts:
        text = values.to_string(evaluate(part, context))
        if isinstance(text, Unknown):
            if isinstance(text, Refusal):
                return text
            unknown = text if unknown is None else unknown
            text = f"${{{text.text or f'<{text.reason}>'}}}"
        parts.append(text)
        size += len(text)
        if size > MAX_TEXT:
            return _too_large()
    if unknown is not None:
        return Unknown(unknown.reason, "".join(parts))
    return normal("".join(parts))


def _too_large() -> Unknown:
    return Unknown("it is too large to evaluate")


def _undecided(condition: Any) -> Unknown:
    return condition if isinstance(condition, Unknown) else Refusal("a condition is null")


def _template_if(expression: TemplateIf, context: Context) -> Any:
    condition = values.to_bool(evaluate(expression.condition, context))
    if type(condition) is not bool:
        return _undecided(condition)
    value = evaluate(expression.then if condition else expression.otherwise, context)
    return values.to_string(value)


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
    if isinstance(operand, Unknown):
        return operand
    elements = [] if operand is None else operand if isinstance(operand, list) else [operand]
    if not is_ordered(elements):
        return Unknown("the order of its elements is not known")
    found = [evaluate(expression.body, context.bind(**{"*": element})) for element in elements]
    if isinstance(operand, ListValue):
        if not found:
            return _empty_splat(operand.element, expression.body, context)
        element = kinds.one_type(map(kinds.type_of, found))
        if element is not None:
            return values.unless_refused(ListValue(found, element), found)
    return values.unless_refused(found, found)


def _empty_splat(element: Type, steps: Expression, context: Context) -> Any:
    """Terraform takes the steps of a splat all the same, to find their type."""
    kind = static.type_below(element, steps)
    if kind is None:
        return Refusal("there is no such attribute")
    _, taken = traversal(steps)
    keys = [evaluate(part.key, context) for part in taken if isinstance(part, Index)]
    if any(key is None for key in keys):
        return Refusal("a key is null")
    return values.unless_refused(ListValue((), kind), keys)


def _call(expression: Call, context: Context) -> Any:
    name = expression.name.removeprefix("core::")
    if name in SPECIAL:
        return SPECIAL[name](expression.arguments, context)
    function = FUNCTIONS.get(name)
    if function is None:
        return Unknown(f"the function {name} is a provider's, or not known")
    arguments = [evaluate(argument, context) for argument in expression.arguments]
    if expression.expand and arguments:
        last = arguments.pop()
        if not isinstance(last, list) or not is_ordered(last):
            return last if isinstance(last, Unknown) else Unknown("it expands no list")
        arguments += last
    if any(isinstance(argument, list | dict) for argument in arguments):
        context.names.root.steps -= values.survey(arguments)[0] // _WEIGHT_OF_STEP
    result = function(arguments, context.names.files)
    if name == "coalesce" and not expression.expand:
        return static.coalesced(result, arguments, expression.arguments, context)
    return result


def _try(arguments: Sequence[Expression], context: Context) -> Any:
    """The first argument that Terraform does not refuse; what is only unknown may be refused."""
    for argument in arguments:
        value = evaluate(argument, context)
        unknown = values.first_unknown(value)
        if unknown is None or _names_collection(argument, value, unknown):
            return value
        if not isinstance(unknown, Refusal):
            return unknown
    return Refusal("every argument of try is refused")


def _names_collection(argument: Expression, value: Any, unknown: Unknown) -> bool:
    """Whether an argument only names a collection: what it holds has been evaluated elsewhere."""
    named = isinstance(argument, Root | Attr | Index) and isinstance(value, list | dict)
    return named and not isinstance(unknown, Refusal)


def _can(arguments: Sequence[Expression], context: Context) -> Any:
    if len(arguments) != 1:
        return Refusal("can takes one argument")
    value = evaluate(arguments[0], context)
    unknown = values.first_unknown(value)
    if unknown is None or _names_collection(arguments[0], value, unknown):
        return True
    return False if isinstance(unknown, Refusal) else unknown


def _templatefile(arguments: Sequence[Expression], context: Context) -> Any:
    """https://developer.hashicorp.com/terraform/language/functions/templatefile"""
    if len(arguments) != 2:
        return Refusal("templatefile takes a path and variables")
    text = FUNCTIONS["file"]([evaluate(arguments[0], context)], context.names.files)
    made = _rendered(text, evaluate(arguments[1], context), context)
    return Refusal("the template renders as null") if made is None else made


def _templatestring(arguments: Sequence[Expression], context: Context) -> Any:
    """https://developer.hashicorp.com/terraform/language/functions/templatestring"""
    if len(arguments) != 2 or not isinstance(arguments[0], Attr | Index):
        return Unknown("templatestring takes a reference and variables")
    text = evaluate(arguments[0], context)
    return values.to_string(_rendered(text, evaluate(arguments[1], context), context))


def _rendered(text: Any, variables: Any, context: Context) -> Any:
    for value in (text, variables):
        if isinstance(value, Unknown):
            return value
    if type(text) is not str or not isinstance(variables, dict):
        return Refusal("a template takes its variables in a map or an object")
    if isinstance(context.names, TemplateNames):
        return Unknown("a template in a template is not evaluated")
    if not all(map(_VARIABLE.fullmatch, variables)):
        return Unknown("the variables of a template have names that are none")
    context.names.root.steps -= len(text) // _WEIGHT_OF_STEP
    template = parse_template(text)
    if template is None:
        return Unknown("the template has a syntax error, or is too large")
    names = TemplateNames(context.names.root, context.names.files)
    return evaluate(template, Context(names, dict(variables)))


SPECIAL: dict[str, Callable[[Sequence[Expression], Context], Any]] = {
    "try": _try,
    "can": _can,
    "templatefile": _templatefile,
    "templatestring": _templatestring,
}


def _unary(expression: Unary, context: Context) -> Any:
    return values.unary(expression.operator, evaluate(expression.operand, context))


def _binary(expression: Binary, context: Context) -> Any:
    left = evaluate(expression.left, context)
    return values.binary(expression.operator, left, evaluate(expression.right, context))


def _conditional(expression: Conditional, context: Context) -> Any:
    condition = values.to_bool(evaluate(expression.condition, context))
    if type(condition) is bool:
        branches = (expression.then, expression.otherwise)
        chosen, other = branches if condition else reversed(branches)
        value = evaluate(chosen, context)
        if value is None or isinstance(value, Unknown):
            return value
        return static.unified(value, evaluate(other, context), other, context)
    if not isinstance(condition, Unknown) or isinstance(condition, Refusal):
        return _undecided(condition)
    then = evaluate(expression.then, context)
    if values.equal(then, evaluate(expression.otherwise, context)) is True:
        return then
    return condition


def _tuple(expression: Tuple, context: Context) -> Any:
    found = [evaluate(item, context) for item in expression.items]
    return values.unless_refused(found, found)


def _object(expression: Object, context: Context) -> Any:
    found: dict[str, Any] = {}
    for key_expression, value in expression.items:
        key = values.to_string(evaluate(key_expression, context))
        if isinstance(key, Unknown):
            return key
        found[key] = evaluate(value, context)
    return values.unless_refused(found, found.values())


def _for(expression: For, context: Context) -> Any:
    collection = evaluate(expression.collection, context)
    if isinstance(collection, Unknown):
        return collection
    if not isinstance(collection, list | dict):
        return Refusal("it iterates over no collection")
    if expression.key is None and not is_ordered(collection):
        return Unknown("the order of its elements is not known")
    if not collection and expression.condition is not None:
        return _without_elements(expression, context)
    results = []
    for inner in _iterations(expression, collection, context):
        if expression.condition is not None:
            wanted = values.to_bool(evaluate(expression.condition, inner))
            if type(wanted) is not bool:
                return _undecided(wanted)
            if not wanted:
                continue
        key = None
        if expression.key is not None:
            key = values.to_string(evaluate(expression.key, inner))
            if isinstance(key, Unknown):
                return key
        value = evaluate(expression.value, inner)
        if isinstance(value, Refusal):
            return value
        results.append((key, value))
    return _collected(expression, results)


def _without_elements(expression: For, context: Context) -> Any:
    """Terraform tries the condition with unknown names first, be there elements or not."""
    unknown = Unknown("there is no element")
    names = [name for name in (expression.key_name, expression.value_name) if name]
    tried = context.bind(**dict.fromkeys(names, unknown))
    if expression.condition is not None:
        wanted = values.to_bool(evaluate(expression.condition, tried))
        if wanted is None or isinstance(wanted, Refusal):
            return _undecided(wanted)
    return _collected(expression, [])


def _iterations(expression: For, collection: Any, context: Context) -> Iterator[Context]:
    for key, value in pairs_of(collection):
        bound = {expression.value_name: value}
        if expression.key_name:
            bound[expression.key_name] = key
        yield replace(context, bound={**context.bound, **bound})


def _collected(expression: For, results: list[tuple[Any, Any]]) -> Any:
    if expression.joined:
        texts = [values.to_string(value) for _, value in results]
        unknown = next((text for text in texts if isinstance(text, Unknown)), None)
        if unknown is not None:
            return unknown
        return normal("".join(texts)) if sum(map(len, texts)) <= MAX_TEXT else _too_large()
    if expression.key is None:
        return [value for _, value in results]
    groups: dict[str, list[Any]] = {}
    for key, value in sorted(results, key=lambda result: result[0]):
        groups.setdefault(key, []).append(value)
    if expression.grouped:
        return groups
    if len(groups) < len(results):
        return Refusal("it makes one key twice")
    return {key: value for key, (value,) in groups.items()}


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
