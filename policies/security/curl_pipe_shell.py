"""What a build downloads must not be run before anybody could check what it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from prodready_infra.sdk import (
    Instruction,
    NotApplicable,
    Problem,
    ShellCommand,
    Stage,
    pipelines,
    rule,
    split_commands,
)

_MAX_DEPTH = 4  # sh -c "sh -c '…'"
_DOWNLOADERS = frozenset(("curl", "wget"))
_STDIN = frozenset(("-", "/dev/stdin", "/proc/self/fd/0"))
# Commands that run another one, with their options that take a value.
_WRAPPERS = {
    "sudo": frozenset("ughpCrtUDRT"),
    "doas": frozenset("uC"),
    "env": frozenset("uCS"),
    "nice": frozenset("n"),
    "command": frozenset(""),
    "exec": frozenset("a"),
    "nohup": frozenset(""),
    "time": frozenset("fo"),
}
_USER_WRAPPERS = frozenset(("gosu", "su-exec"))
# Interpreters: the option letters that bring the code along, and those that take a value.
_INTERPRETERS = (
    (re.compile(r"(?:ba|da|a|z|k|mk)?sh"), frozenset("c"), frozenset("oO")),
    (re.compile(r"(?:python|pypy)[0-9.]*"), frozenset("cm"), frozenset("WX")),
    (re.compile(r"perl[0-9.]*"), frozenset("eEnp"), frozenset("I")),
    (re.compile(r"ruby[0-9.]*"), frozenset("enp"), frozenset("rI")),
    (re.compile(r"node(?:js)?"), frozenset("ep"), frozenset("r")),
    (re.compile(r"php[0-9.]*"), frozenset("rfBRFE"), frozenset("dcz")),
)
_ASSIGNMENT = re.compile(r"\w+=")
_SHELL = _INTERPRETERS[0][0]
_LONG_CODE = frozenset(("--eval", "--print", "--version", "--help", "--command"))
_FETCHED = re.compile(r"\s*(?:\$\(|`|<\()\s*(?:sudo\s+)?(?P<tool>curl|wget)\s")
_TO_STDOUT = re.compile(r"-[A-Za-z]*O-|--output-document=-")
_TO_FILE = re.compile(r"-[A-Za-z#]*[oO].*|--output(?:=.*)?|--remote-name(?:-all)?")
# The host only: what stands before it may be a password, and what stands after it a token.
_HOST = re.compile(r"https?://(?:[^/@\s\"']*@)?([A-Za-z0-9.-]+)")


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    tool: str
    program: str
    host: str

    def moved(self, offset: int) -> "_Found":
        return _Found(self.start + offset, self.end + offset, self.tool, self.program, self.host)


@rule(
    id="SEC011",
    title="build runs a script straight from the network",
    group="hardening",
    references=[
        "https://docs.docker.com/build/building/best-practices/#run",
        "https://docs.docker.com/reference/dockerfile/#add---checksum",
    ],
)
def curl_pipe_shell(stage: Stage) -> Iterator[Problem]:
    runs = [run for own in stage.instructions if (run := own.trigger or own).name == "RUN"]
    if not runs:
        raise NotApplicable("the stage runs no command")
    for run in runs:
        for found in _in_instruction(run):
            source = f"from {found.host} " if found.host else ""
            at = run.node if run.exec_form else run.span(found.start, found.end)
            yield Problem(
                at, f"what {found.tool} fetches {source}is run by {found.program}, unverified"
            )


def _in_instruction(run: Instruction) -> Iterator[_Found]:
    if run.exec_form:
        words = _unwrapped(list(run.argv))
        if script := _script_argument(words):
            yield from _in_text(script, 0)
        return
    text = run.command
    commands = run.commands
    yield from _in_commands(text, commands, 0)
    for command in commands:
        marks = {mark.text.lstrip("0123456789") for mark in command.redirects}
        words = _unwrapped([word.text for word in command.words])
        if not words or not _SHELL.fullmatch(_base(words[0])) or not _reads_stdin(words):
            continue
        for heredoc in run.heredocs:
            if {f"<<{heredoc.delimiter}", f"<<-{heredoc.delimiter}"} & marks:
                offset = heredoc.start - run.command_span[0]
                yield from (found.moved(offset) for found in _in_text(heredoc.body, 0))


def _in_text(text: str, depth: int) -> Iterator[_Found]:
    yield from _in_commands(text, split_commands(text), depth)


def _in_commands(text: str, commands: list[ShellCommand], depth: int) -> Iterator[_Found]:
    for pipeline in pipelines(commands):
        yield from _in_pipeline(pipeline)
    for command in commands:
        yield from _in_arguments(text, command, depth)


def _in_pipeline(pipeline: list[ShellCommand]) -> Iterator[_Found]:
    start, tool = None, ""
    for command in pipeline:
        words = _unwrapped([word.text for word in command.words])
        if start is not None and words and _reads_stdin(words):
            host = _host(" ".join(start.argv))
            yield _Found(start.start, command.end, tool, _base(words[0]), host)
            return
        if start is None and (tool := _download(command)):
            start = command


def _download(command: ShellCommand) -> str:
    """The downloader whose output this command prints, if it does."""
    words = _unwrapped([word.text for word in command.words])
    name = _base(words[0]) if words else ""
    if name in _DOWNLOADERS:
        return name if _prints(name, words[1:]) else ""
    if name in ("echo", "printf"):
        for word in words[1:]:
            if match := _FETCHED.match(word):
                return match["tool"]
    return ""


def _prints(tool: str, words: list[str]) -> bool:
    """Whether the download goes to standard output, and not into a file."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        if tool == "wget":
            if _TO_STDOUT.fullmatch(word):
                return True
            if re.fullmatch(r"-[A-Za-z]*O|--output-document", word) and following in _STDIN | {
                "/dev/stdout"
            }:
                return True
        elif not word.startswith("--") or word.startswith(("--output", "--remote-name")):
            if re.fullmatch(r"-[A-Za-z#]*o-", word) or not _TO_FILE.fullmatch(word):
                continue
            if not (word.endswith(("o", "--output")) and following in ("-", "/dev/stdout")):
                return False
    return tool == "curl"


def _in_arguments(text: str, command: ShellCommand, depth: int) -> Iterator[_Found]:
    """``bash <(curl …)``, ``sh -c "$(curl …)"``, ``eval "$(curl …)"`` and scripts inside quotes."""
    words = _unwrapped([word.text for word in command.words])
    if not words:
        return
    name = _base(words[0])
    is_interpreter = any(names.fullmatch(name) for names, _, _ in _INTERPRETERS)
    if not is_interpreter and name not in ("eval", "source", ".", "su"):
        return
    here_strings = [mark.text[3:] for mark in command.redirects if mark.text.startswith("<<<")]
    for argument in (*words[1:], *here_strings):
        if name != "su" and (match := _FETCHED.match(argument)):
            host = _host(argument)
            yield _Found(command.start, command.end, match["tool"], name, host)
            return
    script = _script_argument(words)
    if script and depth < _MAX_DEPTH and any(tool in script for tool in _DOWNLOADERS):
        at = text.find(script, command.start, command.end)
        for found in _in_text(script, depth + 1):
            if at >= 0:
                yield found.moved(at)
            else:  # quoting changed the text: point at all of it
                yield _Found(command.start, command.end, found.tool, found.program, found.host)


def _script_argument(words: list[str]) -> str:
    """The script that ``sh -c`` or ``su -c`` is given."""
    if not words or not (_SHELL.fullmatch(_base(words[0])) or _base(words[0]) == "su"):
        return ""
    for word, following in pairwise(words):
        if re.fullmatch(r"-[A-Za-z]*c|--command", word):
            return following
    return ""


def _unwrapped(words: list[str]) -> list[str]:
    """The command that ``sudo -E``, ``env X=1`` and the like run."""
    at = 0
    while at < len(words) and ((name := _base(words[at])) in _WRAPPERS or name in _USER_WRAPPERS):
        at += 2 if name in _USER_WRAPPERS else 1
        valued = _WRAPPERS.get(name, frozenset())
        while at < len(words) and (words[at][:1] == "-" or _ASSIGNMENT.match(words[at])):
            has_value = words[at][:1] == "-" and words[at][:2] != "--" and words[at][-1] in valued
            at += 2 if has_value else 1
    return words[at:]


def _reads_stdin(words: list[str]) -> bool:
    """Whether an interpreter takes its script from standard input."""
    name = _base(words[0])
    entry = next((entry for entry in _INTERPRETERS if entry[0].fullmatch(name)), None)
    if entry is None:
        return False
    _, code, valued = entry
    arguments = iter(words[1:])
    for argument in arguments:
        if argument in _STDIN:
            return True
        if argument == "--":
            return name.startswith("php") or next(arguments, "-") in _STDIN
        if argument.partition("=")[0] in _LONG_CODE:
            return False
        if argument.startswith("--"):
            continue
        if argument[:1] not in ("-", "+"):
            return False
        if _SHELL.fullmatch(name) and "s" in argument:
            return True
        if code & set(argument):
            return False
        if argument[-1] in valued:
            next(arguments, "")
    return True


def _base(word: str) -> str:
    return word.rpartition("/")[2]


def _host(text: str) -> str:
    match = _HOST.search(text)
    return match[1][:50] if match else ""
