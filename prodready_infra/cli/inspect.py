"""``inspect``: the inventory as this tool sees it."""

import sys

import click

from prodready_infra.cli.check import NOTHING, PASSED, WRONG
from prodready_infra.cli.options import (
    OrderedCommand,
    input_options,
    inputs_from,
    paths_argument,
    variable_options,
)


@click.command(cls=OrderedCommand, short_help="Show the inventory: resources, values, relations.")
@paths_argument
@input_options
@variable_options
@click.option("-o", "--output", type=click.Choice(["text", "json", "dot"]), default="text")
@click.option("--provenance", is_flag=True, help="Where each value came from (JSON).")
@click.pass_context
def inspect(
    context: click.Context,
    /,
    paths: tuple[str, ...],
    output: str,
    *,
    provenance: bool,
    exclude: tuple[str, ...],
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
) -> None:
    """Show every resource below PATHS with its address, kind, location, values and relations.

    What the files do not determine stands as {"$unknown": reason}; secrets are not shown.
    """
    from prodready_infra.report.inventory import render
    from prodready_infra.sources.scan import scan

    found = scan(paths or (".",), exclude, inputs_from(context, variables, var_files))
    click.echo(render(found, output, provenance=provenance), nl=False)
    for problem in found.problems:
        click.echo(f"error: {problem}", err=True)
    if not found.inventory.resources and not found.inventory.stages:
        sys.exit(WRONG if found.problems else NOTHING)
    sys.exit(WRONG if found.problems else PASSED)
