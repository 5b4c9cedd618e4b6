"""What Terraform makes can be made again by Terraform alone."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


# Sometimes there is no other way: nobody is told who did not ask.
@rule(
    id="SEC050",
    title="resource runs a script that no plan shows",
    group="disputed",
    kinds=[
        "aws_instance",
        "azurerm_linux_virtual_machine",
        "azurerm_windows_virtual_machine",
        "google_compute_instance",
        "null_resource",
        "terraform_data",
    ],
    references=[
        "https://developer.hashicorp.com/terraform/language/provisioners",
    ],
)
def provisioner_used(resource: Resource) -> Iterator[Problem]:
    for provisioner in resource.get("provisioner").items():
        for kind, body in provisioner.entries():
            yield Problem(body, f'provisioner "{kind}": what it does is in no plan and no state')
