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
_GOOGLE_SQL = f"{_GOOGLE}/sql_database_instance"
_AZURE_MYSQL = f"{_AZURE}/mysql_flexible_server"
_AZURE_POSTGRES = f"{_AZURE}/postgresql_flexible_server"

# fmt: off
DEFAULTS: dict[str, Default] = {
    # ---- aws
    "aws_alb.enable_deletion_protection": (False, f"{_AWS}/lb"),
    "aws_api_gateway_integration.timeout_milliseconds": (29000, f"{_AWS}/api_gateway_integration"),
    "aws_autoscaling_group.capacity_rebalance": (False, f"{_AWS}/autoscaling_group"),
    "aws_cognito_user_pool.deletion_protection": ("INACTIVE", f"{_AWS}/cognito_user_pool"),
    "aws_dax_cluster.cluster_endpoint_encryption_type": ("NONE", f"{_AWS}/dax_cluster"),
    "aws_dax_cluster.server_side_encryption.enabled": (False, f"{_AWS}/dax_cluster"),
    "aws_db_instance.auto_minor_version_upgrade": (True, f"{_AWS}/db_instance"),
    "aws_db_instance.copy_tags_to_snapshot": (False, f"{_AWS}/db_instance"),
    "aws_db_instance.delete_automated_backups": (True, f"{_AWS}/db_instance"),
    "aws_db_instance.storage_encrypted": (False, f"{_AWS}/db_instance"),
    "aws_docdb_cluster.backup_retention_period": (1, f"{_AWS}/docdb_cluster"),
    "aws_docdb_cluster.deletion_protection": (False, f"{_AWS}/docdb_cluster"),
    "aws_docdb_cluster.storage_encrypted": (False, f"{_AWS}/docdb_cluster"),
    "aws_dynamodb_table.deletion_protection_enabled": (False, f"{_AWS}/dynamodb_table"),
    "aws_ecr_repository.image_tag_mutability": ("MUTABLE", f"{_AWS}/ecr_repository"),
    "aws_ecs_service.deployment_maximum_percent": (200, f"{_AWS}/ecs_service"),
    "aws_ecs_service.deployment_minimum_healthy_percent": (100, f"{_AWS}/ecs_service"),
    "aws_ecs_service.desired_count": (0, f"{_AWS}/ecs_service"),
    "aws_efs_file_system.encrypted": (False, f"{_AWS}/efs_file_system"),
    "aws_elasticache_cluster.snapshot_retention_limit": (0, f"{_AWS}/elasticache_cluster"),
    "aws_elasticache_replication_group.snapshot_retention_limit": (0, f"{_AWS}/elasticache_replication_group"),  # noqa: E501
    "aws_elasticsearch_domain.cluster_config.instance_count": (1, f"{_AWS}/elasticsearch_domain"),
    "aws_elasticsearch_domain.encrypt_at_rest.enabled": (False, f"{_AWS}/elasticsearch_domain"),
    "aws_elasticsearch_domain.node_to_node_encryption.enabled": (False, f"{_AWS}/elasticsearch_domain"),  # noqa: E501
    "aws_elb.connection_draining": (False, f"{_AWS}/elb"),
    "aws_elb.cross_zone_load_balancing": (True, f"{_AWS}/elb"),
    "aws_fsx_lustre_file_system.automatic_backup_retention_days": (0, f"{_AWS}/fsx_lustre_file_system"),  # noqa: E501
    "aws_fsx_lustre_file_system.deployment_type": ("SCRATCH_1", f"{_AWS}/fsx_lustre_file_system"),
    "aws_fsx_ontap_file_system.automatic_backup_retention_days": (0, f"{_AWS}/fsx_ontap_file_system"),  # noqa: E501
    "aws_fsx_openzfs_file_system.automatic_backup_retention_days": (0, f"{_AWS}/fsx_openzfs_file_system"),  # noqa: E501
    "aws_fsx_windows_file_system.automatic_backup_retention_days": (7, f"{_AWS}/fsx_windows_file_system"),  # noqa: E501
    "aws_fsx_windows_file_system.deployment_type": ("SINGLE_AZ_1", f"{_AWS}/fsx_windows_file_system"),  # noqa: E501
    "aws_instance.disable_api_termination": (False, f"{_AWS}/instance"),
    "aws_kinesis_stream.encryption_type": ("NONE", f"{_AWS}/kinesis_stream"),
    "aws_kinesis_stream.retention_period": (24, f"{_AWS}/kinesis_stream"),
    "aws_kms_external_key.deletion_window_in_days": (30, f"{_AWS}/kms_external_key"),
    "aws_kms_key.deletion_window_in_days": (30, f"{_AWS}/kms_key"),
    "aws_kms_key.enable_key_rotation": (False, f"{_AWS}/kms_key"),
    "aws_lambda_function.timeout": (3, f"{_AWS}/lambda_function"),
    "aws_lb.enable_cross_zone_load_balancing": (False, f"{_AWS}/lb"),
    "aws_lb.enable_deletion_protection": (False, f"{_AWS}/lb"),
    "aws_lb_target_group.deregistration_delay": (300, f"{_AWS}/lb_target_group"),
    "aws_memorydb_cluster.num_replicas_per_shard": (1, f"{_AWS}/memorydb_cluster"),
    "aws_memorydb_cluster.snapshot_retention_limit": (0, f"{_AWS}/memorydb_cluster"),
    "aws_mq_broker.deployment_mode": ("SINGLE_INSTANCE", f"{_AWS}/mq_broker"),
    "aws_neptune_cluster.backup_retention_period": (1, f"{_AWS}/neptune_cluster"),
    "aws_neptune_cluster.copy_tags_to_snapshot": (False, f"{_AWS}/neptune_cluster"),
    "aws_neptune_cluster.deletion_protection": (False, f"{_AWS}/neptune_cluster"),
    "aws_neptune_cluster.storage_encrypted": (False, f"{_AWS}/neptune_cluster"),
    "aws_opensearch_domain.cluster_config.instance_count": (1, f"{_AWS}/opensearch_domain"),
    "aws_opensearch_domain.encrypt_at_rest.enabled": (False, f"{_AWS}/opensearch_domain"),
    "aws_opensearch_domain.node_to_node_encryption.enabled": (False, f"{_AWS}/opensearch_domain"),
    "aws_rds_cluster.backtrack_window": (0, f"{_AWS}/rds_cluster"),
    "aws_rds_cluster.copy_tags_to_snapshot": (False, f"{_AWS}/rds_cluster"),
    "aws_rds_cluster.delete_automated_backups": (True, f"{_AWS}/rds_cluster"),
    "aws_rds_cluster_instance.auto_minor_version_upgrade": (True, f"{_AWS}/rds_cluster_instance"),
    "aws_redshift_cluster.automated_snapshot_retention_period": (1, f"{_AWS}/redshift_cluster"),
    "aws_redshift_cluster.number_of_nodes": (1, f"{_AWS}/redshift_cluster"),
    "aws_sqs_queue.message_retention_seconds": (345600, f"{_AWS}/sqs_queue"),
    "aws_sqs_queue.visibility_timeout_seconds": (30, f"{_AWS}/sqs_queue"),
    # ---- google
    "google_bigquery_table.deletion_protection": (True, f"{_GOOGLE}/bigquery_table"),
    "google_bigtable_instance.deletion_protection": (True, f"{_GOOGLE}/bigtable_instance"),
    "google_compute_instance.deletion_protection": (False, f"{_GOOGLE}/compute_instance"),
    "google_container_cluster.deletion_protection": (True, f"{_GOOGLE}/container_cluster"),
    "google_redis_instance.tier": ("BASIC", f"{_GOOGLE}/redis_instance"),
    "google_spanner_database.deletion_protection": (True, f"{_GOOGLE}/spanner_database"),
    "google_sql_database_instance.deletion_protection": (True, f"{_GOOGLE}/sql_database_instance"),
    "google_sql_database_instance.settings.availability_type": ("ZONAL", f"{_GOOGLE}/sql_database_instance"),  # noqa: E501
    "google_sql_database_instance.settings.disk_autoresize": (True, _GOOGLE_SQL),
    "google_sql_database_instance.settings.ip_configuration.ipv4_enabled": (True, f"{_GOOGLE}/sql_database_instance"),  # noqa: E501
    # ---- azurerm
    "azurerm_app_configuration.sku": ("free", f"{_AZURE}/app_configuration"),
    "azurerm_eventhub_namespace.auto_inflate_enabled": (False, f"{_AZURE}/eventhub_namespace"),
    "azurerm_key_vault.purge_protection_enabled": (False, f"{_AZURE}/key_vault"),
    "azurerm_kubernetes_cluster.sku_tier": ("Free", f"{_AZURE}/kubernetes_cluster"),
    "azurerm_linux_web_app.site_config.always_on": (True, f"{_AZURE}/linux_web_app"),
    "azurerm_mssql_database.transparent_data_encryption_enabled": (True, f"{_AZURE}/mssql_database"),  # noqa: E501
    "azurerm_mysql_flexible_server.storage.auto_grow_enabled": (True, _AZURE_MYSQL),
    "azurerm_postgresql_flexible_server.auto_grow_enabled": (False, _AZURE_POSTGRES),
    "azurerm_search_service.replica_count": (1, f"{_AZURE}/search_service"),
    "azurerm_storage_account.allow_nested_items_to_be_public": (True, f"{_AZURE}/storage_account"),
    "azurerm_windows_web_app.site_config.always_on": (True, f"{_AZURE}/windows_web_app"),
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


IDENTITIES: dict[str, str] = {
    "aws_autoscaling_group": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_db_parameter_group": "name",
    "aws_db_subnet_group": "name",
    "aws_dynamodb_table": "name",
    "aws_eks_cluster": "name",
    "aws_elasticache_subnet_group": "name",
    "aws_iam_instance_profile": "name",
    "aws_iam_role": "name",
    "aws_s3_bucket": "bucket",
}
"""The argument that the ``id`` of a resource is equal to: its page, "Attribute Reference"."""
