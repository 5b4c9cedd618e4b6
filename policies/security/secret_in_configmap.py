"""A ConfigMap must not hold a secret: whoever may look at the namespace reads it."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    Secret,
    SecretKind,
    Unknown,
    UnknownValue,
    classify,
    is_secret_name,
    rule,
    scan_text,
)

# A program, where a bare word is a variable and only what is quoted is a literal.
_PROGRAM_KEY = re.compile(
    r".*\.(?:py|js|mjs|ts|go|rb|java|groovy|kts?|php|lua|pl|rs|cs|scala|r|tf)", re.IGNORECASE
)
_PROGRAM_TEXT = re.compile(r"#!\S*[/ ](?:env )?(?:python|node|perl|ruby|lua|php)")
# Grafana's $__file{…} and Argo CD's $dex.github.clientSecret; an escaped variable; a range of
# versions, as in "jsonwebtoken": "^9.0.0"; and what clients of a server without keys send.
# https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#variable-expansion
# https://argo-cd.readthedocs.io/en/stable/operator-manual/user-management/
_NO_LITERAL = re.compile(
    r"\$__\w+\{|\$[A-Za-z][\w.:-]*(?=$|[\"',;)}\s])|\\\$|[~^]\d+\.\d"
    r"|(?i:(?:empty|not[-_ ]?needed|unused)(?![\w-]))"
)
_BY_FORM = (SecretKind.TOKEN, SecretKind.PRIVATE_KEY, SecretKind.URL_PASSWORD)


@rule(
    id="SEC022",
    title="ConfigMap holds a secret in plain text",
    group="exposure",
    kinds=["ConfigMap"],
    references=[
        "https://kubernetes.io/docs/concepts/configuration/configmap/",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    aliases=["polaris:sensitiveConfigmapContent", "trivy:KSV-0109"],
)
def secret_in_configmap(resource: Resource) -> Iterator[Problem]:
    values = [
        (key, node)
        for key, node in resource.get("data").entries()
        if isinstance(node.value, Unknown) or node.value not in (None, "")
    ]
    if not values:
        raise NotApplicable("the ConfigMap holds no text")
    doubts = []
    for key, node in values:
        try:
            secrets = _secrets(key, node)
        except UnknownValue as signal:
            doubts.append(f"key '{key}': {signal.reason}")
            continue
        certain = [found for found in secrets if found[1].kind is not SecretKind.PLACEHOLDER]
        if certain:
            yield _problem(key, node, certain)
        elif secrets:
            label = secrets[0][1].label
            doubts.append(f"key '{key}' holds a {label}, and who replaces it is not known")
    if doubts:
        raise UnknownValue(doubts[0])


def _secrets(key: str, node: Node) -> list[tuple[int, Secret]]:
    """The secrets of one key with their lines, from 0; raises when the value must be known."""
    if key == "nsswitch.conf":
        return []  # its "passwd" is a database of users
    text = _written(key, node).strip()
    if "\n" in text or text.startswith(("{", "[")):
        hits, lines = scan_text(text), text.split("\n")
    else:
        secret = classify(key, text)
        hits, lines = [(0, secret)] if secret else [], [text]
    if _PROGRAM_KEY.fullmatch(key) or _PROGRAM_TEXT.match(text):
        hits = [hit for hit in hits if _by_form(hit[1]) or _quoted(lines[hit[0]], hit[1])]
    return [hit for hit in hits if _by_form(hit[1]) or not _expression(lines[hit[0]], hit[1])]


def _by_form(secret: Secret) -> bool:
    """Whether the value gave it away; else it is the name that says secret."""
    return secret.kind in _BY_FORM or secret.label.endswith("in a URL")


def _quoted(line: str, secret: Secret) -> bool:
    return line[: secret.start].endswith(('"', "'"))


def _expression(line: str, secret: Secret) -> bool:
    before = line[: secret.start]
    assigned = before.rstrip(" (").endswith(":=")  # {{ $secret := … }}
    demanded = before.endswith(":") and line.startswith("?", secret.start)  # ${KEY:?is not set}
    if assigned or demanded:
        return True
    return _NO_LITERAL.match(line, secret.start) is not None


def _written(key: str, node: Node) -> str:
    """The literal; of ``${NAME:-literal}``, which another tool fills in, the whole."""
    if isinstance(node.value, Unknown):
        if node.value.text.startswith("${"):
            return node.value.text
        if not is_secret_name(key):
            return ""
    return node.text()


def _problem(key: str, node: Node, secrets: list[tuple[int, Secret]]) -> Problem:
    line, secret = secrets[0]
    literal = "" if secret.kind is SecretKind.WEAK else "literal "
    where = f" in its line {line + 1}" if line else ""
    more = f", and {len(secrets) - 1} more" if len(secrets) > 1 else ""
    return Problem(
        node, f"key '{key}' holds a {literal}{secret.label}{where}{more}", sensitive=True
    )
