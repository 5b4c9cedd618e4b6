"""Composes modules out of modules: building blocks, services of them, stacks of those, roots."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from benchmarks.hcl_text import block, mapping
from benchmarks.kubernetes_objects import TEAMS
from benchmarks.terraform.compute import CACHE, FUNCTION, GROUP
from benchmarks.terraform.model import Module, Variable
from benchmarks.terraform.network import ALARMS, BALANCER, FIREWALL, KEY, TELL
from benchmarks.terraform.storage import BUCKET, DATABASE, QUEUE, TABLE

WIRED = (KEY, FIREWALL, TELL)
# How often each is called. Trivy takes very long over what is repeated in a module that is called
# often, so those come seldom: the tree is to weigh on all tools, not to find the limit of one.
LEAVES = {
    DATABASE: 1,
    BUCKET: 1,
    QUEUE: 1,
    BALANCER: 1,
    FUNCTION: 2,
    TABLE: 4,
    GROUP: 4,
    CACHE: 4,
    ALARMS: 4,
}
ROOTS = ("commerce", "platform", "insight")
SWITCHED, REPEATED = {"alarms"}, {"bucket", "queue"}  # called with count, with for_each
PASSED_ON = 0.55  # how often an input becomes an input of the module above, not a value here
COMMON = (
    Variable("name", "string", ('"app"',), required=True),
    Variable("tags", "map(string)", ("{}",)),
)


@dataclass
class _Draft:
    """A module that is being put together."""

    name: str
    below: str
    rng: Random
    calls: list[str] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def call(self, alias: str, child: Module, siblings: dict[str, str]) -> None:
        """One ``module`` block; what feeds each of its inputs is drawn."""
        head = {"source": f'"{self.below}/{child.name}"'}
        suffix = alias.replace("_", "-")
        if child.name in SWITCHED:
            switch = Variable(f"{alias}_enabled", "bool", ("true", "false"))
            head["count"] = f"{self._input(switch)} ? 1 : 0"
        repeated = child.name in REPEATED and self.rng.random() < 0.2
        if repeated:
            samples = ('["main"]', '["main", "archive"]')
            each = Variable(f"{alias}_names", "list(string)", samples)
            head["for_each"] = f"toset({self._input(each)})"
            suffix += "-${each.key}"
        inputs = {"name": f'"${{local.name}}-{suffix}"', "tags": "local.tags"}
        for variable in child.variables:
            value = self._value(alias, variable, siblings)
            if value:
                inputs[variable.name] = value
        self.calls.append(block(f'module "{alias}"', head | inputs))
        for output in child.outputs:
            every = f"{{ for key, made in module.{alias} : key => made.{output} }}"
            self.outputs[f"{alias}_{output}"] = every if repeated else f"module.{alias}.{output}"

    def _value(self, alias: str, variable: Variable, siblings: dict[str, str]) -> str:
        if variable.wire and variable.wire[0] in siblings:
            return f"module.{siblings[variable.wire[0]]}.{variable.wire[1]}"
        if variable.required:
            return self._input(variable)
        if self.rng.random() < PASSED_ON:
            return self._input(replace(variable, name=f"{alias}_{variable.name}"))
        return self.rng.choice(("", *variable.samples))

    def _input(self, variable: Variable) -> str:
        self.variables[variable.name] = variable
        return f"var.{variable.name}"

    def module(self) -> Module:
        tags = f'merge(var.tags, {{ Module = "{self.name}" }})'
        name = self.name.replace("_", "-")
        local = block("locals", {"name": f'"${{var.name}}-{name}"', "tags": tags})
        main = "\n\n".join([local, *self.calls])
        return Module(self.name, tuple(self.variables.values()), f"\n{main}\n", self.outputs)


def terraform(folder: Path, services: int, stacks: int) -> None:
    rng = Random("prodready-infra benchmarks: terraform")
    modules = folder / "modules"
    for leaf in (*WIRED, *LEAVES):
        _write(modules / "blocks" / leaf.name, leaf)
    made = [_service(rng, f"{TEAMS[n % len(TEAMS)]}_{n}") for n in range(services)]
    piles = [_stack(rng, f"stack_{n}", made[n::stacks]) for n in range(stacks)]
    for level, some in (("services", made), ("stacks", piles)):
        for module in some:
            _write(modules / level / module.name, module)
    for number, name in enumerate(ROOTS):
        _root(rng, folder / "accounts" / name, piles[number :: len(ROOTS)])


def _service(rng: Random, name: str) -> Module:
    draft = _Draft(name, "../../blocks", rng)
    siblings = {module.name: module.name for module in WIRED}
    for module in WIRED:
        draft.call(module.name, module, siblings)
    for number, module in enumerate(rng.choices(list(LEAVES), list(LEAVES.values()), k=5)):
        draft.call(f"{module.name}_{number}", module, siblings)
    return replace(draft.module(), outputs=dict(list(draft.outputs.items())[:6]))


def _stack(rng: Random, name: str, services: list[Module]) -> Module:
    draft = _Draft(name, "../../services", rng)
    for module in services:
        draft.call(module.name, module, {})
    return replace(draft.module(), outputs={})


def _root(rng: Random, folder: Path, stacks: list[Module]) -> None:
    """An account: it calls its share of the stacks; a variables file answers half its questions."""
    draft = _Draft(folder.name, "../../modules/stacks", rng)
    for module in stacks:
        draft.call(module.name, module, {})
    _write(folder, draft.module())
    asked = [v for v in draft.variables.values() if v.required or rng.random() < 0.5]
    answers = {"name": '"shop"'} | {variable.name: variable.samples[-1] for variable in asked}
    lines = [f"{name} = {value}" for name, value in answers.items()]
    (folder / "terraform.tfvars").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    (folder / "versions.tf").write_text(_versions() + "\n", encoding="utf-8")


def _versions() -> str:
    aws = mapping({"source": '"hashicorp/aws"', "version": '"~> 5.80"'})
    providers = block("required_providers", {"aws": aws})
    settings = block("terraform", {"required_version": '">= 1.9"'}, [providers])
    region = block('provider "aws"', {"region": '"eu-west-1"'})
    return f"{settings}\n\n{region}"


def _write(folder: Path, module: Module) -> None:
    folder.mkdir(parents=True)
    variables = [_declaration(variable) for variable in (*COMMON, *module.variables)]
    outputs = [
        block(f'output "{name}"', {"value": value}) for name, value in module.outputs.items()
    ]
    for name, blocks in (("variables.tf", variables), ("outputs.tf", outputs)):
        if blocks:
            (folder / name).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    (folder / "main.tf").write_text(module.main.lstrip("\n"), encoding="utf-8")


def _declaration(variable: Variable) -> str:
    words = variable.name.replace("_", " ")
    attributes = {"description": f'"Sets {words}"', "type": variable.type}
    if not variable.required:
        attributes["default"] = variable.samples[0]
    return block(f'variable "{variable.name}"', attributes)
