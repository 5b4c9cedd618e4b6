"""What an expression is made from: the resources it names, and where its value was written.

Both follow variables to the calls that set them, locals to their definitions and module
outputs into the module, each name once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.context import Context, traversal
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Call,
    Conditional,
    Expression,
    File,
    For,
    Index,
    Literal,
    Object,
    Root,
    Tuple,
)

_NO_RESOURCE = frozenset(
    {"var", "local", "module", "data", "each", "count", "self", "path", "terraform", "ephemeral"}
)
# Calls that give their first argument, as far as what it holds is concerned.
_CARRIERS = frozenset({"tolist", "tomap", "toset", "try"})
_MAX_SOURCES = 8
_MAX_STEPS = 64


@dataclass(frozen=True, slots=True)
class Source:
    """One step on a value's way: a name and the range of text that gave it, if one did."""

    label: str
    file: File | None
    start: int = 0
    end: int = 0


def references(expression: Expression, context: Context) -> list[str]:
    """The addresses of the resources that an expression names, without instance keys."""
    instance = context.names
    if not isinstance(instance, Instance):
        return []
    try:
        return list(_reached(expression, instance, context))
    except RecursionError:
        return []  # its value is unknown for the same reason


def _reached(expression: Expression, instance: Instance, context: Context) -> dict[str, None]:
    found: dict[str, None] = {}
    for root, name, output in _names(expression, instance):
        if root in context.bound:
            if root in context.origins:
                found |= _reached_by_iteration(expression, root, context)
        elif root not in _NO_RESOURCE:
            if name and f"{root}.{name}" in instance.module.resources:
                found[f"{instance.prefix}{root}.{name}"] = None
        elif name:
            found |= _behind(instance, (root, name, output))
    return found


def _reached_by_iteration(expression: Expression, root: str, context: Context) -> dict[str, None]:
    """What ``each.value.name`` stands for, where the collection is written out."""
    found: dict[str, None] = {}
    for traversed, steps in traversals(expression):
        element = _element(root, _keys(steps), context) if traversed.name == root else None
        if element is not None and isinstance(element[1].names, Instance):
            found |= _reached(element[0], element[1].names, element[1])
    return found


def _element(name: str, keys: list[Any], context: Context) -> tuple[Expression, Context] | None:
    """The expression of what an iterator and the keys behind it name."""
    if keys[:1] != ["value"] or name not in context.origins:
        return None
    collection, outer = context.origins[name]
    return _descend(collection, outer, [context.bound[name]["key"], *keys[1:]])


def _descend(
    expression: Expression, context: Context, keys: list[Any]
) -> tuple[Expression, Context] | None:
    """Follows keys into collections that are written out, through names too."""
    for _ in range(_MAX_STEPS):
        expression = _decided(expression, context)
        if isinstance(expression, Call) and expression.name in _CARRIERS and expression.arguments:
            expression = expression.arguments[0]
            continue
        if isinstance(expression, For) and _keeps_elements(expression):
            expression = expression.collection
            continue
        if isinstance(expression, Root | Attr | Index):
            followed = _followed(expression, context, keys)
            if followed is None:
                return expression, context
            expression, context, keys = followed
            continue
        if not keys:
            return expression, context
        inner = written_element(expression, keys[0])
        if inner is None:
            return None
        expression, keys = inner, keys[1:]
    return None


def _keeps_elements(made: For) -> bool:
    """Whether it is ``{ for k, v in collection : k => v if … }``: a part, under the same keys."""
    key, value = made.key, made.value
    return (
        not made.grouped
        and (isinstance(key, Root) and key.name == made.key_name)
        and (isinstance(value, Root) and value.name == made.value_name)
    )


def _followed(
    expression: Expression, context: Context, keys: list[Any]
) -> tuple[Expression, Context, list[Any]] | None:
    """One step through a name, with the keys that are then left; None at a resource."""
    root, steps = traversal(expression)
    if root is None or not isinstance(context.names, Instance):
        return None
    own = _keys(steps)
    if root.name in context.origins and own[:1] == ["value"]:
        collection, outer = context.origins[root.name]
        return collection, outer, [context.bound[root.name]["key"], *own[1:], *keys]
    if root.name in context.bound or not own:
        return None
    output = _output(steps) if root.name == "module" else ""
    found = list(definitions(context.names, root.name, str(own[0]), output))
    if len(found) != 1:
        return None
    return *found[0], [*own[2 if output else 1 :], *keys]


def written_element(expression: Expression, key: Any) -> Expression | None:
    """The element of a collection that is written out."""
    if isinstance(expression, Tuple) and type(key) is int:
        return expression.items[key] if key < len(expression.items) else None
    if isinstance(expression, Object) and type(key) is str:
        named = (v for k, v in expression.items if isinstance(k, Literal) and k.value == key)
        return next(named, None)
    return None


def _keys(steps: list[Attr | Index]) -> list[Any]:
    """Names and literal indexes; None for an index that is computed."""
    return [
        step.name
        if isinstance(step, Attr)
        else (step.key.value if isinstance(step.key, Literal) else None)
        for step in steps
    ]


def _behind(instance: Instance, name: tuple[str, str, str]) -> dict[str, None]:
    """The resources that the definition of a name names, looked for once."""
    if name not in instance.reached:
        instance.reached[name] = {}  # for a name that is defined by itself
        found: dict[str, None] = {}
        for expression, context in definitions(instance, *name):
            if isinstance(context.names, Instance):
                found |= _reached(expression, context.names, context)
        instance.reached[name] = found
    return instance.reached[name]


def _names(expression: Expression, instance: Instance) -> list[tuple[str, str, str]]:
    """The names in an expression, each with the output if it is a module's; read once."""
    known = instance.root.names_in
    if id(expression) not in known:
        found = {
            (root.name, _name(steps), _output(steps) if root.name == "module" else ""): None
            for root, steps in traversals(expression)
        }
        known[id(expression)] = list(found)
    return known[id(expression)]


def _name(steps: list[Attr | Index]) -> str:
    first = steps[0] if steps else None
    if isinstance(first, Attr):
        return first.name
    if isinstance(first, Index) and isinstance(first.key, Literal):
        return str(first.key.value)
    return ""


def _output(steps: list[Attr | Index]) -> str:
    return next((step.name for step in steps[1:] if isinstance(step, Attr)), "")


def definitions(
    instance: Instance, root: str, name: str, output: str
) -> Iterator[tuple[Expression, Context]]:
    """The expressions that give a name its value, each with the context it stands in."""
    if root == "local" and name in instance.module.locals:
        yield instance.module.locals[name][1].value, instance.context
    elif root == "var" and name in instance.inputs and instance.caller is not None:
        yield instance.inputs[name].value, instance.caller
    elif root == "module":
        called = instance.called(name) if name in instance.module.calls else ""
        for _, child in () if isinstance(called, str) else called:
            # Without a name, as in ``[for key, made in module.x : made.id]``, it may be any.
            for declared in map(
                child.module.outputs.get, [output] if output else child.module.outputs
            ):
                value = declared.block.body.attributes.get("value") if declared else None
                if value is not None:
                    yield value.value, child.context


def traversals(expression: Any) -> Iterator[tuple[Root, list[Attr | Index]]]:
    """Every traversal in an expression, those in its index keys included."""
    stack: list[Any] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Root):
            yield node, []
        elif isinstance(node, Attr | Index):
            root, steps = traversal(node)
            if root is not None:
                yield root, steps
                stack += [s.key for s in steps if isinstance(s, Index)]
            else:
                stack.append(node.operand)
        elif isinstance(node, list | tuple):
            stack += node
        elif is_dataclass(node):
            stack += [getattr(node, field.name) for field in fields(node)]


def sources(expression: Expression, context: Context) -> list[Source]:
    """How an expression came by its value, nearest first: each name, and where it is set."""
    found: list[Source] = []
    _trace(expression, context, found, set())
    return found[:_MAX_SOURCES]


def calls(context: Context) -> list[Source]:
    """The module calls that lead to a block, nearest first."""
    found: list[Source] = []
    instance = context.names
    while isinstance(instance, Instance) and instance.caller is not None:
        caller = instance.caller.names
        if not isinstance(caller, Instance):
            break
        call = caller.module.calls[instance.call]
        place = (call.block.start, call.block.header_end)
        found.append(Source(instance.address, call.file, *place))
        instance = caller
    return found[:_MAX_SOURCES]


def _trace(
    expression: Expression, context: Context, found: list[Source], seen: set[tuple[int, str]]
) -> None:
    instance = context.names
    if not isinstance(instance, Instance) or len(found) >= _MAX_SOURCES:
        return
    for root, steps in traversals(_decided(expression, context)):
        name = _name(steps)
        key = (id(instance), f"{root.name}.{name}")
        if not name or key in seen:
            continue
        seen.add(key)
        if root.name in context.bound:
            if root.name in context.origins:
                _trace(*context.origins[root.name], found, seen)
            continue
        if root.name == "local" and name in instance.module.locals:
            file, attribute = instance.module.locals[name]
            found.append(Source(f"local.{name}", file, attribute.start, attribute.end))
            _trace(attribute.value, instance.context, found, seen)
        elif root.name == "var" and name in instance.module.variables:
            _trace_variable(instance, name, found, seen)
        elif root.name == "module":
            for inner, inner_context in definitions(instance, "module", name, _output(steps)):
                _trace(inner, inner_context, found, seen)


def _decided(expression: Expression, context: Context) -> Expression:
    """The branch that a conditional takes: the other one gave nothing."""
    while isinstance(expression, Conditional):
        condition = values.to_bool(evaluate(expression.condition, context))
        if type(condition) is not bool:
            break
        expression = expression.then if condition else expression.otherwise
    return expression


def _trace_variable(
    instance: Instance, name: str, found: list[Source], seen: set[tuple[int, str]]
) -> None:
    declared = instance.module.variables[name]
    block = declared.block
    found.append(Source(f"var.{name}", declared.file, block.start, block.header_end))
    if name in instance.inputs and instance.caller is not None:
        given = instance.inputs[name]
        call = given.file or instance.call_file
        if call is not None:
            label = f"{instance.address}.{name}"
            found.append(Source(label, call, given.value.start, given.value.end))
        _trace(given.value, instance.caller, found, seen)
    elif name in instance.given:
        value = instance.given[name]
        label = value.label or f"{name} is set"
        found.append(Source(label, value.file, value.start, value.end))
    elif "default" in block.body.attributes:
        default = block.body.attributes["default"]
        file = default.file or declared.file
        found.append(Source("its default", file, default.start, default.end))
