"""A configuration says which versions of its providers it is written for."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_BUILT_IN = frozenset({"terraform"})


# A lock file that is committed fixes the versions all the same: "advice".
@rule(
    id="SEC049",
    title="provider may be of any version",
    group="advice",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/providers/requirements",
        "https://developer.hashicorp.com/terraform/language/files/dependency-lock",
    ],
    aliases=["tflint:terraform_required_providers"],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def required_providers_pinned(settings: Resource) -> Iterator[Problem]:
    required = {
        name: entry
        for block in settings.get("required_providers").items()
        for name, entry in block.entries()
    }
    configured = {
        name: body
        for block in settings.get("provider").items()
        for name, body in block.entries()
        if name not in required and name not in _BUILT_IN
    }
    if not required and not configured:
        raise NotApplicable("it names no provider")
    for name, entry in required.items():
        version = entry if isinstance(entry.value, str) else entry.get("version")
        if not version.text():
            yield Problem(entry, f"no version is required of provider '{name}'")
    for name, body in configured.items():
        if not body.get("version").text():  # where Terraform 0.12 had it
            yield Problem(
                body, f"provider '{name}' is not among required_providers: any version goes"
            )
