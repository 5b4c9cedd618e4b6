"""Which module instances the calls of a root module stand for."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from prodready_infra.sources.terraform.installed import InstalledModule
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.module import Declared, Module
from prodready_infra.sources.terraform.repetition import Repetition, instance_suffix
from prodready_infra.sources.terraform.syntax import Block, Literal

MAX_MODULE_DEPTH = 16
MAX_MODULE_INSTANCES = 5_000


class Calls:
    """The module calls of one root module; ``installed`` are the modules fetched for it."""

    def __init__(
        self, modules: Mapping[str, Module], installed: Mapping[str, InstalledModule]
    ) -> None:
        self._modules = modules
        self._installed = installed
        self._instances = 0

    def expand(self, instance: Instance, name: str) -> list[tuple[Any, Instance]] | str:
        """The instances that a call makes, each with its key, or why it makes none."""
        declared = instance.module.calls[name]
        above = list(_chain(instance))
        module = self._module(declared, instance, above)
        if isinstance(module, str):
            return module
        if any(caller.module is module for caller in above):
            return "it calls itself"
        if len(above) > MAX_MODULE_DEPTH:
            return f"calls are nested deeper than {MAX_MODULE_DEPTH} levels"
        if self._instances > MAX_MODULE_INSTANCES:
            return f"there are more than {MAX_MODULE_INSTANCES} instances of modules"
        children = self._children(declared, instance, module)
        self._instances += len(children)
        return children

    def _module(
        self, declared: Declared, instance: Instance, above: list[Instance]
    ) -> Module | str:
        folder = local_source(declared.block, instance.module.folder)
        if folder is None:
            names = [caller.call for caller in above if caller.call]
            fetched = self._installed.get(".".join((*reversed(names), declared.block.labels[0])))
            if fetched is None:
                return "its source is not in this scan"
            if not fetched.matches(_source(declared.block) or ""):
                return "terraform init fetched another source for it"
            folder = fetched.folder
        return self._modules.get(folder) or f"there are no files in {folder or '.'}"

    def _children(
        self, declared: Declared, instance: Instance, module: Module
    ) -> list[tuple[Any, Instance]]:
        name = declared.block.labels[0]
        attributes = declared.block.body.attributes
        inputs = {key: a for key, a in attributes.items() if key in module.variables}
        return [
            (
                key,
                Instance(
                    module,
                    f"{instance.prefix}module.{name}{instance_suffix(key)}",
                    caller=context,
                    inputs=inputs,
                    root=instance.root,
                    call=name,
                    call_file=declared.file,
                ),
            )
            for key, context in Repetition(declared.block.body, instance.context).instances
        ]


def _chain(instance: Instance) -> Iterator[Instance]:
    """The instance, its caller, and so on up to the root."""
    here: Any = instance
    while isinstance(here, Instance):
        yield here
        here = here.caller.names if here.caller else None


def local_targets(module: Module) -> Iterator[str]:
    """The folders that a module calls by their paths."""
    for call in module.calls.values():
        target = local_source(call.block, module.folder)
        if target is not None:
            yield target


def local_source(block: Block, folder: str) -> str | None:
    """The folder that a call names, if it names one by its path from the caller's."""
    text = _source(block)
    if text is None or not text.startswith(("./", "../")):
        return None
    joined = os.path.normpath(os.path.join(folder, text))
    return "" if joined == "." else joined.replace(os.sep, "/")


def _source(block: Block) -> str | None:
    source = block.body.attributes.get("source")
    value = source.value.value if source and isinstance(source.value, Literal) else None
    return value if type(value) is str else None
