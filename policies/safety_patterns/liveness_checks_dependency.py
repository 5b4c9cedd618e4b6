"""A liveness probe that fails with a dependency restarts every replica when that one is down."""

import re
from collections.abc import Iterator, Sequence

from prodready_infra.sdk import (
    LONG_RUNNING,
    Container,
    Node,
    NotApplicable,
    Problem,
    rule,
    split_commands,
)

# Words of the last part of a path that by custom stand for "with all that it depends on".
_READINESS = frozenset({"ready", "readyz", "readiness"})
_DEPENDENCIES = frozenset({"db", "database", "deep", "dependencies", "deps"})
_HOME = re.compile(r"localhost|127\.[\d.]+|\[?::1\]?|0\.0\.0\.0")
_CLIENTS = frozenset({"mongo", "mongosh", "mysql", "mysqladmin", "pg_isready", "psql", "redis-cli"})
_SHELL = re.compile(r"(?:.*/)?(?:ash|bash|dash|sh|zsh)")
_SHELL_FLAG = re.compile(r"-[a-z]*c")
_URL_HOST = re.compile(r"https?://(?:[^/?#@]*@)?(\[[^\]/]*\]|[^/?#:@\[]*)")


@rule(
    id="SAF019",
    title="liveness probe seems to fail when a dependency does",
    group="advice",
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ],
)
def liveness_checks_dependency(container: Container) -> Iterator[Problem]:
    liveness = container.probe("liveness")
    if liveness is None:
        raise NotApplicable("the container has no liveness probe")
    for action in ("httpGet", "tcpSocket"):
        host = liveness.node.get(action, "host")
        if _is_elsewhere(host.text()):
            yield Problem(host, f"livenessProbe asks host '{host.text()}', not the container")
            return
    path = liveness.node.get("httpGet", "path")
    words = _last_words(path.text())
    if words & _READINESS:
        yield Problem(path, f"livenessProbe asks '{path.text()}', by its name a readiness check")
    elif words & _DEPENDENCIES:
        yield Problem(
            path, f"livenessProbe asks '{path.text()}', by its name a check of what it depends on"
        )
    yield from _command(liveness.node.get("exec", "command"))


def _last_words(path: str) -> frozenset[str]:
    last = path.partition("?")[0].rstrip("/").rpartition("/")[2]
    return frozenset(re.split(r"[-_.]", last.lower()))


def _command(command: Node) -> Iterator[Problem]:
    argv = [word.text() for word in command.items()]
    calls: list[Sequence[str]] = [argv]
    if argv and _SHELL.fullmatch(argv[0]):
        flags = (i for i, word in enumerate(argv) if _SHELL_FLAG.fullmatch(word))
        script = argv[next(flags, len(argv)) + 1 :]
        calls = [call.argv for text in script[:1] for call in split_commands(text)]
    for call in calls:
        host = _host(call)
        if _is_elsewhere(host):
            yield Problem(command, f"livenessProbe runs {_program(call)} against host '{host}'")
            return


def _host(call: Sequence[str]) -> str:
    """The host that a database's client or an HTTP client is told to ask."""
    program = _program(call)
    if program in ("curl", "wget"):
        found = next(filter(None, map(_URL_HOST.match, call)), None)
        return found[1] if found else ""
    if program in _CLIENTS:
        for word, following in zip(call, [*call[1:], ""], strict=True):
            if word in ("-h", "--host"):
                return following
            if word.startswith("--host="):
                return word.removeprefix("--host=")
    return ""


def _program(call: Sequence[str]) -> str:
    return call[0].rpartition("/")[2] if call else ""


def _is_elsewhere(host: str) -> bool:
    """Whether a host is surely another one; a variable or a socket's folder may be its own."""
    return bool(host) and not _HOME.fullmatch(host) and not re.search(r"[$`/]", host)
