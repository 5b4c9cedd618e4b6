"""Modules: what a folder of files declares, and one instance of it with its inputs.

Values are evaluated when they are first asked for, and once.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.context import Context, step
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.kinds import ANY, UNSURE, Type
from prodready_infra.sources.terraform.repetition import Repetition
from prodready_infra.sources.terraform.syntax import Attribute, Block, Body, File
from prodready_infra.sources.terraform.types import convert, type_named

MAX_MODULE_DEPTH = 16
# Of all evaluations of one root module; half a megabyte of modules takes some 200,000.
MAX_STEPS = 2_000_000
MAX_MODULE_INSTANCES = 5_000


@dataclass(frozen=True, slots=True)
class Declared:
    """A block or attribute together with the file it stands in."""

    file: File
    block: Block


@dataclass(slots=True)
class Module:
    """What the files of one folder declare; shared by all its instances. See ``overrides``."""

    folder: str
    files: list[File]
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, tuple[File, Attribute]] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    calls: dict[str, Declared] = field(default_factory=dict)
    resources: dict[str, Declared] = field(default_factory=dict)
    providers: list[Declared] = field(default_factory=list)
    settings: list[Declared] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a root module's variable, and where it was written; ``label`` if in no file."""

    value: Any
    file: File | None = None
    start: int = 0
    end: int = 0
    label: str = ""


class Instance:
    """One instance of a module: resolves what its expressions name."""

    def __init__(  # noqa: PLR0913
        self,
        module: Module,
        address: str = "",
        *,
        caller: "Context | None" = None,
        inputs: Mapping[str, Attribute] | None = None,
        given: Mapping[str, Given] | None = None,
        root: "Instance | None" = None,
        call_file: File | None = None,
        files: Files | None = None,
    ) -> None:
        self.module = module
        self.address = address
        self.caller = caller
        self.inputs = inputs or {}
        self.given = given or {}
        self.root = root or self
        self.files: Files | None = root.files if root else files
        self.steps = MAX_STEPS
        self.descendants = 0
        self.call_file = call_file
        self.children: dict[str, list[tuple[Any, Instance]]] = {}
        self.missing: dict[str, str] = {}
        self.context = Context(self)
        self._memo: dict[tuple[str, str], Any] = {}

    @property
    def prefix(self) -> str:
        return f"{self.address}." if self.address else ""

    def resolve(self, root: str, steps: Sequence[Any], context: Context) -> Any:  # noqa: ARG002
        """The value of a traversal that starts outside of what the context binds."""
        handler = _ROOTS.get(root)
        if handler is not None:
            value, rest = handler(self, list(steps))
        elif len(steps) >= 1 and type(steps[0]) is str:
            value, rest = self._resource(f"{root}.{steps[0]}", list(steps[1:]))
            return _as_set(_steps(value, rest))
        else:
            return Unknown(f"{root} is not declared")
        return _steps(value, rest)

    def declared(self, root: str, names: Sequence[str]) -> Type:
        """The type constraint of a variable or of an attribute of it."""
        variable = self.module.variables.get(names[0]) if root == "var" and names else None
        constraint = variable.block.body.attributes.get("type") if variable else None
        if constraint is None:
            return UNSURE
        try:
            kind = type_named(constraint.value, self.context)
        except values.Uncertain:
            return UNSURE
        for name in names[1:]:
            if kind.name == "map":
                kind = kind.items[0]
            elif name in kind.names:
                kind = kind.items[kind.names.index(name)]
            else:
                return UNSURE
        return UNSURE if kind == ANY else kind

    def _named(self, kind: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        if not steps or type(steps[0]) is not str:
            return Unknown(f"{kind} is used as a whole"), []
        name = steps[0]
        key = (kind, name)
        if key not in self._memo:
            self._memo[key] = Unknown(f"{kind}.{name} refers to itself")
            compute = self._variable if kind == "var" else self._local
            self._memo[key] = compute(name)
        return self._memo[key], steps[1:]

    def variable(self, steps: list[Any]) -> tuple[Any, list[Any]]:
        return self._named("var", steps)

    def local(self, steps: list[Any]) -> tuple[Any, list[Any]]:
        return self._named("local", steps)

    def _local(self, name: str) -> Any:
        if name not in self.module.locals:
            return Unknown(f"local.{name} is not declared")
        return evaluate(self.module.locals[name][1].value, self.context)

    def _variable(self, name: str) -> Any:
        declared = self.module.variables.get(name)
        if declared is None:
            return Unknown(f"var.{name} is not declared")
        attributes = declared.block.body.attributes
        default = attributes.get("default")
        value: Any = None
        if name in self.inputs and self.caller is not None:
            value = evaluate(self.inputs[name].value, self.caller)
        elif name in self.given:
            value = self.given[name].value
        elif default is None:
            return Unknown(f"var.{name} has no value", f"var.{name}")
        else:
            value = evaluate(default.value, self.context)
        nullable = attributes.get("nullable")
        refuses_null = nullable is not None and evaluate(nullable.value, self.context) is False
        if value is None and default is not None and refuses_null:
            value = evaluate(default.value, self.context)
        constraint = attributes.get("type")
        return convert(value, constraint.value, self.context) if constraint else value

    def module_output(self, steps: list[Any]) -> tuple[Any, list[Any]]:
        if not steps or type(steps[0]) is not str:
            return Unknown("module is used as a whole"), []
        name, rest = steps[0], steps[1:]
        if name in self.missing:
            return Unknown(f"module.{name} is not evaluated: {self.missing[name]}"), []
        instances = self.children.get(name)
        if instances is None:
            return Unknown(f"module.{name} is not declared"), []
        instance = instances[0] if len(instances) == 1 and instances[0][0] is None else None
        if instance is None and rest:
            key, rest = rest[0], rest[1:]
            instance = next((i for i in instances if values.same(i[0], key)), None)
        if instance is None or not rest or type(rest[0]) is not str:
            return Unknown(f"the instances of module.{name} are not known"), []
        return instance[1].output(rest[0]), rest[1:]

    def output(self, name: str) -> Any:
        """The value of an output, as the calling module sees it."""
        key = ("output", name)
        if key not in self._memo:
            self._memo[key] = Unknown(f"output.{name} refers to itself")
            declared = self.module.outputs.get(name)
            value = declared.block.body.attributes.get("value") if declared else None
            self._memo[key] = (
                evaluate(value.value, self.context)
                if value
                else Unknown(f"{self.prefix}{name} is no output")
            )
        return self._memo[key]

    def _resource(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """An attribute of a resource: known where the configuration sets it to something known."""
        declared = self.module.resources.get(name)
        if declared is None:
            return Unknown(f"{name} is not declared"), []
        shown = f"{self.prefix}{name}"
        body = declared.block.body
        if "count" in body.attributes or "for_each" in body.attributes:
            return self._resource_instance(name, shown, body, steps)
        return self._attribute(name, shown, body, steps, self.context)

    def _resource_instance(
        self, name: str, shown: str, body: Body, steps: list[Any]
    ) -> tuple[Any, list[Any]]:
        repetition = Repetition(body, self.context)
        if not steps or repetition.unknown is not None:
            return Unknown(f"the instances of {shown} are not known"), []
        for key, context in repetition.instances:
            if values.same(key, steps[0]):
                return self._attribute(name, shown, body, steps[1:], context)
        return _absent(steps[0], f"there is no such instance of {shown}"), []

    def _attribute(
        self, name: str, shown: str, body: Body, steps: list[Any], context: Context
    ) -> tuple[Any, list[Any]]:
        if not steps or type(steps[0]) is not str:
            return Unknown(f"{shown} as a whole is known after apply"), []
        attribute = body.attributes.get(steps[0])
        if attribute is None:
            inner = _nested(body, steps)
            if inner is None:
                return Unknown(f"{shown}.{steps[0]} is known after apply"), []
            part = f"{steps[0]}.{steps[1]}"
            return self._attribute(f"{name}.{part}", f"{shown}.{part}", inner, steps[2:], context)
        key = ("resource", f"{name}.{steps[0]}")
        if context is not self.context:
            return evaluate(attribute.value, context), steps[1:]
        if key not in self._memo:
            self._memo[key] = Unknown(f"{shown}.{steps[0]} refers to itself")
            self._memo[key] = evaluate(attribute.value, context)
        return self._memo[key], steps[1:]

    def path_value(self, steps: list[Any]) -> tuple[Any, list[Any]]:
        """Relative to the root module, where terraform is taken to run."""
        if not steps or steps[0] not in ("module", "root"):
            return Unknown("path.cwd depends on where terraform runs"), []
        if steps[0] == "root":
            return ".", steps[1:]
        folder = os.path.relpath(self.module.folder or ".", self.root.module.folder or ".")
        return folder.replace(os.sep, "/"), steps[1:]

    def terraform_value(self, steps: list[Any]) -> tuple[Any, list[Any]]:  # noqa: ARG002
        return Unknown("terraform.workspace is chosen when terraform runs"), []

    def data_value(self, steps: list[Any]) -> tuple[Any, list[Any]]:
        name = ".".join(step for step in steps[:2] if type(step) is str)
        return Unknown(f"data.{name} is read when terraform runs"), []

    def unbound(self, steps: list[Any]) -> tuple[Any, list[Any]]:  # noqa: ARG002
        return Unknown("each, count and self have no meaning here"), []

    def walk(self) -> Iterator["Instance"]:
        """This instance and all below it."""
        yield self
        for instances in self.children.values():
            for _, child in instances:
                yield from child.walk()


def _nested(body: Body, steps: Sequence[Any]) -> Body | None:
    """The nested block that ``metadata[0]`` names, if it is written and not made by ``dynamic``."""
    name, index = steps[0], values.to_number(steps[1]) if len(steps) > 1 else None
    if any(block.type == "dynamic" and name in block.labels for block in body.blocks):
        return None
    blocks = [block for block in body.blocks if block.type == name and not block.labels]
    return blocks[index].body if type(index) is int and -1 < index < len(blocks) else None


def _steps(value: Any, keys: Sequence[Any]) -> Any:
    for key in keys:
        value = step(value, key)
    return value


def _absent(key: Any, reason: str) -> Unknown:
    """What Terraform refuses: an instance that there is not."""
    return key if isinstance(key, Unknown) else values.Refusal(reason)


def _as_set(value: Any) -> Any:
    """What a resource is given, as it is read back: its provider knows whether lists are sets.

    What is not there may be set by the provider.
    """
    if isinstance(value, values.Refusal):
        return Unknown(value.reason)
    return values.Sequence(value, UNSURE) if type(value) in (list, values.ListValue) else value


_ROOTS: dict[str, Any] = {
    "var": Instance.variable,
    "local": Instance.local,
    "module": Instance.module_output,
    "path": Instance.path_value,
    "terraform": Instance.terraform_value,
    "data": Instance.data_value,
    "each": Instance.unbound,
    "count": Instance.unbound,
    "self": Instance.unbound,
    "ephemeral": Instance.data_value,
}
