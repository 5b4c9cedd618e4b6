"""A secret must reach a container by reference, never as a literal of the manifest."""

from collections.abc import Iterator
from itertools import zip_longest

from prodready_infra.sdk import (
    Container,
    EnvVar,
    Node,
    NotApplicable,
    Problem,
    Secret,
    SecretKind,
    Unknown,
    classify,
    is_secret_name,
    rule,
)


@rule(
    id="SEC001",
    title="secret is written into a container's environment or arguments",
    group="exposure",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
        "https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/",
    ],
    aliases=["kube-linter:env-var-secret", "polaris:sensitiveContainerEnvVar"],
)
def secret_literal_in_env(container: Container) -> Iterator[Problem]:
    lists = [container.get(field) for field in ("command", "args")]
    sources = [container.get(field) for field in ("env", "envFrom")]
    if not any(node.value is not None for node in (*lists, *sources)):
        raise NotApplicable("the container sets no variable and no argument")
    for variable in container.env:
        yield from _in_variable(variable)
    for node in lists:
        yield from _in_words(node)
    for variable in container.env:
        if variable.node.get("name").known and is_secret_name(variable.name):
            variable.value.text()  # not known: then neither is the verdict


def _in_variable(variable: EnvVar) -> Iterator[Problem]:
    name = variable.name if variable.node.get("name").known else ""
    if secret := classify(name, _written(variable.value)):
        yield _problem(variable.value, f"environment variable '{name}'", secret)


def _written(node: Node) -> str:
    """The literal; of ``${NAME:-literal}``, which another tool fills in, the whole."""
    if isinstance(node.value, Unknown):
        return node.value.text if node.value.text.startswith("${") else ""
    return node.text() if type(node.value) in (str, int, float) else ""


def _in_words(node: Node) -> Iterator[Problem]:
    """``--password=x``, ``--password x`` as two words, and scripts; at most one for each word."""
    words = [word for word in node.items() if type(word.value) is str]
    for word, following in zip_longest(words, words[1:]):
        text = word.text()
        if secret := classify("", text):
            yield _problem(word, "an argument", secret)
        elif following is not None and text.startswith("-") and is_secret_name(text):
            value = following.text()
            if not value.startswith("-") and (secret := classify(text, value)):
                yield _problem(following, "an argument", secret)


def _problem(node: Node, what: str, secret: Secret) -> Problem:
    literal = "" if secret.kind in (SecretKind.PLACEHOLDER, SecretKind.WEAK) else "literal "
    return Problem(node, f"{what} holds a {literal}{secret.label}", sensitive=True)
