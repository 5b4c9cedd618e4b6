"""``completion``: the script that makes a shell complete this program's words."""

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print a shell completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    For example, in ~/.bashrc: eval "$(prodready-infra completion bash)"
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    program = context.find_root().command
    click.echo(kind(program, {}, "prodready-infra", "_PRODREADY_INFRA_COMPLETE").source())
