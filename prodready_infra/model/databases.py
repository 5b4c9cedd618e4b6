"""What managed databases are: copies of others, members of a cluster, tables of passing items."""

from prodready_infra.model.resource import Resource

# The argument that names the original (documentation of the resources, aws 5.100, google 6).
_ORIGINAL = {
    "aws_db_instance": "replicate_source_db",
    "aws_neptune_cluster": "replication_source_identifier",
    "aws_rds_cluster": "replication_source_identifier",
    "google_sql_database_instance": "master_instance_name",
}
# The argument that tells what it is made as, and its values for a copy (google 6, azurerm 4). The
# source_server_id of Azure tells nothing: what is restored from a backup has one as well.
_ROLE = {
    "azurerm_mssql_database": ("create_mode", ("OnlineSecondary", "Secondary")),
    "azurerm_mysql_flexible_server": ("create_mode", ("Replica",)),
    "azurerm_postgresql_flexible_server": ("create_mode", ("Replica",)),
    "google_alloydb_cluster": ("cluster_type", ("SECONDARY",)),
    "google_alloydb_instance": ("instance_type", ("READ_POOL", "SECONDARY")),
    "google_sql_database_instance": (
        "instance_type",
        ("READ_POOL_INSTANCE", "READ_REPLICA_INSTANCE"),
    ),
}
# What a store of AWS is made from: a snapshot, a backup, or a dump in a bucket.
_RESTORED = (
    "backup_id",
    "restore_to_point_in_time",
    "s3_import",
    "snapshot_arn",
    "snapshot_arns",
    "snapshot_id",
    "snapshot_identifier",
    "snapshot_name",
)


def is_replica(database: Resource) -> bool:
    """Whether it copies another database; naming one makes it so, whatever its name will be.

    Raises :class:`UnknownValue` where what it copies, or is made as, is not known.
    """
    if database.kind in _ORIGINAL:
        name = _ORIGINAL[database.kind]
        original = database.get(name)
        if (not original.known and database.named_at(name)) or original:
            return True
    role, copies = _ROLE.get(database.kind, ("", ()))
    return bool(role) and database.get(role).text() in copies


def restored_from(store: Resource) -> str:
    """The argument by which a store of AWS is made from a backup, whose settings it may take over.

    Empty where it starts empty; raises :class:`UnknownValue` where that is not known.
    """
    return next((name for name in _RESTORED if store.get(name)), "")


def belongs_to_aurora(database: Resource) -> bool:
    """Whether it is an instance of an Aurora cluster, which keeps the data and protects it."""
    aurora = database.get("engine").identity().startswith("aurora")
    return database.kind == "aws_db_instance" and aurora


def is_enterprise_plus(instance: Resource) -> bool:
    """Whether an instance of Cloud SQL is of the edition whose defaults are safer.

    The machines named here are of that edition alone: https://cloud.google.com/sql/docs/editions-intro
    """
    settings = instance.get("settings", 0)
    machine = settings.get("tier").text()
    plus = settings.get("edition").text() == "ENTERPRISE_PLUS"
    return plus or machine.startswith(("db-perf-optimized", "db-c4a"))


def holds_terraform_locks(table: Resource) -> bool:
    """Whether a table of DynamoDB holds Terraform's locks, which last for one run.

    https://developer.hashicorp.com/terraform/language/backend/s3#dynamodb-table-permissions
    """
    return table.get("hash_key").identity() == "LockID"


def items_expire(table: Resource) -> bool:
    """Whether the items of a table of DynamoDB go by themselves; raises when it is not known."""
    return any(expiry.get("enabled").flag() for expiry in table.get("ttl").items())
