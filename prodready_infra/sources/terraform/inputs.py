"""Values for the variables of root modules, from wherever Terraform takes them.

Later ones win: the environment, ``terraform.tfvars``, ``terraform.tfvars.json``, the automatic
files in lexical order, and what the command line gives, in its order.
https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from prodready_infra.errors import UsageError
from prodready_infra.model.node import Unknown
from prodready_infra.settings import Inputs
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.module import Declared, Given, Module
from prodready_infra.sources.terraform.overrides import declare
from prodready_infra.sources.terraform.parse import parse
from prodready_infra.sources.terraform.syntax import Expression, File, Literal, Root

_PRIMITIVE = frozenset({"string", "number", "bool"})


class Variables:
    """What is given, for any root module; ``read`` parses a file and notes its problems."""

    def __init__(
        self, paths: Iterable[str], inputs: Inputs, read: Callable[[str], File | None]
    ) -> None:
        chosen = [path for path in paths if _automatic(os.path.basename(path))]
        self._automatic: dict[str, list[File]] = defaultdict(list)
        for path in sorted(chosen, key=_precedence):
            file = read(path)
            if file is not None:
                self._automatic[os.path.dirname(path)].append(file)
        self._files = {path: read(path) for path in inputs.files}
        self._inputs = inputs

    def of(self, module: Module) -> dict[str, Given]:
        """The values of a root module's variables."""
        given: dict[str, Given] = {}
        for name, text in self._inputs.environment:
            declared = module.variables.get(name)
            if declared is not None:
                value = _from_text(text, declared)
                given[name] = Given(value, label=f"TF_VAR_{name} in the environment")
        for file in self._automatic.get(module.folder, ()):
            given |= _from_file(file)
        for option in self._inputs.options:
            if option.is_file:
                chosen = self._files[option.text]
                given |= _from_file(chosen) if chosen else {}
            elif option.name in module.variables:
                value = _from_text(option.value, module.variables[option.name])
                if isinstance(value, Unknown):
                    raise UsageError(f"--var {option.name}: {value.reason}")
                given[option.name] = Given(value, label="--var on the command line")
        return given


def _automatic(name: str) -> bool:
    stem = name.removesuffix(".json")
    return stem == "terraform.tfvars" or stem.endswith(".auto.tfvars")


def _precedence(path: str) -> tuple[int, str]:
    name = os.path.basename(path)
    fixed = ("terraform.tfvars", "terraform.tfvars.json")
    return (fixed.index(name) if name in fixed else len(fixed), name)


def _from_file(file: File) -> dict[str, Given]:
    return {
        name: Given(_constant(attribute.value), file, attribute.start, attribute.end)
        for name, attribute in file.body.attributes.items()
    }


def _from_text(text: str, declared: Declared) -> Any:
    """The text itself where the variable's type is a primitive one or none, else its value."""
    constraint = declared.block.body.attributes.get("type")
    if constraint is None or _is_primitive(constraint.value):
        return text
    file = parse(f"x = (\n{text}\n)\n".encode(), "")
    attribute = file.body.attributes.get("x")
    if file.problems or attribute is None or len(file.body.attributes) > 1 or file.body.blocks:
        return Unknown("the value is no expression")
    return _constant(attribute.value)


def _is_primitive(constraint: Expression) -> bool:
    if isinstance(constraint, Root):
        return constraint.name in _PRIMITIVE
    return isinstance(constraint, Literal) and constraint.value == "string"


def _constant(expression: Expression) -> Any:
    return evaluate(expression, Instance(declare("", [])).context)
