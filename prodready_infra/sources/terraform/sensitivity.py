"""Whether a plan prints what a variable holds, as far as the files say who uses and who gives it.

Sensitivity goes with a value through expressions, locals, inputs and outputs, since Terraform 0.15:
https://developer.hashicorp.com/terraform/language/manage-sensitive-data
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform.context import Context
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.module import Module
from prodready_infra.sources.terraform.references import definitions, traversals
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Block,
    Body,
    Call,
    Expression,
    Literal,
)

# Their arguments are no part of a plan; conditions of variables tell nothing of the value.
_SILENT_BLOCKS = frozenset({"provider", "variable"})
# They decide how often something is made, and refuse what is sensitive themselves.
_SILENT_ARGUMENTS = frozenset({"count", "for_each"})
# Resources whose attributes their provider marks.
_SENSITIVE_RESOURCES = frozenset({"random_password"})

_Seen: TypeAlias = set[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class _Use:
    """One expression that names a variable or a local.

    ``place`` is ``locals`` or ``module`` where the value goes on: to the local, or to the
    ``argument`` of the module of that ``name``. Elsewhere it is ``plan``, or empty if no plan
    prints it.
    """

    place: str
    name: str = ""
    argument: str = ""


class Printing:
    """Answers for the variables of all modules, whose ``instances`` may come to it later."""

    def __init__(self) -> None:
        self.instances: dict[str, list[Instance]] = defaultdict(list)
        self._uses: dict[str, dict[tuple[str, str], list[_Use]]] = {}

    def add(self, instance: Instance) -> None:
        self.instances[instance.module.folder].append(instance)

    def prints(self, module: Module, name: str) -> bool | Unknown:
        """Whether a plan prints the variable where it is not marked as sensitive itself."""
        instances = self.instances[module.folder] or [Instance(module)]
        used = self._printed(instances[0], "var", name, set())
        if used is False:
            incomplete = any(file.problems for file in module.files)
            return Unknown("a file of the module has syntax errors") if incomplete else False
        given = [_given(instance, name) for instance in instances]
        handed = [one for one in given if one is not None]
        open_ones = _any(one if isinstance(one, Unknown) else not one for one in handed)
        if handed and open_ones is not True:
            return open_ones
        return used

    def _printed(self, instance: Instance, root: str, name: str, seen: _Seen) -> bool | Unknown:
        if (id(instance), root, name) in seen:
            return False  # what it comes to is asked already
        seen.add((id(instance), root, name))
        uses = self._uses_in(instance.module).get((root, name), [])
        return _any(self._printed_at(instance, use, seen) for use in uses)

    def _printed_at(self, instance: Instance, use: _Use, seen: _Seen) -> bool | Unknown:
        if use.place == "locals":
            return self._printed(instance, "local", use.name, seen)
        if use.place != "module":
            return use.place == "plan"
        if use.name not in instance.module.calls:
            return False
        called = instance.called(use.name)
        if isinstance(called, str):
            return Unknown(f"module.{use.name}, which is not in this scan, may mark it")
        if not called:
            return False
        child = called[0][1]
        declared = child.module.variables.get(use.argument)
        if declared is None or _is_marked(declared.block):
            return False
        return self._printed(child, "var", use.argument, seen)

    def _uses_in(self, module: Module) -> dict[tuple[str, str], list[_Use]]:
        if module.folder not in self._uses:
            found: dict[tuple[str, str], list[_Use]] = defaultdict(list)
            for use, expression in _expressions(module):
                for root, steps in traversals(expression):
                    first = steps[0] if steps else None
                    if root.name in ("var", "local") and isinstance(first, Attr):
                        found[root.name, first.name].append(use)
            self._uses[module.folder] = found
        return self._uses[module.folder]


def _any(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """True if one is, unknown if one may be."""
    perhaps: bool | Unknown = False
    for answer in answers:
        if answer is True:
            return True
        if isinstance(answer, Unknown):
            perhaps = answer
    return perhaps


def _expressions(module: Module) -> Iterator[tuple[_Use, Expression]]:
    for file in module.files:
        for block in file.body.blocks:
            for argument, expression in _arguments(block.body):
                yield _use(block, argument), expression


def _use(block: Block, argument: str) -> _Use:
    if argument in _SILENT_ARGUMENTS or block.type in _SILENT_BLOCKS or _is_marked(block):
        return _Use("")
    if block.type == "locals":
        return _Use("locals", argument)
    if block.type == "module" and block.labels:
        return _Use("module", block.labels[0], argument)
    return _Use("plan")


def _arguments(body: Body) -> Iterator[tuple[str, Expression]]:
    for name, attribute in body.attributes.items():
        yield name, attribute.value
    for block in body.blocks:
        for _, expression in _arguments(block.body):
            yield "", expression


def _given(instance: Instance, name: str) -> bool | Unknown | None:
    """Whether the call hands over a sensitive value; None where it hands over nothing."""
    if instance.caller is None or name not in instance.inputs:
        return None
    return _is_sensitive(instance.inputs[name].value, instance.caller, set())


def _is_sensitive(expression: Expression, context: Context, seen: _Seen) -> bool | Unknown:
    instance = context.names
    if not isinstance(instance, Instance):
        return False
    calls = {call.name for call in _calls(expression)}
    if "nonsensitive" in calls:
        return False
    if "sensitive" in calls:
        return True
    return _any(
        _marks(instance, root.name, [s.name for s in steps if isinstance(s, Attr)], seen)
        for root, steps in traversals(expression)
        if root.name not in context.bound
    )


def _marks(instance: Instance, root: str, names: Sequence[str], seen: _Seen) -> bool | Unknown:
    """Whether the value of a name is sensitive."""
    if root in _SENSITIVE_RESOURCES:
        return True
    if not names:
        return False
    name, output = names[0], names[1] if len(names) > 1 else ""
    module = instance.module
    if root == "var" and name in module.variables and _is_marked(module.variables[name].block):
        return True
    if root == "module" and name in module.calls:
        called = instance.called(name)
        if isinstance(called, str):
            return Unknown(f"module.{name}, which is not in this scan, may mark its output")
        outputs = [child.module.outputs.get(output) for _, child in called]
        if any(declared is not None and _is_marked(declared.block) for declared in outputs):
            return True
    if (id(instance), root, f"{name}.{output}") in seen:
        return False
    seen.add((id(instance), root, f"{name}.{output}"))
    return _any(
        _is_sensitive(inner, outer, seen)
        for inner, outer in definitions(instance, root, name, output)
    )


def _is_marked(block: Block) -> bool:
    """Whether it is a variable or an output that says so."""
    marks = [block.body.attributes.get(name) for name in ("sensitive", "ephemeral")]
    values = [mark.value for mark in marks if mark is not None]
    return any(isinstance(value, Literal) and value.value is True for value in values)


def _calls(expression: Any) -> Iterator[Call]:
    stack: list[Any] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            yield node
        if isinstance(node, list | tuple):
            stack += node
        elif is_dataclass(node):
            stack += [getattr(node, field.name) for field in fields(node)]
