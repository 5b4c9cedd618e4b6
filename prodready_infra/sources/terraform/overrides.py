"""What the files of a folder declare, override files merged into the rest.

https://developer.hashicorp.com/terraform/language/files/override
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from prodready_infra.sources.terraform.module import Declared, Module
from prodready_infra.sources.terraform.syntax import Attribute, Block, Body, File

_OVERRIDE = re.compile(r"(?:.*/)?(?:[^/]*_)?override\.(?:tf|tofu)(?:\.json)?")
# A module keeps its state in one place: either of the two ends what was said of it before.
_STATE = frozenset({"backend", "cloud"})


def declare(folder: str, files: list[File]) -> Module:
    """Sorts the blocks of a folder's files by what they declare; of two of one name the first."""
    module = Module(folder, files)
    overriding = [file for file in files if _OVERRIDE.fullmatch(file.path)]
    for file in files:
        for block in file.body.blocks if file not in overriding else ():
            _declare(module, Declared(file, block))
    for file in sorted(overriding, key=lambda file: file.path.rpartition("/")[2]):
        for block in file.body.blocks:
            _override(module, Declared(file, block))
    return module


def _declare(module: Module, declared: Declared) -> None:
    block = declared.block
    table = _table(module, block)
    if table is not None:
        name = ".".join(block.labels)
        if table.setdefault(name, declared) is not declared:
            module.repeated[name if block.type == "resource" else f"{block.type}.{name}"] = declared
    elif block.type == "locals":
        for attribute in block.body.attributes.values():
            module.locals.setdefault(attribute.name, (declared.file, attribute))
    elif block.type == "terraform":
        module.settings.append(declared)
    elif block.type == "provider" and len(block.labels) == 1:
        if any(_configures_same(declared, other) for other in module.providers):
            module.repeated[f"provider.{block.labels[0]}"] = declared
        module.providers.append(declared)


def _table(module: Module, block: Block) -> dict[str, Declared] | None:
    if block.type == "resource" and len(block.labels) == 2:
        return module.resources
    tables = {"variable": module.variables, "output": module.outputs, "module": module.calls}
    return tables.get(block.type) if len(block.labels) == 1 else None


def _override(module: Module, declared: Declared) -> None:
    """Merges one block of an override file; what it finds nothing to merge into, it declares."""
    block = declared.block
    table = _table(module, block)
    name = ".".join(block.labels)
    if table is not None and name in table:
        table[name] = _merged(table[name], declared)
    elif block.type == "locals":
        module.locals |= {a.name: (declared.file, a) for a in block.body.attributes.values()}
    elif block.type == "terraform":
        module.settings = [_without(base, block) for base in module.settings]
        module.settings.append(Declared(declared.file, _stamped(block, declared.file)))
    elif block.type == "provider":
        _provider(module, declared)
    else:
        _declare(module, declared)


def _provider(module: Module, declared: Declared) -> None:
    for index, base in enumerate(module.providers):
        if _configures_same(base, declared):
            module.providers[index] = _merged(base, declared)
            return
    _declare(module, declared)


def _configures_same(one: Declared, other: Declared) -> bool:
    return one.block.labels == other.block.labels and _alias(one) == _alias(other)


def _alias(declared: Declared) -> object:
    alias = declared.block.body.attributes.get("alias")
    return getattr(alias.value, "value", "") if alias else None


def _merged(base: Declared, override: Declared) -> Declared:
    body = _merged_body(base.block.body, override.block.body, override.file)
    return Declared(base.file, replace(base.block, body=body))


def _merged_body(base: Body, override: Body, file: File) -> Body:
    """Arguments replace arguments, blocks all blocks of their type; a lifecycle is merged itself.

    In JSON a block may look like an argument, and so replaces either.
    """
    attributes = {name: replace(a, file=file) for name, a in override.attributes.items()}
    blocks = [_stamped(block, file) for block in override.blocks]
    lifecycle = next((block for block in base.blocks if block.type == "lifecycle"), None)
    if lifecycle is not None:
        blocks = [
            replace(lifecycle, body=_merged_body(lifecycle.body, block.body, file))
            if block.type == "lifecycle"
            else block
            for block in blocks
        ]
    replaced = {*attributes, *map(_made, blocks)}
    kept = {name: a for name, a in base.attributes.items() if name not in replaced}
    return Body(kept | attributes, [*(b for b in base.blocks if _made(b) not in replaced), *blocks])


def _made(block: Block) -> str:
    """The type of the blocks that a block stands for."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _without(base: Declared, override: Block) -> Declared:
    """A ``terraform`` block less what an override file says in its stead."""
    body, stated = base.block.body, {block.type for block in override.body.blocks}
    gone = _STATE if stated & _STATE else frozenset()
    providers = _names(block for block in override.body.blocks if _requires(block))
    attributes = _less(body.attributes, override.body.attributes)
    blocks = [
        replace(block, body=replace(block.body, attributes=_less(block.body.attributes, providers)))
        if _requires(block)
        else block
        for block in body.blocks
        if block.type not in gone
    ]
    return Declared(base.file, replace(base.block, body=Body(attributes, blocks)))


def _requires(block: Block) -> bool:
    return block.type == "required_providers"


def _names(blocks: Iterable[Block]) -> set[str]:
    return {name for block in blocks for name in block.body.attributes}


def _less(attributes: dict[str, Attribute], names: Iterable[str]) -> dict[str, Attribute]:
    gone = set(names)
    return {name: attribute for name, attribute in attributes.items() if name not in gone}


def _stamped(block: Block, file: File) -> Block:
    """A block that tells which file it stands in, as it does not stand in that of its parent."""
    return replace(block, file=file)
