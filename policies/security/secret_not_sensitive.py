"""A variable for a secret does not end up in the output of every plan."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    is_secret_name,
    rule,
)

# Names that sound like a secret, and are for its place, its form or a choice about it.
_ABOUT = re.compile(
    r"(?i)(?:^|[_-])(?:arns?|backend|class|count|days?|enabled?|expiration|file|format|ids?|issuer"
    r"|kms|kube|length|lifetime|names?|mode|namespace|paths?|policy|prefix|provider|ref|refs|region"
    r"|rotation|ssm|store|suffix|ttl|type|uri|url|usage|vault|version)(?:[_-]|$)"
)
_TOLD = re.compile(
    r"(?i)\b(?:whether|names?|paths?|arn|id|key) (?:of|in|to|for|under|where|within)\b|\bssm\b"
    r"|\bsecret'?s? names?\b|\bparameter store\b|\bkms\b|\bself[- ]?link\b|\bkey ring\b"
)

# One condition that Terraform 0.14, the first to know the argument, does not fulfil, or that was
# written for those before it.
_BEFORE_014 = re.compile(
    r"(?:=|~>|<=)?\s*v?0\.(?:\d|1[0-3])(?:\.|$)|<\s*v?0\.(?:\d|1[0-4])(?:\.|$)"
)


@rule(
    id="SEC043",
    title="variable for a secret is not marked as sensitive",
    group="advice",
    kinds=["variable"],
    references=[
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
        "https://developer.hashicorp.com/terraform/language/block/variable",
    ],
)
def secret_not_sensitive(variable: Resource, inventory: Inventory) -> Iterator[Problem]:
    if not is_secret_name(variable.name) or _is_about_one(variable):
        raise NotApplicable("the variable is for no secret")
    sensitive = variable.get("sensitive")
    if sensitive.flag() or variable.get("ephemeral").flag():
        return
    if any(map(_is_before_014, inventory.index(_versions).get(variable.scope, ()))):
        raise NotApplicable("its Terraform is older than 0.14, and does not know the argument")
    if not variable.get("printed").flag():
        raise NotApplicable(
            "no plan prints it: nothing shows it, or all that it is given is marked"
        )
    state = "is false" if sensitive.present else "is not set"
    yield Problem(sensitive, f"sensitive {state}: plans may print what var.{variable.name} holds")


def _versions(inventory: Inventory) -> dict[str, list[Node]]:
    """The constraints on Terraform that hold for each module, by its folder."""
    found: dict[str, list[Node]] = defaultdict(list)
    for settings in inventory.of_kind("terraform"):
        called = settings.get("called")
        below = list(called.items()) if called.known else []
        versions = [one.get("required_version") for one in (settings.node, *below)]
        for folder in (settings.scope, *(one.get("folder").identity() for one in below)):
            found[folder] += versions
    return found


def _is_before_014(version: Node) -> bool:
    return any(_BEFORE_014.match(one.strip()) for one in version.identity().split(","))


def _is_about_one(variable: Resource) -> bool:
    kind, description = variable.get("type"), variable.get("description")
    told = isinstance(description.value, str) and _TOLD.search(description.value)
    # Whoever declares an object describes a secret rather than holding one.
    holds_text = kind.identity() in ("", "any", "string")
    return not holds_text or bool(told or _ABOUT.search(variable.name)) or _is_place(variable)


def _is_place(variable: Resource) -> bool:
    default: Node = variable.get("default")
    return isinstance(default.value, bool | int) or (
        isinstance(default.value, str) and default.value.startswith(("/", "arn:", "projects/"))
    )
