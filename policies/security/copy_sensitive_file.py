"""A file of credentials that is copied into an image stays in its layers for good."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

from prodready_infra.sdk import (
    Instruction,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Stage,
    UnknownValue,
    is_secret_name,
    rule,
)

Answer = Literal["secret", "perhaps", "harmless"]

_NAMES = frozenset(
    """id_rsa id_dsa id_ecdsa id_ed25519 .netrc _netrc .pypirc .git-credentials .pgpass
    .vault-token .dockercfg .dockerconfigjson kubeconfig kubeconfig.yaml kubeconfig.yml
    credentials.json client_secret.json application_default_credentials.json
    service-account.json service_account.json serviceaccount.json service-account-key.json
    .env .env.local""".split()  # noqa: SIM905 - a list of names reads best as one
)
_ENDINGS = (".tfstate", ".tfstate.backup", ".ppk", ".pfx", ".p12")
_PATHS = ((".aws", "credentials"), (".kube", "config"), (".docker", "config.json"))
_FOLDERS = frozenset((".ssh", ".aws", ".kube", ".gnupg"))
# These belong into a repository: they hold settings, and a secret only by mistake.
_SETTINGS = re.compile(r"\.npmrc|\.env\.(?:prod(?:uction)?|staging|stage|live)(?:\.local)?")
_LOCAL_ENV = re.compile(r"\.env\.\w+\.local")
# Words in the name of a PEM or key file that tell what is in it.
_PRIVATE = frozenset(("key", "priv", "private", "privkey", "privatekey", "keypair", "prikey"))
_PUBLIC = frozenset(
    """pub public pubkey ca cacert cacerts cert certs certificate chain fullchain bundle root
    intermediate trust truststore trusted dh dhparam dhparams dh2048 dh4096 gpg pgp asc signing
    release archive repo repository keyring rpm apt deb license licence""".split()  # noqa: SIM905
)
_TRIAL = re.compile(
    r"(?i)(?:^|[^a-z])(?:tests?|testdata|testing|fixtures?|examples?|samples?|demo|dummy|mock|fake"
    r"|snakeoil|self-?signed|localhost)(?:$|[^a-z])"
)
_TRIAL_FOLDERS = frozenset(("test", "tests", "testing", "testdata", "e2e", "fixtures"))
_KEYRING = re.compile(r"/(?:keyrings?|trusted\.gpg\.d|rpm-gpg|apt)(?:/|$)")
_GLOB = re.compile(r"\[[^]]{0,60}\]|[*?]+")
_HOME = re.compile(r"(?:/root|/home/[^/]+|~|\$\{?HOME\}?)/\.npmrc")


@rule(
    id="SEC006",
    title="image carries a file of credentials",
    group="exposure",
    references=[
        "https://docs.docker.com/build/building/secrets/",
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ],
)
def copy_sensitive_file(stage: Stage, inventory: Inventory) -> Iterator[Problem]:
    if not stage.final:
        raise NotApplicable("only what the last stage is built of is in the image")
    if _TRIAL_FOLDERS.intersection(PurePosixPath(stage.path).parent.parts[-4:]):
        raise NotApplicable("the image is for tests")
    stages = reversed(list(stage.lineage()))
    copies = [found for own in stages for found in own.executed if _copies(found)]
    if not copies:
        raise NotApplicable("nothing is copied into the image")
    removed = _removed(stage)
    doubts: list[str] = []
    for copy in copies:
        for path, node in _sources(stage, copy, doubts):
            origin = copy.flag("from")
            if origin is not None and not _copied_before(inventory, stage, origin, path):
                continue
            answer = _judge(path, _target(copy))
            if answer == "perhaps" and PurePosixPath(path).name in removed:
                answer = "secret"
            if answer == "secret":
                shown = path if len(path) <= 40 else f"…{path[-39:]}"
                yield Problem(node, f"'{shown}' is kept in a layer, for all who can pull the image")
            elif answer == "perhaps":
                doubts.append(f"whether '{path[:60]}' holds a secret is not known")
    if doubts:
        raise UnknownValue(doubts[0])


def _copies(instruction: Instruction) -> bool:
    return instruction.name in ("COPY", "ADD")


def _target(copy: Instruction) -> str:
    return copy.words[-1].text if copy.words else ""


def _sources(stage: Stage, copy: Instruction, doubts: list[str]) -> Iterator[tuple[str, Node]]:
    """What is copied, normalised; what a variable hides is written into ``doubts``."""
    for word in copy.words[:-1]:
        if word.text.startswith("<<") or "://" in word.text or word.text.startswith("git@"):
            continue
        path = stage.expand(word.text, before=copy)
        if not isinstance(path, str):  # the last part may do
            path = stage.expand(word.text.rpartition("/")[2], before=copy)
        if isinstance(path, str):
            yield str(PurePosixPath(path)), word.node
        else:
            doubts.append(path.reason)


def _judge(path: str, target: str) -> Answer:
    parts = PurePosixPath(path).parts
    name = parts[-1] if parts else ""
    literal = _GLOB.sub("", name)
    if _TRIAL.search(path) or literal in ("", "."):
        return "harmless"
    answer = _judge_name(literal, parts[-2:], target)
    return "perhaps" if answer == "secret" and literal != name else answer


def _judge_name(name: str, last_two: tuple[str, ...], target: str) -> Answer:
    if name in _NAMES or last_two in _PATHS or _LOCAL_ENV.fullmatch(name):
        return "secret"
    stem, dot, ending = name.lower().rpartition(".")
    words = set(re.split(r"[^a-z0-9]+", stem))
    if name.endswith(_ENDINGS):
        return "perhaps" if words & _PUBLIC else "secret"
    if _SETTINGS.fullmatch(name):
        return "secret" if name == ".npmrc" and _HOME.fullmatch(target) else "perhaps"
    if name in _FOLDERS:
        return "perhaps"
    if not dot or ending not in ("pem", "key") or _KEYRING.search(target):
        return "harmless"
    if words & _PRIVATE and not words & {"pub", "public"}:
        return "secret"
    if words & _PUBLIC:
        return "harmless"
    return "secret" if ending == "key" else "perhaps"


def _removed(stage: Stage) -> frozenset[str]:
    """The files that a command removes: whoever does that knows what they hold.

    Not where the secret comes in by another way, an ARG or a mount, and the file names it only.
    """
    executed = [found for own in stage.lineage() for found in own.executed]
    if any(is_secret_name(pair.key) for found in executed for pair in found.pairs):
        return frozenset()
    if any("secret" in mount.text() for run in executed for mount in run.flag_nodes("mount")):
        return frozenset()
    return frozenset(
        word.removeprefix("./")
        for run in executed
        if run.name == "RUN"
        for command in run.commands
        if command.name in ("rm", "shred")
        for word in command.argv[1:]
    )


def _copied_before(inventory: Inventory, stage: Stage, origin: str, path: str) -> bool:
    """Whether the stage that it is taken from had it from the build context.

    What a stage made itself, and what another image holds, is not judged by its name.
    """
    name = PurePosixPath(path).name
    source = inventory.index(_stages_by_name).get((stage.path, origin.lower()))
    if source is None or source.index >= stage.index:
        return False
    executed = [found for own in source.lineage() for found in own.executed]
    copied = {
        PurePosixPath(word.text)
        for copy in executed
        if _copies(copy) and copy.flag("from") is None
        for word in copy.words[:-1]
    }
    if any(file.name == name for file in copied):
        return True
    made = any(name in run.command for run in executed if run.name == "RUN")
    return not made and bool(copied & {PurePosixPath(), PurePosixPath("/")})


def _stages_by_name(inventory: Inventory) -> dict[tuple[str, str], Stage]:
    found: dict[tuple[str, str], Stage] = {}
    for stage in inventory.stages:
        for name in (str(stage.index), stage.name):
            found[stage.path, name] = stage
    return found
