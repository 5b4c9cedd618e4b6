"""What managed databases of AWS are: copies of others, or members of a cluster."""

from prodready_infra.model.resource import Resource

# The argument that names the original (documentation of the resources, provider 5.100).
_ORIGINAL = {
    "aws_db_instance": "replicate_source_db",
    "aws_neptune_cluster": "replication_source_identifier",
    "aws_rds_cluster": "replication_source_identifier",
}


def is_replica(database: Resource) -> bool:
    """Whether it copies another database; naming one makes it so, whatever its name will be."""
    name = _ORIGINAL.get(database.kind)
    if name is None:
        return False
    original = database.get(name)
    if original.known:
        return bool(original)
    return any(r.node.path[0] == name for r in database.references) or original.present


def belongs_to_aurora(database: Resource) -> bool:
    """Whether it is an instance of an Aurora cluster, which keeps the data and protects it."""
    aurora = database.get("engine").identity().startswith("aurora")
    return database.kind == "aws_db_instance" and aurora
