"""A variable for a secret does not end up in the output of every plan."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
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
def secret_not_sensitive(variable: Resource) -> Iterator[Problem]:
    if not is_secret_name(variable.name) or _is_about_one(variable):
        raise NotApplicable("the variable is for no secret")
    sensitive = variable.get("sensitive")
    if not sensitive.flag() and not variable.get("ephemeral").flag():
        state = "is false" if sensitive.present else "is not set"
        yield Problem(
            sensitive, f"sensitive {state}: plans may print what var.{variable.name} holds"
        )


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
