"""Commands that only wait: what a preStop hook sleeps, and containers that hold their pod open."""

import re
from collections.abc import Sequence

from prodready_infra.errors import UnknownValue
from prodready_infra.model.shell import split_commands

_SHELL_FLAG = re.compile(r"-[a-z]*c[a-z]*")
# What a loop around ``sleep`` is made of.
_LOOP_WORDS = frozenset({"while", "do", "done", "true", ":", "[", "trap", "echo"})
_CONDITION = re.compile(r"\b(?:if|case)\b")
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def sleep_seconds(argv: list[str]) -> float:
    """The seconds of the ``sleep N`` commands that an argument vector is sure to run.

    A loop counts once, so this may be too little, never too much.
    """
    flag = next((i for i, word in enumerate(argv) if _SHELL_FLAG.fullmatch(word)), None)
    if flag is None:
        return _slept(argv)
    script = argv[flag + 1] if len(argv) > flag + 1 else ""
    total = sum(
        _slept(command.argv)
        for command in split_commands(script)
        if command.operator_before != "||" and command.operator_after != "&"
    )
    if total and _CONDITION.search(script):
        raise UnknownValue("the preStop hook sleeps on a condition")
    return total


def _waits(argv: Sequence[str]) -> bool:
    """Whether a command does nothing but wait."""
    words = [word.strip("'\"") for word in argv]
    while words and words[0] in ("exec", "do", "/bin/busybox", "busybox"):
        del words[0]
    if not words:
        return False
    name = words[0].rpartition("/")[2]
    if name == "sleep":
        return words[1:] == ["infinity"] or all(_DURATION.fullmatch(word) for word in words[1:])
    return name == "tail" and "/dev/null" in words


def _slept(argv: Sequence[str]) -> float:
    """What one command sleeps; ``sleep`` adds up its arguments."""
    words = list(argv)
    while words and words[0].rpartition("/")[2] in ("busybox", "exec"):
        del words[0]
    if not words or words[0].rpartition("/")[2] != "sleep":
        return 0
    total = 0.0
    for word in words[1:]:
        match = _DURATION.fullmatch(word)
        if match is None:
            raise UnknownValue(f"the preStop hook sleeps '{word}'")
        total += float(match[1]) * _SECONDS[match[2]]
    return total


def only_waits(argv: Sequence[str]) -> bool:
    """Whether a container's command does nothing but keep its pod alive."""
    flag = next((i for i, word in enumerate(argv) if _SHELL_FLAG.fullmatch(word)), None)
    if flag is None:
        return _waits(argv)
    script = argv[flag + 1] if len(argv) > flag + 1 else ""
    commands = [command.argv for command in split_commands(script) if command.argv]
    return any(map(_waits, commands)) and all(
        _waits(words) or words[0] in _LOOP_WORDS for words in commands
    )
