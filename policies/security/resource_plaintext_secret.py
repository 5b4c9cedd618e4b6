"""A Terraform resource must be given its secrets by reference, never as literals."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    Secret,
    SecretKind,
    UnknownValue,
    classify,
    is_example,
    is_secret_name,
    json_of,
    rule,
)

_SECRET_ATTRIBUTES = frozenset({"secret_string", "secret_string_wo", "secret_data", "data_json"})
# Named like secrets, but only there to tell one request from the next.
_NO_SECRETS = frozenset({"creation_token", "client_token", "request_token", "client_request_token"})
_BASE64 = frozenset({"custom_data", "user_data", "user_data_base64"})
# Types of aws_codebuild_project.environment_variable whose value is the secret's address
_ADDRESSES = ("PARAMETER_STORE", "SECRETS_MANAGER")


@rule(
    id="SEC004",
    title="secret is written into a Terraform resource",
    group="exposure",
    references=[
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data/ephemeral",
    ],
)
def resource_plaintext_secret(resource: Resource) -> Iterator[Problem]:
    if resource.source != "terraform" or resource.kind == "variable":
        raise NotApplicable("it is no Terraform resource")
    asked = False
    for leaf in resource.node.walk():
        for at, name in _words(resource, leaf):
            asked = asked or is_secret_name(name)
            value = _decoded(at) if at is leaf else at.value
            secret = classify(name, value) if isinstance(value, str) else None
            if secret and not _answered_elsewhere(resource, at, secret):
                asked = True
                yield _problem(at, leaf, name, secret)
    if not asked:
        raise NotApplicable("no attribute of it is for a secret")


def _problem(at: Node, leaf: Node, name: str, secret: Secret) -> Problem:
    literal = "" if secret.kind in (SecretKind.PLACEHOLDER, SecretKind.WEAK) else "literal "
    where = ".".join(step for step in leaf.path if isinstance(step, str))
    told = "" if where.endswith(name) or name == "secret" else f" ('{name}')"
    return Problem(at, f"{where}{told} holds a {literal}{secret.label}", sensitive=True)


def _words(resource: Resource, leaf: Node) -> Iterator[tuple[Node, str]]:
    """One attribute and its name, or those of the JSON that it holds."""
    attribute = _attribute(leaf)
    if isinstance(leaf.value, dict | list) or attribute in _NO_SECRETS:
        return
    content = _parsed(leaf)
    if content is None:
        in_store = attribute in _SECRET_ATTRIBUTES or (
            leaf.path == ("value",) and _is_store(resource)
        )
        yield leaf, "secret" if in_store else _name(resource.node, leaf.path)
        return
    for node in content.walk():
        if not isinstance(node.value, dict | list):
            yield node, _name(content, node.path[len(leaf.path) :])


def _attribute(leaf: Node) -> str:
    return next((step for step in reversed(leaf.path) if isinstance(step, str)), "")


def _name(root: Node, path: tuple[str | int, ...]) -> str:
    """What names the value at ``path``: its key, or the ``name`` that stands beside ``value``."""
    if path and path[-1] == "value":
        beside = root.get(*path[:-1])
        names = [beside.get(key).value for key in ("name", "key")]
        if beside.get("type").identity() in _ADDRESSES:
            return ""
        return next((name for name in names if isinstance(name, str)), "value")
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _is_store(resource: Resource) -> bool:
    """Whether its ``value`` is a secret whatever its name is."""
    secure = resource.get("type").identity() == "SecureString"
    return resource.kind == "azurerm_key_vault_secret" or (
        resource.kind == "aws_ssm_parameter" and secure
    )


def _parsed(leaf: Node) -> Node | None:
    """What a text of JSON holds, or nothing where it is none."""
    value = _decoded(leaf)
    if isinstance(value, str) and value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json_of(Node(value, leaf.path, leaf.origin))
    except UnknownValue:
        return None


def _decoded(leaf: Node) -> Any:
    """The value, or the text that it stands for in base64."""
    value = leaf.value
    if not isinstance(value, str) or _attribute(leaf) not in _BASE64:
        return value
    try:
        return b64decode(value, validate=True).decode()
    except (Base64Error, ValueError):
        return value


def _answered_elsewhere(resource: Resource, leaf: Node, secret: Secret) -> bool:
    """Whether it only stands for a secret, or is the default of a variable (SEC003)."""
    by_hand = resource.ignores_changes(str(leaf.path[0]) if leaf.path else "")
    if secret.kind in (SecretKind.PLACEHOLDER, SecretKind.WEAK) and (
        by_hand or resource.kind == "terraform" or is_example(resource.scope)
    ):
        return True
    return any(place.label == "its default" for place in leaf.origin.provenance(leaf.path))
