"""The signal that announces a shutdown must reach the application, not a shell before it.

Measured as PID 1 of a PID namespace with dash 0.5.12, bash 5.2 and busybox ash 1.35: ash and bash
replace themselves by the last command of what they are given, dash never does.
"""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Instruction,
    NotApplicable,
    Problem,
    ShellCommand,
    Stage,
    UnknownValue,
    is_unknown,
    rule,
)

_WINDOWS = frozenset(("cmd", "powershell", "pwsh"))
# "dev-envs" is what Docker Desktop appends to a file; the image that runs is an earlier stage.
_DEVELOPMENT = re.compile(r"dev(?:el(?:opment)?)?|dev[-_]?(?:envs?|container)|debug|lint|tests?")
_INITS = frozenset(("tini", "tini-static", "dumb-init", "catatonit", "docker-init", "init"))
# What ends by itself, at once.
_INSTANT = frozenset(
    ("true", "false", "echo", "printf", "exit", "ls", "cat", "env", "date", "id", "whoami", ":")
)
# What people talk to: without arguments these wait for somebody to type.
_INTERACTIVE = re.compile(
    r"(?:ba|da|a|z|k|fi)?sh|python[0-9.]*|i?python3?|node|irb|php|R|julia|psql"
)
_LOOP = re.compile(r"(?:^|[;&|\n({]|\bdo\b|\bthen\b)\s*(?:while|until|for)\s")
_BRANCH = re.compile(r"(?:^|[;&|\n({])\s*(?:if|case)\s")


@rule(
    id="SAF010",
    title="a shell takes the application's place as PID 1 and swallows SIGTERM",
    group="resilience",
    references=[
        "https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example",
        "https://docs.docker.com/reference/build-checks/json-args-recommended/",
    ],
    aliases=["hadolint:DL3025", "buildkit:JSONArgsRecommended"],
)
def entrypoint_shell_form(stage: Stage) -> Iterator[Problem]:
    if not stage.final:
        raise NotApplicable("only the last stage is run")
    if _DEVELOPMENT.fullmatch(stage.name):
        raise NotApplicable("it is a development environment")
    _refuse_windows(stage)
    started = _shell_form(stage)
    if started is None:
        return
    if started.json_error and started.command.rstrip().endswith("]"):
        yield Problem(
            started.node, f"{started.name} looks like the exec form but is no JSON: a shell gets it"
        )
        return
    commands = [command for command in started.commands if command.words]
    top = [command for command in commands if command.depth == 0]
    if _is_handed_over(started.command, top):
        return
    _refuse_what_is_no_service(top)
    if reason := _reason(_posix_shell(stage), started.command, top):
        yield Problem(started.node, f"{started.name} in shell form: {reason}")


def _refuse_windows(stage: Stage) -> None:
    shell = stage.shell
    if (
        stage.platform.startswith("windows")
        or "/windows/" in stage.base_text
        or (isinstance(shell, str) and shell in _WINDOWS)
    ):
        raise NotApplicable("Windows containers know no SIGTERM")


def _shell_form(stage: Stage) -> Instruction | None:
    """What a shell is given at the start; ``None`` when no shell comes before the program."""
    entrypoint, cmd = stage.entrypoint, stage.cmd
    if entrypoint is None and cmd is None:
        raise NotApplicable("the image starts what its base image starts")
    if entrypoint is not None and entrypoint.command.strip():
        if not entrypoint.exec_form:
            return entrypoint
        if cmd is None or cmd.exec_form or not cmd.command.strip():
            return None
        program = entrypoint.argv[0].rpartition("/")[2]
        if program in _INITS:
            return None
        if not program.endswith(".sh") and "entrypoint" not in program:
            raise UnknownValue(f"what '{program[:40]}' does with the words of CMD is not known")
    if cmd is None or cmd.exec_form or not cmd.command.strip():
        return None
    return cmd


def _is_handed_over(text: str, top: list[ShellCommand]) -> bool:
    """Whether ``exec`` puts the program in the shell's place, whatever shell it is."""
    if _LOOP.search(text) or not top:
        return False
    if _BRANCH.search(text):
        return any(command.name == "exec" for command in top)
    last = top[-1]
    return last.name == "exec" and not _is_piped(last) and last.operator_after != "&"


def _is_piped(command: ShellCommand) -> bool:
    return bool({command.operator_before, command.operator_after} & {"|", "|&"})


def _refuse_what_is_no_service(top: list[ShellCommand]) -> None:
    if len(top) != 1:
        return
    command = top[0]
    if command.name in _INSTANT:
        raise NotApplicable("the command ends by itself, at once")
    if len(command.words) == 1 and _INTERACTIVE.fullmatch(command.name):
        raise NotApplicable("the image starts a shell to type in")
    if command.name == "sleep" or (command.name == "tail" and "/dev/null" in command.argv):
        raise NotApplicable("the command does nothing, and so has nothing to end in order")


def _posix_shell(stage: Stage) -> str:
    shell = stage.shell
    if not isinstance(shell, str):
        base = stage.base
        reason = base.reason if is_unknown(base) else shell.reason  # type: ignore[union-attr]
        raise UnknownValue(f"which shell runs the shell form is not known: {reason}")
    if shell == "none":
        raise UnknownValue("the base image has no shell, and which one was added is not known")
    if shell not in ("dash", "ash", "bash"):
        raise UnknownValue(f"whether {shell} hands over to the last command is not known")
    return shell


def _reason(shell: str, text: str, top: list[ShellCommand]) -> str:
    """Why SIGTERM is lost; empty when the shell hands over to the last command."""
    if any(map(_is_piped, top)):
        return f"{shell} stays PID 1 before the pipeline, which never gets SIGTERM"
    if any(command.operator_after == "&" for command in top):
        return f"{shell} stays PID 1 beside what runs in the background, which never gets SIGTERM"
    if _LOOP.search(text):
        return f"{shell} stays PID 1 to run the loop, and SIGTERM is lost"
    lost = f"{shell} stays PID 1 and passes no SIGTERM on"
    if shell == "dash" or (shell == "bash" and _keeps_bash(text, top)):
        return f"{lost} to '{_program(top)}'" if top else lost
    if not top:
        return ""
    last = top[-1]
    if last.name in _INSTANT or last.operator_before == "||":
        return f"{lost}, because '{last.name[:30]}' may run after the program"
    if last.name == "eval" or (shell == "ash" and any(c.name == "trap" for c in top)):
        return f"{lost}, because of its {'eval' if last.name == 'eval' else 'trap'}"
    return ""


def _keeps_bash(text: str, top: list[ShellCommand]) -> bool:
    """Measured: redirections, branches, groups and a list after ``;`` (``a; b && c``) keep bash."""
    if not top or top[-1].redirects:
        return True
    if text[top[-1].end :].partition("#")[0].strip(" ;\t\n"):
        return True  # the end of a branch or a group
    before = [command.operator_before for command in top]
    return before[-1] == "&&" and bool({";", "\n"} & set(before))


def _program(top: list[ShellCommand]) -> str:
    last = next((c for c in reversed(top) if c.name not in _INSTANT), top[-1])
    return last.name[:30]
