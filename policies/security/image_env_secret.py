"""A secret in an image's environment belongs to everybody who can pull the image."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Secret,
    SecretKind,
    Stage,
    classify,
    rule,
)

# Fingerprints of public keys, as the official images list them: GPG_KEY, NGINX_GPGKEY…
_FINGERPRINT = re.compile(r"(?:0x)?(?:[0-9A-F]{40}|[0-9A-F]{16}|[0-9A-F]{8})")
# What people write where only the build wants a value: "build-secret", "collectstatic".
_STAND_INS = frozenset(
    """assets build buildtime ci collectstatic compile dummy fake ignored noop nothing placeholder
    precompile runtime skip stub temp temporary unused used""".split()  # noqa: SIM905
)
_WORDS = re.compile(r"[A-Za-z]+(?:[-_ .]+[A-Za-z]+)*")
_LOCAL_URL = re.compile(r"://(?P<user>[^:/@]*):(?P<password>[^@/]*)@(?P<host>[^:/?]*)")
_LOCAL_HOSTS = frozenset(("localhost", "127.0.0.1", "placeholder", "dummy", "build"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FINGERPRINT_NAME = re.compile(r"(?i)gpg|pgp|fingerprint|signing|release")


@rule(
    id="SEC005",
    title="image carries a secret in ENV or in the default of an ARG",
    group="exposure",
    references=[
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        "https://docs.docker.com/build/building/secrets/",
    ],
    aliases=[
        "hadolint:DL3064",
        "buildkit:SecretsUsedInArgOrEnv",
        "trivy:DS-0031",
        "dockle:CIS-DI-0010",
    ],
)
def image_env_secret(stage: Stage) -> Iterator[Problem]:
    literals = list(_literals(stage))
    if not literals:
        raise NotApplicable("the stage sets no ENV and no default of an ARG")
    for instruction, key, value, node in literals:
        if _is_fingerprint(key, value):
            continue
        secret = classify(key, value)
        if secret is None or _stands_in(secret, value):
            continue
        wording = "is set" if instruction == "ENV" else "defaults"
        message = f"{instruction} {key[:40]} {wording} to a literal {secret.label}"
        yield Problem(node, message, sensitive=True)


def _literals(stage: Stage) -> Iterator[tuple[str, str, str, Node]]:
    """Instruction, key, value and place: ENV of the image, ARG defaults of this stage.

    What only an earlier stage has in ENV is not in the image; an ARG's default is in the
    history of every image and cache entry that its stage leaves behind.
    """
    for ancestor in reversed(list(stage.lineage())) if stage.final else ():
        for env in ancestor.executed:
            for pair in env.pairs if env.name == "ENV" else ():
                yield "ENV", pair.key, pair.value or "", pair.node
    for arg in stage.executed:
        for pair in arg.pairs if arg.name == "ARG" else ():
            value = _inherited(stage, pair.key) if pair.value is None else pair.value
            if value:
                yield "ARG", pair.key, value, pair.node


def _inherited(stage: Stage, name: str) -> str:
    """The default that an ARG before the first FROM gives to one that has none of its own."""
    value = stage.expand(f"${{{name}:-}}") if _NAME.fullmatch(name) else ""
    return value if isinstance(value, str) else ""


def _stands_in(secret: Secret, value: str) -> bool:
    """Whether the value only keeps a build going, as many frameworks demand one to compile."""
    if secret.kind is SecretKind.URL_PASSWORD:
        url = _LOCAL_URL.search(value)
        return url is not None and (url["host"] in _LOCAL_HOSTS or url["user"] == url["password"])
    if secret.kind is not SecretKind.CREDENTIAL:
        return secret.kind in (SecretKind.PLACEHOLDER, SecretKind.WEAK)
    if _STAND_INS.intersection(re.split(r"[-_ .]+", value.lower())):
        return True
    # A password may be words; a key or token that somebody generated never is.
    return secret.label != "password" and _WORDS.fullmatch(value) is not None


def _is_fingerprint(key: str, value: str) -> bool:
    return bool(_FINGERPRINT_NAME.search(key)) and all(map(_FINGERPRINT.fullmatch, value.split()))
