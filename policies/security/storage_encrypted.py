"""What a data store keeps is encrypted on its disks."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
    is_replica,
    restored_from,
    rule,
    setting,
)

# Where each kind says it. Not asked is what is always encrypted: S3 and SQS, DynamoDB and
# Backup, and everything that Google stores.
_ENCRYPTS: dict[str, tuple[str | int, ...]] = {
    "aws_dax_cluster": ("server_side_encryption", 0, "enabled"),
    "aws_db_instance": ("storage_encrypted",),
    "aws_docdb_cluster": ("storage_encrypted",),
    "aws_ebs_volume": ("encrypted",),
    "aws_efs_file_system": ("encrypted",),
    "aws_elasticache_replication_group": ("at_rest_encryption_enabled",),
    "aws_elasticsearch_domain": ("encrypt_at_rest", 0, "enabled"),
    "aws_kinesis_stream": ("encryption_type",),
    "aws_neptune_cluster": ("storage_encrypted",),
    "aws_opensearch_domain": ("encrypt_at_rest", 0, "enabled"),
    "aws_rds_cluster": ("storage_encrypted",),
    "aws_redshift_cluster": ("encrypted",),
    "azurerm_mssql_database": ("transparent_data_encryption_enabled",),
}
# What holds when it is left out depends on the account, the engine or the provider's version.
_NOT_SAID = {
    "aws_ebs_volume": "the account's default decides whether it is encrypted",
    "aws_elasticache_replication_group": "what holds by default depends on the engine",
    "aws_rds_cluster": "what holds by default depends on the engine mode and on when it is made",
    "aws_redshift_cluster": "what holds by default depends on the provider's version",
}
_GLOBAL = ("global_cluster_identifier", "global_replication_group_id")
_CACHE = "aws_elasticache_replication_group"


@rule(
    id="SEC041",
    title="data store is not encrypted at rest",
    group="weakness",
    kinds=sorted(_ENCRYPTS),
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
        "https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html",
        "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html",
    ],
    aliases=["checkov:CKV_AWS_16", "checkov:CKV_AWS_96", "trivy:AWS-0080", "trivy:AWS-0079"],
)
def storage_encrypted(store: Resource) -> Iterator[Problem]:
    if belongs_to_aurora(store):
        raise NotApplicable("it belongs to an Aurora cluster, which is encrypted as a whole")
    keys = _ENCRYPTS[store.kind]
    written = store.get(*keys)
    if not written.present:
        _raise_if_decided_elsewhere(store)
    name = ".".join(key for key in keys if isinstance(key, str))
    if setting(store, *keys).text("false") in ("false", "NONE"):
        state = f"is {written.text()}" if written.present else "is not set"
        yield Problem(written, f"{name} {state}: what it keeps is not encrypted at rest")


def _raise_if_decided_elsewhere(store: Resource) -> None:
    if is_replica(store):
        raise NotApplicable("it is a replica, and encrypted as its source is")
    origin = next((name for name in _GLOBAL if store.get(name)), "") or restored_from(store)
    if origin:
        raise UnknownValue(f"{origin} says what it is made from, and how that is encrypted")
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/elasticache_replication_group
    redis = store.get("engine").text("redis") == "redis"
    if store.kind in _NOT_SAID and not (store.kind == _CACHE and redis):
        raise UnknownValue(_NOT_SAID[store.kind])
