"""``explain``: one rule's page, in the terminal and without a network."""

import sys

import click

from prodready_infra.errors import UsageError


@click.command(short_help="Show what a rule checks, why, and how to fix it.")
@click.argument("name", metavar="RULE")
@click.option("--policies", multiple=True, metavar="DIR", help="A folder of your own policies.")
def explain(name: str, policies: tuple[str, ...]) -> None:
    """Show the page of RULE: its id, its slug, or another tool's name for it.

    For example: readiness-probe-missing, SAF001 or checkov:CKV_K8S_9.
    """
    from pathlib import Path

    from prodready_infra.rules.catalogue import load

    catalogue = load(Path(folder) for folder in policies)
    rule = catalogue.get(name)
    found = [rule] if rule else catalogue.aliased(name)
    if not found:
        raise UsageError(f"no rule is called '{name}' (see: prodready-infra rules)")
    from prodready_infra.report.page import markdown

    text = "\n".join(markdown(each) for each in found)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console(width=min(Console().width, 100)).print(Markdown(text))
    else:
        click.echo(text, nl=False)
