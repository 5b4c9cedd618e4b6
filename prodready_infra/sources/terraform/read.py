"""Folders of Terraform files to resources: root modules, the modules they call, and inputs."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Node, Path
from prodready_infra.model.resource import Resource
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.terraform.blocks import (
    BlockOrigin,
    LazyNode,
    body_value,
    position,
    span,
)
from prodready_infra.sources.terraform.evaluate import Context, evaluate
from prodready_infra.sources.terraform.module import (
    MAX_MODULE_DEPTH,
    MAX_MODULE_INSTANCES,
    Declared,
    Given,
    Instance,
    Module,
    Repetition,
    declare,
    instance_suffix,
)
from prodready_infra.sources.terraform.parse import parse
from prodready_infra.sources.terraform.syntax import Block, Body, File, Literal
from prodready_infra.sources.text import decode, read_bytes


def read_terraform(paths: Iterable[str], variable_files: Iterable[str]) -> Batch:
    """The resources of all root modules among the files.

    A root module is a folder that no other one calls. A file with a syntax error keeps what
    could be read of it.
    """
    batch = Batch()
    _read_folders(_folders(paths, batch), _inputs(variable_files, batch), batch)
    return batch


def read_terraform_text(text: str, path: str) -> Batch:
    """The resources of a single text, taken for a root module."""
    batch = Batch()
    _read_folders({"": [_parsed(text, path, batch)]}, {}, batch)
    return batch


def _read_folders(
    folders: dict[str, list[File]], inputs: dict[str, dict[str, Given]], batch: Batch
) -> None:
    modules = {folder: declare(folder, files) for folder, files in sorted(folders.items())}
    reader = _Reader(modules, batch)
    for module in modules.values():
        batch.resources += _variables(module)
    for folder in _roots(modules):
        reader.root(modules[folder], inputs.get(folder, {}))


def _roots(modules: dict[str, Module]) -> list[str]:
    """The folders that no other one calls; of modules that only call each other, the first."""
    calls = {folder: set(_local_targets(module)) for folder, module in modules.items()}
    called = set().union(*(targets - {folder} for folder, targets in calls.items()))
    reached: set[str] = set()
    roots = []
    for folder in [*(f for f in calls if f not in called), *calls]:
        if folder in reached:
            continue
        roots.append(folder)
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting += calls.get(here, ())
    return roots


def _folders(paths: Iterable[str], batch: Batch) -> dict[str, list[File]]:
    folders: dict[str, list[File]] = defaultdict(list)
    for path in paths:
        if path.endswith(".json"):
            batch.gaps.append(Gap(path, "is Terraform in JSON, which is not judged", "terraform"))
            continue
        file = _parse(path, batch)
        if file is not None:
            folders[os.path.dirname(path)].append(file)
    return folders


def _parse(path: str, batch: Batch) -> File | None:
    try:
        text = decode(read_bytes(path), path)
    except InputError as error:
        batch.problems.append(error)
        return None
    return _parsed(text, path, batch)


def _parsed(text: str, path: str, batch: Batch) -> File:
    file = parse(text.encode(), path)
    for problem in file.problems[:1]:
        line, column = position(file.text, problem.start)
        batch.problems.append(InputError(problem.message, path, line, column))
    batch.judged.append(path)
    batch.comments += suppression_comments(text, path)
    return file


def _inputs(paths: Iterable[str], batch: Batch) -> dict[str, dict[str, Given]]:
    """Per folder, what Terraform loads by itself: terraform.tfvars, then ``*.auto.tfvars``."""
    chosen = [path for path in paths if _automatic(os.path.basename(path))]
    ordered = sorted(chosen, key=_precedence)
    found: dict[str, dict[str, Given]] = defaultdict(dict)
    for path in ordered:
        if path.endswith(".json"):
            found[os.path.dirname(path)].update(_json_inputs(path, batch))
            continue
        file = _parse(path, batch)
        for name, attribute in (file.body.attributes if file else {}).items():
            value = _constant(attribute.value)
            given = Given(value, file, attribute.start, attribute.end)
            found[os.path.dirname(path)][name] = given
    return found


def _precedence(path: str) -> tuple[int, str]:
    """terraform.tfvars, terraform.tfvars.json, then the automatic ones in lexical order."""
    name = os.path.basename(path)
    fixed = ("terraform.tfvars", "terraform.tfvars.json")
    return (fixed.index(name) if name in fixed else len(fixed), path)


def _json_inputs(path: str, batch: Batch) -> dict[str, Given]:
    try:
        data = json.loads(decode(read_bytes(path), path))
    except InputError as error:
        batch.problems.append(error)
        return {}
    except (ValueError, RecursionError):
        batch.problems.append(InputError("is not JSON", path))
        return {}
    return {name: Given(value) for name, value in data.items()} if type(data) is dict else {}


def _automatic(name: str) -> bool:
    stem = name.removesuffix(".json")
    return stem == "terraform.tfvars" or stem.endswith(".auto.tfvars")


def _constant(expression: Any) -> Any:
    return evaluate(expression, Instance(declare("", [])).context)


def _local_targets(module: Module) -> Iterator[str]:
    for call in module.calls.values():
        target = _local_source(call.block, module.folder)
        if target is not None:
            yield target


def _local_source(block: Block, folder: str) -> str | None:
    source = block.body.attributes.get("source")
    if source is None or not isinstance(source.value, Literal):
        return None
    text = source.value.value
    if type(text) is not str or not text.startswith(("./", "../")):
        return None
    joined = os.path.normpath(os.path.join(folder, text))
    return "" if joined == "." else joined.replace(os.sep, "/")


def _variables(module: Module) -> Iterator[Resource]:
    """The variables of a module, once for all its instances."""
    context = Instance(module).context
    for name, declared in module.variables.items():
        origin = BlockOrigin(declared.file, declared.block, context)
        value = body_value(
            Body({k: a for k, a in declared.block.body.attributes.items() if k != "type"}, []),
            context,
        )
        kind = declared.block.body.attributes.get("type")
        if kind is not None:
            text = declared.file.text[kind.value.start : kind.value.end]
            value["type"] = text.decode("utf-8", "replace")
        node = Node(value, (), origin)
        yield Resource("variable", name, "", f"var.{name}", "terraform", node, scope=module.folder)


class _Reader:
    """Builds the instances of a root module and collects their resources."""

    def __init__(self, modules: dict[str, Module], batch: Batch) -> None:
        self.modules = modules
        self.batch = batch

    def root(self, module: Module, given: dict[str, Given]) -> None:
        instance = Instance(module, given=given)
        self._calls(instance, (module.folder,))
        settings = _settings(instance)
        if settings is not None:
            self.batch.resources.append(settings)
        for inner in instance.walk():
            self.batch.resources += self._resources(inner, module.folder)

    def _calls(self, instance: Instance, chain: tuple[str, ...]) -> None:
        for name, declared in instance.module.calls.items():
            reason = self._call(instance, name, declared, chain)
            if reason:
                instance.missing[name] = reason
                line, _ = position(declared.file.text, declared.block.start)
                place = f"{declared.file.path}:{line}"
                message = f"module.{name} is not evaluated: {reason}"
                folder = instance.module.folder
                self.batch.gaps.append(Gap(place, message, "terraform", (folder,)))
                self.batch.resources.append(_unread_call(instance, name, declared))

    def _call(
        self, instance: Instance, name: str, declared: Declared, chain: tuple[str, ...]
    ) -> str:
        """Makes the instances of one module call; otherwise why that is not possible."""
        folder = _local_source(declared.block, instance.module.folder)
        if folder is None:
            return "its source is not in this scan"
        module = self.modules.get(folder)
        if module is None:
            return f"there are no files in {folder or '.'}"
        if folder in chain:
            return "it calls itself"
        if instance.root.descendants > MAX_MODULE_INSTANCES:
            return f"there are more than {MAX_MODULE_INSTANCES} instances of modules"
        if len(chain) > MAX_MODULE_DEPTH:
            return f"calls are nested deeper than {MAX_MODULE_DEPTH} levels"
        attributes = declared.block.body.attributes
        inputs = {key: a.value for key, a in attributes.items() if key in module.variables}
        repetition = Repetition(declared.block.body, instance.context)
        children = []
        for key, context in repetition.instances:
            child = Instance(
                module,
                f"{instance.prefix}module.{name}{instance_suffix(key)}",
                caller=context,
                inputs=inputs,
                root=instance.root,
                call_file=declared.file,
            )
            instance.root.descendants += 1
            self._calls(child, (*chain, folder))
            children.append((key, child))
        instance.children[name] = children
        return ""

    def _resources(self, instance: Instance, scope: str) -> Iterator[Resource]:
        for name, declared in instance.module.resources.items():
            kind = declared.block.labels[0]
            for key, context in Repetition(declared.block.body, instance.context).instances:
                origin = BlockOrigin(declared.file, declared.block, context)
                yield Resource(
                    kind,
                    declared.block.labels[1],
                    "",
                    f"{instance.prefix}{name}{instance_suffix(key)}",
                    "terraform",
                    LazyNode(origin),
                    scope=scope,
                    find_references=origin.references,
                )


def _unread_call(instance: Instance, name: str, declared: Declared) -> Resource:
    """A call whose module is not here: what it is given may be used in any way."""
    origin = BlockOrigin(declared.file, declared.block, instance.context)
    return Resource(
        "module",
        name,
        "",
        f"{instance.prefix}module.{name}",
        "terraform",
        LazyNode(origin),
        scope=instance.root.module.folder,
        find_references=origin.references,
    )


class _SettingsOrigin(BlockOrigin):
    """Settings may be spread over several files: all of them are shown at the first block."""

    def __init__(self, first: Declared, merged: Block, context: Context) -> None:
        super().__init__(first.file, merged, context)
        self.first = first

    def locate(self, path: Path) -> Location:  # noqa: ARG002
        return span(self.file, self.first.block.start, self.first.block.end)

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        return ()


def _settings(instance: Instance) -> Resource | None:
    """What a root module says of itself: its ``terraform`` blocks and providers, as one."""
    module = instance.module
    declared = [*module.settings, *module.providers]
    if not declared:
        return None
    blocks = [inner for item in module.settings for inner in item.block.body.blocks]
    blocks += [item.block for item in module.providers]
    attributes = {k: a for item in module.settings for k, a in item.block.body.attributes.items()}
    first = declared[0]
    start, end, header_end = first.block.start, first.block.end, first.block.header_end
    merged = Block("terraform", (), Body(attributes, blocks), start, end, header_end)
    node = LazyNode(_SettingsOrigin(first, merged, instance.context))
    address = f"{module.folder}/terraform" if module.folder else "terraform"
    return Resource("terraform", module.folder, "", address, "terraform", node, scope=module.folder)
