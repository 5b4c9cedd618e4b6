"""A configuration says which versions of Terraform it is written for."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    rule,
)


@rule(
    id="SEC048",
    title="configuration does not say which Terraform it needs",
    group="advice",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/block/terraform",
        "https://developer.hashicorp.com/terraform/language/expressions/version-constraints",
    ],
    aliases=["tflint:terraform_required_version"],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def required_version(settings: Resource) -> Iterator[Problem]:
    if any(True for _ in settings.get("cloud").items()):
        raise NotApplicable("its workspace sets the version")
    version = settings.get("required_version")
    if not version.text():
        yield Problem(version, "required_version is not set: any Terraform may apply it")
