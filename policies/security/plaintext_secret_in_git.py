"""A Secret manifest must not carry the secret: base64 is not encryption."""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import replace

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

# What stands in Secrets for convenience: names and addresses that look random now and then.
_PUBLIC = re.compile(
    r"(?i)(?:^|[\W_]|(?<=[a-z])(?=[A-Z]))"
    r"(?:id|user|username|name|url|host|endpoint|email|ca|cert|crt|certificate|pub|public)"
    r"(?![a-z])"
)


@rule(
    id="SEC002",
    title="Secret manifest carries its secret in plain text",
    group="exposure",
    kinds=["Secret"],
    references=[
        "https://kubernetes.io/docs/concepts/configuration/secret/",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
)
def plaintext_secret_in_git(resource: Resource) -> Iterator[Problem]:
    if resource.get("type").value == "helm.sh/release.v1":
        raise NotApplicable("Helm keeps the state of a release in it")
    values = [*_values(resource)]
    if not values:
        raise NotApplicable("the Secret holds no value")
    doubts = []
    for key, node, form in values:
        try:
            secret = _secret(key, node, form)
        except UnknownValue as signal:
            doubts.append(f"key '{key}': {signal.reason}")
            continue
        if secret and secret.kind is SecretKind.PLACEHOLDER:
            doubts.append(f"key '{key}' holds a {secret.label}, and who replaces it is not known")
        elif secret:
            literal = "" if secret.kind is SecretKind.WEAK else "literal "
            message = f"key '{key}' holds a {literal}{secret.label} in {form}"
            yield Problem(node, message, sensitive=True)
    if doubts:
        raise UnknownValue(doubts[0])


def _values(resource: Resource) -> Iterator[tuple[str, Node, str]]:
    for field, form in (("data", "base64"), ("stringData", "plain text")):
        for key, node in resource.get(field).entries():
            if isinstance(node.value, Unknown) or node.value not in (None, ""):
                yield key, node, form


def _secret(key: str, node: Node, form: str) -> Secret | None:
    """The secret of one key, were it a placeholder; raises when the value is not known."""
    if isinstance(node.value, Unknown) and node.value.text.startswith("${"):
        return classify(key, node.value.text)  # a reference, if without a literal default
    text = node.text()
    if form == "base64":
        text = _decoded(key, text)
    found = [*_inside(Node(_parsed(text), (key,), node.origin))]
    if by_name := classify(key, text):
        found.insert(0, by_name)
    # "pat" names a token in some places only: the value itself must look like one
    elif not found and not _PUBLIC.search(key) and (by_form := classify("pat", text)):
        found.append(replace(by_form, label="random string"))
    certain = (secret for secret in found if secret.kind is not SecretKind.PLACEHOLDER)
    return next(certain, found[0] if found else None)


def _parsed(text: str) -> object:
    """The value of a JSON text, such as a registry's login; any other text as it is."""
    try:
        return json.loads(text) if text.lstrip().startswith("{") else text
    except (ValueError, RecursionError):
        return text


def _inside(content: Node) -> Iterator[Secret]:
    if isinstance(content.value, str):
        yield from (secret for _, secret in scan_text(content.value))
        return
    for node in content.walk():
        name = next((step for step in reversed(node.path) if isinstance(step, str)), "")
        if isinstance(node.value, str) and (secret := classify(name, node.value)):
            yield secret


def _decoded(key: str, text: str) -> str:
    """What base64 stands for, or the text itself where it is none, or a sample written raw."""
    try:
        return b64decode("".join(text.split()), validate=True).decode()
    except Base64Error:
        return text
    except UnicodeDecodeError:
        if is_secret_name(key):
            return text
        raise UnknownValue("its value is binary") from None
