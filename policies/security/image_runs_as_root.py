"""An image should start as a user that is nobody on the node."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Image,
    Instruction,
    Node,
    NotApplicable,
    Problem,
    Stage,
    UnknownValue,
    entrypoint_drops_root,
    rule,
    runs_as_root,
)

_WINDOWS = frozenset(("cmd", "powershell", "pwsh"))
# "dev-envs" is what Docker Desktop appends to a file; the image that runs is an earlier stage.
_DEVELOPMENT = re.compile(r"dev(?:el(?:opment)?)?|dev[-_]?(?:envs?|container)|debug|lint|tests?")
_DROPS = re.compile(
    r"\b(?:gosu|su-exec|setpriv|runuser|s6-setuidgid|setuidgid|chpst|sudo\s+-\w*u|su\s+-|su\s+\w"
    r"|chroot\s+--userspec|start-stop-daemon)\b"
    # the program's own option: dnsmasq --user=dnsmasq, uwsgi --uid www-data
    r"|\s--(?:user|uid|setuid)[= ](?!root\b|0)\w"
)
_STEPS_DOWN = re.compile(r"\b(?:gosu|su-exec|setpriv|runuser|setuidgid|chpst)\b")
_ADDS_USER = frozenset(("useradd", "adduser"))
_SYSTEMS = frozenset(
    """almalinux alpine amazonlinux archlinux buildpack-deps busybox centos debian fedora
    oraclelinux photon rockylinux ubuntu""".split()  # noqa: SIM905
)


@rule(
    id="SEC008",
    title="image starts as root",
    group="hardening",
    references=[
        "https://docs.docker.com/build/building/best-practices/#user",
        "https://docs.docker.com/reference/dockerfile/#user",
    ],
    aliases=[
        "checkov:CKV_DOCKER_3",
        "checkov:CKV_DOCKER_8",
        "dockle:CIS-DI-0001",
        "hadolint:DL3002",
        "trivy:DS-0002",
    ],
)
def image_runs_as_root(stage: Stage) -> Iterator[Problem]:
    if not stage.final:
        raise NotApplicable("only the last stage is run")
    _refuse_windows(stage)
    if _DEVELOPMENT.fullmatch(stage.name) or ".devcontainer" in stage.path.split("/"):
        raise NotApplicable("it is a development environment")
    user = stage.effective_user
    name = _user_of(stage, user) if user is not None else ""
    root = _is_root(name) if user is not None else _base_is_root(stage)
    if root and not _drops_rights(stage):
        wording = f"the last USER is {name}" if user is not None else "no USER is set"
        at = stage.node if user is None else user.node
        yield Problem(at, f"{wording}, so the image starts as root", _related(stage))


def _refuse_windows(stage: Stage) -> None:
    shell = stage.shell
    if (
        stage.platform.startswith("windows")
        or "/windows/" in stage.base_text
        or (isinstance(shell, str) and shell in _WINDOWS)
    ):
        raise NotApplicable("Windows containers have no root")


def _user_of(stage: Stage, user: Instruction) -> str:
    written = user.words[0].text if user.words else ""
    known = stage.expand(written, before=user)
    if not isinstance(known, str):
        raise UnknownValue(known.reason)
    name = known.partition(":")[0]
    if name.lower().startswith("container"):  # ContainerUser, ContainerAdministrator
        raise NotApplicable("Windows containers have no root")
    if not name:
        raise UnknownValue("USER names no user")
    return name


def _is_root(name: str) -> bool:
    return name == "root" or (name.isascii() and name.isdigit() and not name.strip("0"))


def _base_is_root(stage: Stage) -> bool:
    """What the base image does; raises when that is not known, as for a private one."""
    base = stage.base
    if not isinstance(base, Image):
        raise UnknownValue(base.reason)
    if stage.cmd is None and stage.entrypoint is None:
        if base.scratch:
            raise NotApplicable("the image holds files only, and starts nothing")
        if base.official and base.name in _SYSTEMS:
            raise NotApplicable("the image starts nothing but a shell: it is there to build on")
    if entrypoint_drops_root(base) and _keeps_entrypoint(stage):
        return False
    root = runs_as_root(base)
    if not isinstance(root, bool):
        raise UnknownValue(f"no USER is set, and the user of '{base.name}' is not known")
    return root


def _keeps_entrypoint(stage: Stage) -> bool:
    """Whether the base image's own entrypoint runs, named again or not."""
    entrypoint = stage.entrypoint
    return entrypoint is None or (
        _program(entrypoint) == "docker-entrypoint.sh"
        and "docker-entrypoint.sh" not in _copied(stage)
    )


def _drops_rights(stage: Stage) -> bool:
    """Whether what is started goes on as another user; raises when a script may do so."""
    started = [found for found in (stage.entrypoint, stage.cmd) if found is not None]
    if any(_DROPS.search(found.command) for found in started):
        return True
    copied = _copied(stage)
    script = next((p for p in map(_program, started) if _is_script(p) or p in copied), "")
    if script and any(True for _ in _signs(stage)):
        raise UnknownValue(f"'{script[:40]}' may go on as another user, and is not read")
    return False


def _program(started: Instruction) -> str:
    words = started.argv if started.exec_form else started.command.split()
    words = words[1:] if words[:1] in (("exec",), ["exec"]) else words
    return words[0].strip("\"'").rpartition("/")[2] if words else ""


def _is_script(program: str) -> bool:
    return program.endswith(".sh") or "entrypoint" in program


def _copied(stage: Stage) -> set[str]:
    """The names of the files that come from the build context."""
    return {
        word.text.rstrip("/").rpartition("/")[2]
        for own in stage.lineage()
        for copy in own.executed
        if copy.name in ("COPY", "ADD") and copy.flag("from") is None
        for word in copy.words
    }


def _signs(stage: Stage) -> Iterator[Node]:
    """What an image needs whose script changes users: a tool for it, or the user itself."""
    for own in stage.lineage():
        for found in own.executed:
            if found.name in ("RUN", "COPY", "ADD") and _STEPS_DOWN.search(found.text):
                yield found.node
    yield from _new_users(stage)


def _new_users(stage: Stage) -> Iterator[Node]:
    for own in stage.lineage():
        for run in own.executed:
            for command in run.commands if run.name == "RUN" else ():
                if command.name in _ADDS_USER:
                    yield run.span(command.start, command.end)


def _related(stage: Stage) -> tuple[tuple[Node, str], ...]:
    user = next(_new_users(stage), None)
    return ((user, "this user is created, and never switched to"),) if user else ()
