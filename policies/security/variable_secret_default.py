"""A Terraform variable for a secret must not have the secret as its default."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    SecretKind,
    classify,
    is_secret_name,
    rule,
)

# Modules often take the place where a secret is kept, under a name that sounds like the secret.
_PLACE_NAME = re.compile(r"(?i)(?:^|[_-])(?:ssm|chamber|vault|kube|path|format|units?)(?:[_-]|$)")
_PLACE_TOLD = re.compile(
    r"(?i)\b(?:names?|paths?|arn|id|units?) (?:of|in|to|for|under|where|within)\b"
    r"|\bsecret'?s? names?\b|\b(?:ssm|chamber|parameter|units)\b"
)


@rule(
    id="SEC003",
    title="variable has a secret as its default",
    group="exposure",
    kinds=["variable"],
    references=[
        "https://developer.hashicorp.com/terraform/language/values/variables",
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    ],
)
def variable_secret_default(resource: Resource) -> Iterator[Problem]:
    found, place = False, _names_a_place(resource)
    for leaf in resource.get("default").walk():
        keys = [step for step in leaf.path[1:] if isinstance(step, str)]
        name = "" if place else keys[-1] if keys else resource.name
        if isinstance(leaf.value, str) and (secret := classify(name, leaf.value)):
            found = True
            literal = "" if secret.kind in (SecretKind.PLACEHOLDER, SecretKind.WEAK) else "literal "
            whose = ".".join([resource.name, *keys])
            message = f"var.{whose} has a {literal}{secret.label} as its default"
            yield Problem(leaf, message, sensitive=True)
    if not found and (place or not is_secret_name(resource.name)):
        raise NotApplicable("the variable is for no secret")


def _names_a_place(resource: Resource) -> bool:
    description: Node = resource.get("description")
    told = isinstance(description.value, str) and _PLACE_TOLD.search(description.text())
    return bool(told or _PLACE_NAME.search(resource.name))
