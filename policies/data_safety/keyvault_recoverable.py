"""A deleted key vault stays recoverable, whoever wants it gone."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule, setting


@rule(
    id="DAT053",
    title="key vault can be purged, and its keys and secrets with it",
    group="data-loss",
    kinds=["azurerm_key_vault"],
    references=[
        "https://learn.microsoft.com/en-us/azure/key-vault/general/soft-delete-overview",
        "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/features-block",
    ],
    aliases=[
        "checkov:CKV_AZURE_42",
        "checkov:CKV_AZURE_110",
        "trivy:AZU-0016",
    ],
)
def keyvault_recoverable(vault: Resource) -> Iterator[Problem]:
    # Soft delete is always on; purging ends it early.
    if not setting(vault, "purge_protection_enabled").flag():
        written = vault.get("purge_protection_enabled")
        state = "false" if written.present else "not set"
        yield Problem(written, f"purge_protection_enabled is {state}: it can be purged for good")
