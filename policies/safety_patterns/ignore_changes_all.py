"""Terraform applies what its files say of a resource."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule

# Made once and then left to others on purpose: values put in by hand, installers, one-off steps.
_LEFT_ALONE = frozenset(
    {
        "azapi_resource_action",
        "azapi_update_resource",
        "aws_secretsmanager_secret_version",
        "aws_ssm_parameter",
        "azurerm_key_vault_secret",
        "google_secret_manager_secret_version",
        "helm_release",
        "kubectl_manifest",
        "kubernetes_manifest",
        "kubernetes_secret",
        "kubernetes_secret_v1",
        "local_file",
        "local_sensitive_file",
        "null_resource",
        "random_password",
        "random_string",
        "terraform_data",
        "tls_private_key",
        "tls_self_signed_cert",
    }
)


@rule(
    id="SAF089",
    title="Terraform ignores every change that is made to the resource",
    group="reproducibility",
    references=[
        "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle",
    ],
)
def ignore_changes_all(resource: Resource) -> Iterator[Problem]:
    if resource.source != "terraform":
        raise NotApplicable("it is not a resource of Terraform")
    lifecycle = resource.get("lifecycle", 0)
    if not lifecycle.known or not lifecycle.present:
        raise NotApplicable("it has no lifecycle block")
    ignored = lifecycle.get("ignore_changes")
    everything = [ignored, *(ignored.items() if type(ignored.value) is list else ())]
    if not any(node.known and node.value == "all" for node in everything):
        return
    if lifecycle.get("replace_triggered_by").value is not None:
        raise NotApplicable("replace_triggered_by says when it is made anew instead")
    if resource.kind in _LEFT_ALONE:
        raise NotApplicable("what is in it is often put there by others, and left to them")
    yield Problem(ignored, "ignore_changes is all: what the files say of it is never applied")
