"""One instance of a module with its inputs: what its expressions name, and what that is worth.

Values are evaluated when they are first asked for, and once.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from prodready_infra.model.node import Unknown
from prodready_infra.model.provider_defaults import IDENTITIES
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.context import Context, step
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.kinds import ANY, UNSURE, Type
from prodready_infra.sources.terraform.module import Given, Module
from prodready_infra.sources.terraform.repetition import MAX_INSTANCES, Repetition, instance_suffix
from prodready_infra.sources.terraform.syntax import Attribute, Body, File
from prodready_infra.sources.terraform.types import convert, type_named
from prodready_infra.sources.terraform.values import Whole

# Of all evaluations of one root module; half a megabyte of modules takes some 200,000.
MAX_STEPS = 2_000_000

Expand: TypeAlias = "Callable[[Instance, str], list[tuple[Any, Instance]] | str]"
"""Makes the instances that a call stands for, each with its key, or says why there are none."""


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
        call: str = "",
        call_file: File | None = None,
        files: Files | None = None,
        expand: "Expand | None" = None,
    ) -> None:
        self.module = module
        self.address = address
        self.caller = caller
        self.inputs = inputs or {}
        self.given = given or {}
        self.root = root or self
        self.files: Files | None = root.files if root else files
        self.steps = MAX_STEPS
        self.call = call
        self.call_file = call_file
        self.expand = expand
        self._called: dict[str, list[tuple[Any, Instance]] | str] = {}
        self.context = Context(self)
        self._memo: dict[tuple[str, str], Any] = {}
        # What ``references`` finds: resources behind names, and names in expressions by identity.
        self.reached: dict[tuple[str, str, str], dict[str, None]] = {}
        self.names_in: dict[int, list[tuple[str, str, str]]] = {}

    @property
    def prefix(self) -> str:
        return f"{self.address}." if self.address else ""

    def resolve(self, root: str, steps: Sequence[Any], context: Context) -> Any:  # noqa: ARG002
        """The value of a traversal that starts outside of what the context binds."""
        handler = _ROOTS.get(root)
        if handler is not None:
            value, rest = handler(self, list(steps))
        elif len(steps) >= 1 and type(steps[0]) is str:
            return _read_back(self._resource(f"{root}.{steps[0]}"), steps[1:])
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
            return Unknown(f"var.{name} is not declared", f"var.{name}")
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
        name = steps[0]
        if name not in self.module.calls:
            return Unknown(f"module.{name} is not declared"), []
        instances = self.called(name)
        if isinstance(instances, str):
            return Unknown(f"module.{name} is not evaluated: {instances}"), []
        key = ("module", name)
        if key not in self._memo:
            keyed = [(key, child.as_whole()) for key, child in instances]
            unknown = Unknown(f"the instances of module.{name} are not known")
            body = self.module.calls[name].block.body
            self._memo[key] = _collection(keyed, body, unknown)
        return self._memo[key], steps[1:]

    def as_whole(self) -> Whole:
        """The object of its outputs, as the calling module sees it."""
        return Whole(f"{self.address} as a whole is known after apply", self.output)

    def output(self, name: Any) -> Any:
        """The value of an output, as the calling module sees it."""
        declared = self.module.outputs.get(name) if type(name) is str else None
        value = declared.block.body.attributes.get("value") if declared else None
        if value is None:
            return Unknown(f"{self.prefix}{name} is no output")
        key = ("output", str(name))
        if key not in self._memo:
            self._memo[key] = Unknown(f"output.{name} refers to itself")
            self._memo[key] = evaluate(value.value, self.context)
        return self._memo[key]

    def called(self, name: str) -> "list[tuple[Any, Instance]] | str":
        """The instances of the module that a call makes, each with its key, or why it makes none.

        They are made when they are first asked for, for the number of one call's may be an output
        of another's.
        """
        if name not in self._called:
            self._called[name] = "how often it is called depends on itself"
            expand = self.root.expand
            self._called[name] = expand(self, name) if expand else "no module is called from here"
        return self._called[name]

    def _resource(self, name: str) -> Any:
        """A resource, or those of its instances, in which what the files set is known."""
        declared = self.module.resources.get(name)
        if declared is None:
            return Unknown(f"{name} is not declared")
        key = ("resource", name)
        if key not in self._memo:
            shown = f"{self.prefix}{name}"
            unknown = Unknown(f"the instances of {shown} are not known")
            self._memo[key] = unknown
            body = declared.block.body
            identity = IDENTITIES.get(declared.block.labels[0], "")
            repetition = Repetition(body, self.context)
            wholes = [
                (k, _whole(body, inner, f"{shown}{instance_suffix(k)}", identity))
                for k, inner in repetition.instances
            ]
            self._memo[key] = _collection(wholes, body, unknown)
        return self._memo[key]

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
        rest = [f"[{key}]" if type(key) is int else f".{key}" for key in steps[2:] if _plain(key)]
        whole = len(steps) > 2 and len(rest) == len(steps) - 2
        text = f"{self.prefix}data.{name}{''.join(rest)}" if whole else ""
        return Unknown(f"data.{name} is read when terraform runs", text), []

    def unbound(self, steps: list[Any]) -> tuple[Any, list[Any]]:  # noqa: ARG002
        return Unknown("each, count and self have no meaning here"), []

    def sensitive_texts(self) -> Iterator[str]:
        """What variables that are marked as sensitive hold; short texts are no secrets."""
        for name, declared in self.module.variables.items():
            mark = declared.block.body.attributes.get("sensitive")
            if mark is not None and evaluate(mark.value, self.context) is True:
                found = values.leaves(self.variable([name])[0])
                yield from (text for text in found if type(text) is str and len(text) > 5)

    def walk(self) -> Iterator["Instance"]:
        """This instance and all below it."""
        yield self
        for name in self.module.calls:
            instances = self.called(name)
            if not isinstance(instances, str):
                for _, child in instances:
                    yield from child.walk()


def _collection(wholes: list[tuple[Any, Whole]], body: Body, unknown: Unknown) -> Any:
    """What a name with ``count`` or ``for_each`` stands for: a list or a map of the instances."""
    if len(wholes) >= MAX_INSTANCES or any(key is ... for key, _ in wholes):
        return unknown  # there may be more than were made
    if "count" in body.attributes:
        return [whole for _, whole in wholes]
    return dict(wholes) if "for_each" in body.attributes else wholes[0][1]


def _whole(body: Body, context: Context, shown: str, identity: str = "") -> Whole:
    """A resource or a block of one, whose attributes are evaluated when they are asked for.

    ``identity`` is the attribute that its ``id`` is equal to.
    """
    memo: dict[str, Any] = {}

    def attribute(name: Any) -> Any:
        if type(name) is not str:
            return Unknown(f"{shown} is no list")
        if name not in memo:
            memo[name] = Unknown(f"{shown}.{name} refers to itself")
            written = name if name in body.attributes or name != "id" else identity or name
            memo[name] = _attribute(body, context, written, f"{shown}.{name}")
        return memo[name]

    return Whole(f"{shown} as a whole is known after apply", attribute)


def _attribute(body: Body, context: Context, name: str, shown: str) -> Any:
    """What a resource is given, as it is read back: its provider knows whether lists are sets.

    What is not there may be set by the provider.
    """
    attribute = body.attributes.get(name)
    if attribute is None:
        return _nested(body, context, name, shown) or Unknown(
            f"{shown} is known after apply", shown
        )
    value = evaluate(attribute.value, context)
    return values.Sequence(value, UNSURE) if type(value) in (list, values.ListValue) else value


def _nested(body: Body, context: Context, name: str, shown: str) -> values.Sequence | None:
    """The nested blocks of a type, if they are written and none is made by ``dynamic``."""
    if any(block.type == "dynamic" and name in block.labels for block in body.blocks):
        return None
    blocks = [block for block in body.blocks if block.type == name and not block.labels]
    wholes = [_whole(block.body, context, f"{shown}[{n}]") for n, block in enumerate(blocks)]
    return values.Sequence(wholes, UNSURE) if wholes else None


def _plain(key: Any) -> bool:
    return type(key) in (str, int)


def _steps(value: Any, keys: Sequence[Any]) -> Any:
    for key in keys:
        value = step(value, key)
    return value


def _read_back(value: Any, keys: Sequence[Any]) -> Any:
    """A part of a resource: what it does not have by its files its provider may set."""
    within = False
    for key in keys:
        within = within or isinstance(value, Whole)
        value = step(value, key)
    return Unknown(value.reason) if within and isinstance(value, values.Refusal) else value


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
