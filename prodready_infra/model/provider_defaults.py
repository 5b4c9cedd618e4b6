"""What Terraform's providers take for an attribute that a configuration leaves out.

The one home of such defaults. An entry holds for new resources of the provider versions that are
in use when this is written (aws 5 and 6, google 6 and 7, azurerm 4) unless its note says
otherwise; where versions differ there is no entry, and the rule has to say unknown. One line an
entry, sorted by its key: the resource type, and the path of the attribute without list indexes.
"""

from dataclasses import dataclass

from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource


@dataclass(frozen=True, slots=True)
class ProviderDefault:
    """A default, the documentation page that states it, and what to know about it."""

    value: str | float | bool
    source: str
    note: str = ""


_AWS = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources"
_GOOGLE = "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources"
_AZURE = "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources"

D = ProviderDefault
# fmt: off
DEFAULTS: dict[str, ProviderDefault] = {
    # ---- aws
    "aws_lb.enable_deletion_protection": D(False, f"{_AWS}/lb"),
    "aws_lb_target_group.deregistration_delay": D(300, f"{_AWS}/lb_target_group"),
    "aws_sqs_queue.message_retention_seconds": D(345600, f"{_AWS}/sqs_queue"),
    "aws_sqs_queue.visibility_timeout_seconds": D(30, f"{_AWS}/sqs_queue"),
    # ---- google
    "google_container_cluster.deletion_protection": D(True, f"{_GOOGLE}/container_cluster"),
    "google_sql_database_instance.deletion_protection": D(True, f"{_GOOGLE}/sql_database_instance"),
    # ---- azurerm
    "azurerm_key_vault.purge_protection_enabled": D(False, f"{_AZURE}/key_vault"),
}
# fmt: on


def provider_default(resource: Resource, *keys: str | int) -> ProviderDefault | None:
    """The default of an attribute, where there is one for sure."""
    path = (str(key) for key in keys if not isinstance(key, int))
    return DEFAULTS.get(".".join((resource.kind, *path)))


def setting(resource: Resource, *keys: str | int) -> Node:
    """What will hold for an attribute: what is written, or the provider's default.

    The node of a default stands where the attribute would: a problem can point at it.
    """
    node = resource.get(*keys)
    default = None if node.present else provider_default(resource, *keys)
    return node if default is None else Node(default.value, node.path, node.origin)
