"""Options that several commands share, and how they combine with a configuration file."""

import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from prodready_infra.errors import UsageError
from prodready_infra.settings import FAIL_ON, Inputs, Option, Settings, discover, read

Command = TypeVar("Command", bound=Callable[..., Any])

_ORDER = "prodready_infra.order"
_NAMES = "an id, a slug, a prefix such as SEC, or a category"


def paths_argument(command: Command) -> Command:
    return click.argument("paths", nargs=-1)(command)


def selection_options(command: Command) -> Command:
    """What decides which rules are asked, and how grave they are."""
    for option in reversed(
        (
            click.option("--select", multiple=True, metavar="RULE", help=f"Only these: {_NAMES}."),
            click.option("--ignore", multiple=True, metavar="RULE", help="Not these."),
            click.option("--category", multiple=True, metavar="NAME", help="Only this category."),
            click.option(
                "--policies",
                multiple=True,
                metavar="DIR",
                help="A folder of policies of your own, beside the shipped ones.",
            ),
            click.option(
                "--tier",
                type=click.IntRange(0, 2),
                help="0 core revenue, 1 important (default), 2 nice-to-have.",
            ),
            click.option("--profile", metavar="NAME", help="standard (default), starter, hobby."),
            click.option(
                "--config",
                type=click.Path(exists=True, dir_okay=False),
                help="A configuration file; otherwise the nearest prodready.toml is used.",
            ),
        )
    ):
        command = option(command)
    return command


def input_options(command: Command) -> Command:
    """What decides which files are read."""
    return click.option(
        "--exclude", multiple=True, metavar="PATTERN", help="Leave out, as in .gitignore."
    )(command)


class OrderedCommand(click.Command):
    """A command that knows in which order ``--var`` and ``--var-file`` were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = [given.name for given in order]
        return super().parse_args(ctx, args)


def variable_options(command: Command) -> Command:
    """Values for Terraform variables, as Terraform takes them."""
    for option in (
        click.option(
            "--var-file",
            "var_files",
            multiple=True,
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="A file with values for variables of root modules.",
        ),
        click.option(
            "--var",
            "variables",
            multiple=True,
            metavar="NAME=VALUE",
            help="A value for a Terraform variable; the last one counts.",
        ),
    ):
        command = option(command)
    return command


def inputs_from(
    context: click.Context, variables: tuple[str, ...], var_files: tuple[str, ...]
) -> Inputs:
    """What the options, in their order, and the environment give for Terraform variables."""
    for text in variables:
        if not text.partition("=")[0].strip() or "=" not in text:
            raise UsageError(f"--var {text}: expected NAME=VALUE")
    given = {"variables": iter(variables), "var_files": iter(var_files)}
    options = [
        Option(Path(text).as_posix() if name == "var_files" else text, name == "var_files")
        for name in context.meta[_ORDER]
        if name in given
        for text in [next(given[name])]
    ]
    prefix = "TF_VAR_"
    environment = [
        (n.removeprefix(prefix), v) for n, v in os.environ.items() if n.startswith(prefix)
    ]
    return Inputs(tuple(sorted(environment)), tuple(options))


def fail_on_option(command: Command) -> Command:
    return click.option(
        "--fail-on",
        type=click.Choice(FAIL_ON),
        help="Exit with 1 from this severity on (default: blocker).",
    )(command)


def settings_from(paths: tuple[str, ...], config: str | None, **options: Any) -> Settings:
    """The configuration nearest to the first path, overridden by what the command line says."""
    base = Settings()
    file = Path(config) if config else discover(_start(paths))
    if file is not None:
        base = read(file)
    known = {field.name for field in fields(Settings)}
    given = {
        name: value for name, value in options.items() if name in known and value not in (None, ())
    }
    given = {name: _split(value) for name, value in given.items() if value is not False}
    return replace(base, **given)


def _split(value: Any) -> Any:
    """``--select A,B`` is ``--select A --select B``, as with other checkers."""
    if not isinstance(value, tuple):
        return value
    return tuple(part for word in value for part in word.split(",") if part)


def _start(paths: tuple[str, ...]) -> Path:
    first = next((Path(path) for path in paths if path != "-"), Path())
    return first if first.is_dir() else first.parent
