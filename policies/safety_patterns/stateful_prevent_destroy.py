"""What holds data is guarded against being destroyed: by Terraform, or by the provider."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    is_replica,
    rule,
    setting,
)

_GUARDS: tuple[tuple[str | int, ...], ...] = (
    ("lifecycle", 0, "prevent_destroy"),
    ("deletion_protection",),
    ("deletion_protection_enabled",),
    ("enable_drop_protection",),
    ("purge_protection_enabled",),
    ("settings", 0, "deletion_protection_enabled"),
)


@rule(
    id="SAF084",
    title="nothing keeps Terraform from destroying what holds data",
    group="disputed",
    kinds=[
        "aws_cognito_user_pool",
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_dynamodb_table",
        "aws_ebs_volume",
        "aws_efs_file_system",
        "aws_elasticache_replication_group",
        "aws_fsx_lustre_file_system",
        "aws_fsx_ontap_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_fsx_windows_file_system",
        "aws_kms_key",
        "aws_neptune_cluster",
        "aws_opensearch_domain",
        "aws_rds_cluster",
        "aws_redshift_cluster",
        "aws_s3_bucket",
        "azurerm_cosmosdb_account",
        "azurerm_key_vault",
        "azurerm_managed_disk",
        "azurerm_mssql_database",
        "azurerm_mysql_flexible_server",
        "azurerm_postgresql_flexible_server",
        "azurerm_storage_account",
        "google_bigquery_table",
        "google_bigtable_instance",
        "google_compute_disk",
        "google_filestore_instance",
        "google_kms_crypto_key",
        "google_spanner_database",
        "google_sql_database_instance",
        "google_storage_bucket",
    ],
    references=[
        "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle",
    ],
    aliases=["checkov:CKV_GCP_82"],
)
def stateful_prevent_destroy(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    guards = [setting(store, *keys) for keys in _GUARDS]
    if any(guard.known and _is_on(guard) for guard in guards):
        return
    if is_replica(store):
        raise NotApplicable("it is a replica: its source holds the data")
    if belongs_to_aurora(store):
        raise NotApplicable("it belongs to an Aurora cluster, which holds the data")
    if any(
        store.get(name) for name in ("view", "materialized_view", "external_data_configuration")
    ):
        raise NotApplicable("it is a view of data that is kept elsewhere")
    if inventory.referrers(store, "azurerm_management_lock"):
        return
    if not any(_is_on(guard) for guard in guards):
        yield Problem(
            store.get("lifecycle", 0, "prevent_destroy"),
            "neither lifecycle.prevent_destroy nor a protection of the provider guards it",
        )


def _is_on(guard: Node) -> bool:
    return guard.text() in ("true", "ACTIVE")
