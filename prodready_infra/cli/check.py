"""``check``: judge files."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prodready_infra.cli.options import (
    OrderedCommand,
    fail_on_option,
    input_options,
    inputs_from,
    paths_argument,
    selection_options,
    settings_from,
    variable_options,
)
from prodready_infra.errors import UsageError

if TYPE_CHECKING:
    from prodready_infra.report.contract import Report
    from prodready_infra.settings import Settings

PASSED, FAILED, WRONG, NOTHING = 0, 1, 2, 3
_FORMATS = ("text", "json", "sarif")
_RANKS = {"blocker": 0, "warning": 1, "info": 2}


@click.command(cls=OrderedCommand, short_help="Judge Terraform, Kubernetes and Docker files.")
@paths_argument
@selection_options
@input_options
@variable_options
@fail_on_option
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="text (default), json or sarif; repeat it for several, each with a file but one.",
)
@click.option("--include-passes", is_flag=True, help="Put passing verdicts into JSON, too.")
@click.option("--no-ignores", is_flag=True, help="Show what comments and annotations accept.")
@click.option("--allow-parse-errors", is_flag=True, help="Files that cannot be read are no error.")
@click.option("--no-cache", is_flag=True, help="Judge anew, and remember nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Every finding, every unknown, and timings.")
@click.pass_context
def check(  # noqa: PLR0917 - click hands over one parameter for each option
    context: click.Context,
    /,
    paths: tuple[str, ...],
    config: str | None,
    outputs: tuple[str, ...],
    include_passes: bool,
    no_ignores: bool,
    no_cache: bool,
    verbose: bool,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    **options: Any,
) -> None:
    """Judge the files below PATHS (default: the current folder; - reads standard input).

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, input or rule,
    3 nothing to evaluate.
    """
    from prodready_infra.cli.pipeline import Options, Timings, run

    chosen = paths or (".",)
    settings = settings_from(chosen, config, **options)
    wanted = _parse_outputs(outputs)
    timings = Timings()
    how = Options(
        ignores=not no_ignores,
        include_passes=include_passes,
        cached=not no_cache,
        inputs=inputs_from(context, variables, var_files),
    )
    report, texts = run(chosen, settings, how, timings)
    for name, file in wanted:
        _write(_render(name, report, texts, verbose=verbose), name, file)
    if verbose:
        click.echo(str(timings), err=True)
    context.exit(exit_code(report, settings))


def _parse_outputs(outputs: tuple[str, ...]) -> list[tuple[str, str]]:
    wanted = []
    for output in outputs or ("text",):
        name, _, file = output.partition("=")
        if name not in _FORMATS:
            raise UsageError(f"'{name}' is no output format (there are: {', '.join(_FORMATS)})")
        wanted.append((name, file))
    if sum(not file for _, file in wanted) > 1:
        raise UsageError("only one format can be written to standard output")
    return wanted


def _render(name: str, report: "Report", texts: dict[str, str], *, verbose: bool) -> str:
    if name == "json":
        from prodready_infra.report.json import render as render_json

        return render_json(report)
    if name == "sarif":
        from prodready_infra.report.sarif import render as render_sarif

        return render_sarif(report)
    from prodready_infra.report.excerpt import Excerpts
    from prodready_infra.report.text import render as render_text
    from prodready_infra.sources.text import decode, read_bytes

    def text_of(path: str) -> str:
        known = texts.get(path)
        return known if known is not None else decode(read_bytes(path), path)

    return render_text(report, Excerpts(text_of, report.verdicts), verbose=verbose)


def _write(content: str, name: str, file: str) -> None:
    if not file:
        click.echo(content, nl=False, color=_coloured())
        return
    text = click.unstyle(content) if name == "text" else content
    try:
        Path(file).write_text(text, "utf-8", "backslashreplace", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot be written: {(error.strerror or '').lower()}", file) from None


def _coloured() -> bool:
    """https://no-color.org and its opposite; otherwise colours are for terminals."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE")
    return bool(forced) or sys.stdout.isatty()


def exit_code(report: "Report", settings: "Settings") -> int:
    """The same for every format: what went wrong outweighs what was found."""
    errors = report.summary.outcomes["error"]
    if errors or (report.inputs.problems and not settings.allow_parse_errors):
        return WRONG
    if not report.coverage.decided + report.coverage.unknown:
        return NOTHING
    limit = _RANKS.get(settings.fail_on, -1)
    found = report.summary.findings
    return FAILED if any(found[s] for s, rank in _RANKS.items() if rank <= limit) else PASSED
