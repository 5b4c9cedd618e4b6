"""What the files of one folder declare, and values given to a root module from outside."""

from dataclasses import dataclass, field
from typing import Any

from prodready_infra.sources.terraform.syntax import Attribute, Block, File


@dataclass(frozen=True, slots=True)
class Declared:
    """A block or attribute together with the file it stands in."""

    file: File
    block: Block


@dataclass(slots=True)
class Module:
    """What the files of one folder declare; shared by all its instances. See ``overrides``.

    ``repeated`` is what they declare once more: Terraform refuses such a folder as a module.
    """

    folder: str
    files: list[File]
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, tuple[File, Attribute]] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    calls: dict[str, Declared] = field(default_factory=dict)
    resources: dict[str, Declared] = field(default_factory=dict)
    providers: list[Declared] = field(default_factory=list)
    settings: list[Declared] = field(default_factory=list)
    repeated: dict[str, Declared] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a root module's variable, and where it was written; ``label`` if in no file."""

    value: Any
    file: File | None = None
    start: int = 0
    end: int = 0
    label: str = ""
