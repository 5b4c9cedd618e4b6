"""What a run was asked to do: options of the command line over the nearest configuration file."""

import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodready_infra.errors import UsageError

CONFIG_NAME = "prodready.toml"
FAIL_ON = ("blocker", "warning", "info", "never")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run, with their defaults.

    ``policies`` are folders; those of a configuration file are relative to it. ``rules`` holds,
    by slug, the options of single rules.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    tier: int = 1
    profile: str = "standard"
    fail_on: str = "blocker"
    allow_parse_errors: bool = False
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One ``--var`` or, with ``is_file``, one ``--var-file``."""

    text: str
    is_file: bool = False

    @property
    def name(self) -> str:
        return "" if self.is_file else self.text.partition("=")[0]

    @property
    def value(self) -> str:
        return self.text.partition("=")[2]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run was given for Terraform variables, apart from files that are loaded anyway.

    ``environment`` holds names without their ``TF_VAR_``, ``options`` keep their order.
    """

    environment: tuple[tuple[str, str], ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(option.text for option in self.options if option.is_file))

    def check_declared(self, names: AbstractSet[str]) -> None:
        """Raises :class:`UsageError` when an option sets a variable that is not among these."""
        for option in self.options:
            if not option.is_file and option.name not in names:
                raise UsageError(f"--var {option.name}: no root module declares this variable")


def discover(start: Path) -> Path | None:
    """The nearest ``prodready.toml``, or ``pyproject.toml`` with a ``[tool.prodready]``."""
    folder = start.resolve()
    for here in (folder, *folder.parents):
        if (here / CONFIG_NAME).is_file():
            return here / CONFIG_NAME
        project = here / "pyproject.toml"
        if project.is_file() and "prodready" in _tools(_load(project)):
            return project
        if (here / ".git").exists():
            return None
    return None


def read(file: Path) -> Settings:
    """The settings of a configuration file; raises :class:`UsageError`, located."""
    data = _load(file)
    if file.name == "pyproject.toml":
        data = _tools(data).get("prodready", {})
    _validate(data, file)
    values = {key.replace("-", "_"): _frozen(value) for key, value in data.items()}
    folders = values.get("policies", ())
    values["policies"] = tuple(str(file.parent / folder) for folder in folders)
    return Settings(**values)


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", str(file)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"is not TOML: {error}", str(file)) from None


def _tools(data: dict[str, Any]) -> dict[str, Any]:
    tools = data.get("tool")
    return tools if isinstance(tools, dict) else {}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _validate(data: dict[str, Any], file: Path) -> None:
    import json

    import jsonschema

    from prodready_infra.paths import shipped

    schema = json.loads((shipped("schemas") / "config.schema.json").read_text("utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(data)
    error = jsonschema.exceptions.best_match(errors)
    if error is not None:
        key = ".".join(map(str, error.absolute_path))
        raise UsageError(f"{key}: {error.message}" if key else error.message, str(file))
