"""A configuration says which versions of Terraform it is written for."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_example,
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
)
def required_version(settings: Resource, inventory: Inventory) -> Iterator[Problem]:
    if is_example(settings.folder):
        raise NotApplicable("it is an example or a test of a module")
    remote = [block.get("remote") for block in settings.get("backend").items()]
    if any(True for _ in settings.get("cloud").items()) or any(one.present for one in remote):
        raise NotApplicable("its workspace sets the version")
    # Terraform must fulfil what any module of the configuration asks for.
    called = list(settings.get("called").items())
    if any(one.get("required_version").text() for one in (settings.node, *called)):
        return
    for module in inventory.in_scope_of(settings, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may require one")
    version = settings.get("required_version")
    yield Problem(version, "required_version is not set: any Terraform may apply it")
