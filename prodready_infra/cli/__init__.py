"""The command line: one module per command, each importing what it needs when it runs."""

import io
import sys

import click

from prodready_infra import __version__
from prodready_infra.cli.check import WRONG, check
from prodready_infra.cli.completion import completion
from prodready_infra.cli.explain import explain
from prodready_infra.cli.inspect import inspect
from prodready_infra.cli.rules import rules
from prodready_infra.errors import ProdreadyError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="prodready-infra")
def program() -> None:
    """Would you trust this infrastructure in production?

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, input or rule,
    3 nothing to evaluate.
    """


for command in (check, rules, explain, inspect, completion):
    program.add_command(command)


def main() -> None:
    """Runs the program; whatever goes wrong ends in one sentence and a documented exit code."""
    _write_utf_8()
    try:
        code = program.main(prog_name="prodready-infra", standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = WRONG
    except ProdreadyError as error:
        click.echo(f"error: {error}", err=True)
        code = WRONG
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does: nobody is left to be told.
        sys.stderr.close()
        code = 0
    except Exception as error:  # noqa: BLE001 - no traceback ever reaches a user
        click.echo(f"internal error: {_told(error)}; please report it", err=True)
        code = WRONG
    sys.exit(code if isinstance(code, int) else 0)


def _write_utf_8() -> None:
    """Into files and pipes UTF-8, whatever the locale (Windows has its own); never a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _told(error: Exception) -> str:
    """The kind and place of an error, without its text: that may quote the input."""
    frame, place = error.__traceback__, ""
    while frame is not None:
        code = frame.tb_frame.f_code
        place = f"{code.co_filename.rpartition('prodready_infra')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(error).__name__} at {place}"
