"""What Terraform's providers take for an attribute that a configuration leaves out.

The one home of such defaults. An entry holds for new resources of the provider versions that are
in use when this is written (aws 5 and 6, google 6 and 7, azurerm 4) unless its note says
otherwise; where versions differ there is no entry, and the rule has to say unknown. One line an
entry, sorted by its key: the resource type, and the path of the attribute without list indexes.
"""

from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource

Default = tuple[str | float | bool, str]  # the value, and the documentation page that states it

_AWS = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources"
_GOOGLE = "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources"
_AZURE = "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources"

# fmt: off
DEFAULTS: dict[str, Default] = {
    # ---- aws
    "aws_db_instance.copy_tags_to_snapshot": (False, f"{_AWS}/db_instance"),
    "aws_db_instance.delete_automated_backups": (True, f"{_AWS}/db_instance"),
    "aws_docdb_cluster.backup_retention_period": (1, f"{_AWS}/docdb_cluster"),
    "aws_elasticache_cluster.snapshot_retention_limit": (0, f"{_AWS}/elasticache_cluster"),
    "aws_elasticache_replication_group.snapshot_retention_limit": (0,
        f"{_AWS}/elasticache_replication_group"),
    "aws_fsx_lustre_file_system.automatic_backup_retention_days": (0,
        f"{_AWS}/fsx_lustre_file_system"),
    "aws_fsx_lustre_file_system.deployment_type": ("SCRATCH_1", f"{_AWS}/fsx_lustre_file_system"),
    "aws_fsx_ontap_file_system.automatic_backup_retention_days": (0,
        f"{_AWS}/fsx_ontap_file_system"),
    "aws_fsx_openzfs_file_system.automatic_backup_retention_days": (0,
        f"{_AWS}/fsx_openzfs_file_system"),
    "aws_fsx_windows_file_system.automatic_backup_retention_days": (7,
        f"{_AWS}/fsx_windows_file_system"),
    "aws_kinesis_stream.retention_period": (24, f"{_AWS}/kinesis_stream"),
    "aws_kms_external_key.deletion_window_in_days": (30, f"{_AWS}/kms_external_key"),
    "aws_kms_key.deletion_window_in_days": (30, f"{_AWS}/kms_key"),
    "aws_lb.enable_deletion_protection": (False, f"{_AWS}/lb"),
    "aws_lb_target_group.deregistration_delay": (300, f"{_AWS}/lb_target_group"),
    "aws_memorydb_cluster.snapshot_retention_limit": (0, f"{_AWS}/memorydb_cluster"),
    "aws_neptune_cluster.backup_retention_period": (1, f"{_AWS}/neptune_cluster"),
    "aws_neptune_cluster.copy_tags_to_snapshot": (False, f"{_AWS}/neptune_cluster"),
    "aws_rds_cluster.backtrack_window": (0, f"{_AWS}/rds_cluster"),
    "aws_rds_cluster.copy_tags_to_snapshot": (False, f"{_AWS}/rds_cluster"),
    "aws_rds_cluster.delete_automated_backups": (True, f"{_AWS}/rds_cluster"),
    "aws_redshift_cluster.automated_snapshot_retention_period": (1, f"{_AWS}/redshift_cluster"),
    "aws_sqs_queue.message_retention_seconds": (345600, f"{_AWS}/sqs_queue"),
    "aws_sqs_queue.visibility_timeout_seconds": (30, f"{_AWS}/sqs_queue"),
    # ---- google
    "google_container_cluster.deletion_protection": (True, f"{_GOOGLE}/container_cluster"),
    "google_sql_database_instance.deletion_protection": (True, f"{_GOOGLE}/sql_database_instance"),
    # ---- azurerm
    "azurerm_key_vault.purge_protection_enabled": (False, f"{_AZURE}/key_vault"),
}
# fmt: on


def setting(resource: Resource, *keys: str | int) -> Node:
    """What will hold for an attribute: what is written, or the provider's default.

    The node of a default stands where the attribute would: a problem can point at it.
    """
    node = resource.get(*keys)
    path = (str(key) for key in keys if not isinstance(key, int))
    default = None if node.present else DEFAULTS.get(".".join((resource.kind, *path)))
    return node if default is None else Node(default[0], node.path, node.origin)
