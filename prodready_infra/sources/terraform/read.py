"""Folders of Terraform files to resources: root modules, the modules they call, and inputs."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from prodready_infra.errors import InputError
from prodready_infra.findings import Location
from prodready_infra.model.gap import Gap
from prodready_infra.model.node import Path
from prodready_infra.model.resource import Resource
from prodready_infra.model.secrets import is_secret_name
from prodready_infra.settings import Inputs
from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.terraform.blocks import (
    BlockOrigin,
    LazyNode,
    body_value,
    position,
    span,
)
from prodready_infra.sources.terraform.calls import Calls, local_targets
from prodready_infra.sources.terraform.files import Access
from prodready_infra.sources.terraform.inputs import Variables
from prodready_infra.sources.terraform.installed import (
    InstalledModule,
    installed_modules,
    is_manifest,
    root_of,
)
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.module import Declared, Given, Module
from prodready_infra.sources.terraform.overrides import declare
from prodready_infra.sources.terraform.parse import parse, parse_variables
from prodready_infra.sources.terraform.repetition import Repetition, instance_suffix
from prodready_infra.sources.terraform.sensitivity import Printing
from prodready_infra.sources.terraform.syntax import Block, Body, File
from prodready_infra.sources.text import decode, read_bytes

_NO_INPUTS = Inputs()


def read_terraform(
    paths: Iterable[str],
    variable_files: Iterable[str],
    installed: Iterable[str] = (),
    inputs: Inputs = _NO_INPUTS,
    access: Access | None = None,
) -> Batch:
    """The resources of all root modules among the files.

    A root module is a folder that no other one calls. A file with a syntax error keeps what
    could be read of it. ``installed`` are files of modules that were fetched, and the lists of
    these. ``access`` is to the files that expressions may read.
    """
    batch = Batch()
    folders = _folders(paths, batch)
    fetched = _folders([path for path in installed if not is_manifest(path)], batch, asked=False)
    reader = _Reader(
        {folder: declare(folder, files) for folder, files in sorted(folders.items())},
        {folder: declare(folder, files) for folder, files in fetched.items()},
        {root_of(path): installed_modules(path) for path in installed if is_manifest(path)},
        access,
        batch,
    )
    read = partial(_parse, batch=batch, read=parse_variables)
    reader.run(Variables(variable_files, inputs, read))
    return batch


def read_terraform_text(text: str, path: str, inputs: Inputs = _NO_INPUTS) -> Batch:
    """The resources of a single text, taken for a root module."""
    batch = Batch()
    module = declare("", [_parsed(text, path, batch, parse)])
    read = partial(_parse, batch=batch, read=parse_variables)
    _Reader({"": module}, {}, {}, None, batch).run(Variables((), inputs, read))
    return batch


def _roots(modules: dict[str, Module]) -> list[str]:
    """The folders that no other one calls; of modules that only call each other, the first."""
    calls = {folder: set(local_targets(module)) for folder, module in modules.items()}
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


def _folders(paths: Iterable[str], batch: Batch, *, asked: bool = True) -> dict[str, list[File]]:
    """The files by folder; comments count only in those that the user may be asked about."""
    folders: dict[str, list[File]] = defaultdict(list)
    for path in paths:
        file = _parse(path, batch, parse)
        if file is not None:
            folders[os.path.dirname(path)].append(file)
    if not asked:
        here = {file.path for files in folders.values() for file in files}
        batch.comments = [comment for comment in batch.comments if comment.path not in here]
    return folders


def _parse(path: str, batch: Batch, read: Callable[[bytes, str], File]) -> File | None:
    try:
        text = decode(read_bytes(path), path)
    except InputError as error:
        batch.problems.append(error)
        return None
    return _parsed(text, path, batch, read)


def _parsed(text: str, path: str, batch: Batch, read: Callable[[bytes, str], File]) -> File:
    file = read(text.encode(), path)
    for problem in file.problems[:1]:
        line, column = position(file.text, problem.start)
        batch.problems.append(InputError(problem.message, path, line, column))
    batch.judged.append(path)
    batch.comments += suppression_comments(text, path)
    return file


class _VariableOrigin(BlockOrigin):
    """A variable's declaration, with its type as it is written, and ``printed``.

    That is whether a plan prints what it holds: nobody writes it. It is there for a variable that
    is named as a secret and not marked, for finding it out takes a look at all that uses it.
    """

    def __init__(self, declared: Declared, module: Module, printing: Printing) -> None:
        super().__init__(declared.file, declared.block, Instance(module).context)
        self.module = module
        self.printing = printing

    def values(self) -> dict[str, Any]:
        written = self.block.body.attributes
        plain = {name: a for name, a in written.items() if name != "type"}
        value = body_value(Body(plain, []), self.context)
        kind = written.get("type")
        if kind is not None:
            file = kind.file or self.file
            text = file.text[kind.value.start : kind.value.end]
            value["type"] = text.decode("utf-8", "replace")
        name = self.block.labels[0]
        if value.get("sensitive") is not True and is_secret_name(name):
            value["printed"] = self.printing.prints(self.module, name)
        return value


def _variables(module: Module, printing: Printing) -> Iterator[Resource]:
    """The variables of a module, once for all its instances."""
    for name, declared in module.variables.items():
        node = LazyNode(_VariableOrigin(declared, module, printing))
        yield Resource("variable", name, "", f"var.{name}", "terraform", node, scope=_scope(module))


class _Reader:
    """Builds the instances of a root module and collects their resources."""

    def __init__(
        self,
        modules: dict[str, Module],
        fetched: dict[str, Module],
        installed: Mapping[str, Mapping[str, InstalledModule]],
        access: Access | None,
        batch: Batch,
    ) -> None:
        self.own = modules
        self.modules = fetched | modules
        self.lists = installed
        self.access = access
        self.batch = batch
        self.printing = Printing()

    def run(self, variables: Variables) -> None:
        for module in self.own.values():
            self.batch.resources += _variables(module, self.printing)
        for folder in _roots(self.own):
            module = self.own[folder]
            self.batch.variables |= module.variables.keys()
            self._root(module, variables.of(module))

    def _root(self, module: Module, given: dict[str, Given]) -> None:
        files = self.access.below(module.folder) if self.access else None
        calls = Calls(self.modules, self.lists.get(module.folder, {}))
        instance = Instance(module, given=given, files=files, expand=calls.expand)
        for inner in instance.walk():
            self.printing.add(inner)
            self._unread_calls(inner)
        settings = _settings(instance)
        if module.repeated:
            self._refused(module)
        elif settings is not None:
            self.batch.resources.append(settings)
        for inner in instance.walk():
            self.batch.sensitive.update(inner.sensitive_texts())
            self.batch.resources += self._resources(inner)

    def _refused(self, module: Module) -> None:
        """A folder of parts to choose from: only its resources are judged."""
        name, again = next(iter(module.repeated.items()))
        line, _ = position(again.file.text, again.block.start)
        message = f"declares {name} once more: Terraform takes the folder for no root module"
        self.batch.gaps.append(Gap(f"{again.file.path}:{line}", message, "terraform"))

    def _unread_calls(self, instance: Instance) -> None:
        for name, declared in instance.module.calls.items():
            reason = instance.called(name)
            if isinstance(reason, str):
                line, _ = position(declared.file.text, declared.block.start)
                message = f"module.{name} is not evaluated: {reason}"
                place, folder = f"{declared.file.path}:{line}", instance.module.folder
                self.batch.gaps.append(Gap(place, message, "terraform", (folder,)))
                self.batch.resources.append(_unread_call(instance, name, declared))

    def _resources(self, instance: Instance) -> Iterator[Resource]:
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
                    scope=_scope(instance.root.module),
                    find_references=origin.references,
                )


def _scope(root: Module) -> str:
    """What a root module's resources have in common; the working directory has a name, too."""
    return root.folder or "."


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
        scope=_scope(instance.root.module),
        find_references=origin.references,
    )


class _SettingsOrigin(BlockOrigin):
    """Settings may be spread over several files: all of them are shown at the first block.

    Beside them stand as ``called`` those of the modules that are called, each once, with its
    ``folder``: Terraform asks all of them for the versions that it may use.
    """

    def __init__(self, first: Declared, merged: Block, instance: Instance) -> None:
        super().__init__(first.file, merged, instance.context)
        self.first = first
        self.instance = instance

    def values(self) -> dict[str, Any]:
        below = {inner.module.folder: inner for inner in self.instance.walk()}
        called = [
            {"folder": folder or "."} | body_value(_merged_settings(inner.module), inner.context)
            for folder, inner in below.items()
            if inner.module is not self.instance.module
        ]
        return super().values() | ({"called": called} if called else {})

    def locate(self, path: Path) -> Location:  # noqa: ARG002
        return span(self.file, self.first.block.start, self.first.block.end)

    def provenance(self, path: Path) -> tuple[Location, ...]:  # noqa: ARG002
        return ()


def _merged_settings(module: Module) -> Body:
    """What all ``terraform`` blocks of a module say."""
    attributes = {k: a for item in module.settings for k, a in item.block.body.attributes.items()}
    blocks = [inner for item in module.settings for inner in item.block.body.blocks]
    return Body(attributes, blocks)


def _settings(instance: Instance) -> Resource | None:
    """What a root module says of itself: its ``terraform`` blocks and providers, as one."""
    module = instance.module
    declared = [*module.settings, *module.providers]
    if not declared:
        return None
    body = _merged_settings(module)
    body.blocks += [item.block for item in module.providers]
    first = declared[0]
    start, end, header_end = first.block.start, first.block.end, first.block.header_end
    merged = Block("terraform", (), body, start, end, header_end)
    node = LazyNode(_SettingsOrigin(first, merged, instance))
    address = f"{module.folder}/terraform" if module.folder else "terraform"
    return Resource(
        "terraform", module.folder, "", address, "terraform", node, scope=_scope(module)
    )
