"""Nobody on the way can read what is sent to a data store."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    setting,
)

# Where each kind lets clients in that do not encrypt, or sends something in the clear itself, and
# the values that say so. What is on by default is reported only when it is switched off.
_CLEAR: dict[str, dict[tuple[str | int, ...], tuple[str, ...]]] = {
    "aws_dax_cluster": {("cluster_endpoint_encryption_type",): ("NONE",)},
    "aws_elasticache_replication_group": {("transit_encryption_enabled",): ("false",)},
    "aws_elasticsearch_domain": {
        ("node_to_node_encryption", 0, "enabled"): ("false",),
        ("domain_endpoint_options", 0, "enforce_https"): ("false",),
    },
    "aws_memorydb_cluster": {("tls_enabled",): ("false",)},
    "aws_msk_cluster": {
        ("encryption_info", 0, "encryption_in_transit", 0, "client_broker"): (
            "PLAINTEXT",
            "TLS_PLAINTEXT",
        ),
        ("encryption_info", 0, "encryption_in_transit", 0, "in_cluster"): ("false",),
    },
    "aws_opensearch_domain": {
        ("node_to_node_encryption", 0, "enabled"): ("false",),
        ("domain_endpoint_options", 0, "enforce_https"): ("false",),
    },
    "azurerm_redis_cache": {
        ("enable_non_ssl_port",): ("true",),  # its name up to version 3 of the provider
        ("non_ssl_port_enabled",): ("true",),
    },
    "azurerm_storage_account": {
        ("enable_https_traffic_only",): ("false",),  # as above
        ("https_traffic_only_enabled",): ("false",),
    },
    # Google encrypts what leaves a building anyway: only what somebody wrote.
    "google_redis_instance": {("transit_encryption_mode",): ("DISABLED",)},
}
# Parameters that demand encryption; what holds when they are not set depends on the engine.
_DEMANDS = frozenset(
    {"neptune_enforce_ssl", "rds.force_ssl", "require_secure_transport", "require_ssl", "tls"}
)
_OFF = frozenset({"0", "disabled", "false", "off"})
_PARAMETER_GROUPS = (
    "aws_db_parameter_group",
    "aws_docdb_cluster_parameter_group",
    "aws_neptune_cluster_parameter_group",
    "aws_rds_cluster_parameter_group",
    "aws_redshift_parameter_group",
)
_PARAMETERS = (
    "azurerm_mysql_flexible_server_configuration",
    "azurerm_postgresql_flexible_server_configuration",
)
_CLOUD_SQL = "google_sql_database_instance"


@rule(
    id="SEC042",
    title="data store talks to its clients in the clear",
    group="weakness",
    kinds=[*_CLEAR, *_PARAMETER_GROUPS, *_PARAMETERS, _CLOUD_SQL],
    references=[
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html",
        "https://cloud.google.com/sql/docs/postgres/configure-ssl-instance",
    ],
    aliases=["checkov:CKV_AWS_30", "checkov:CKV_AWS_83", "checkov:CKV_GCP_6", "trivy:AWS-0051"],
)
def transit_encrypted(store: Resource) -> Iterator[Problem]:
    if store.kind in _PARAMETER_GROUPS:
        yield from _in_parameters(list(store.get("parameter").items()))
    elif store.kind in _PARAMETERS:
        yield from _in_parameters([store.node])
    elif store.kind == _CLOUD_SQL:
        yield from _in_cloud_sql(store)
    else:
        yield from _in_attributes(store)


def _in_attributes(store: Resource) -> Iterator[Problem]:
    # NFS is not HTTPS: an account for it has to do without.
    if store.get("nfsv3_enabled").value or store.get("account_kind").identity() == "FileStorage":
        raise NotApplicable("its files are shared by NFS")
    for keys, clear in _CLEAR[store.kind].items():
        written, held = store.get(*keys), setting(store, *keys)
        if store.kind == "aws_elasticache_replication_group" and not written.present:
            # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
            if store.get("engine").text("redis") != "redis" or store.get(
                "global_replication_group_id"
            ):
                raise UnknownValue("what holds by default depends on the engine and its origin")
            held = Node(False, written.path, written.origin)  # noqa: FBT003
        if held.text() in clear:
            name = ".".join(key for key in keys if isinstance(key, str))
            state = f"is {written.text()}" if written.present else "is not set"
            inside = keys[0] == "node_to_node_encryption" or keys[-1] == "in_cluster"
            who = "its nodes talk to each other" if inside else "clients may talk to it"
            yield Problem(written, f"{name} {state}: {who} in the clear")


def _in_parameters(parameters: list[Node]) -> Iterator[Problem]:
    asked = [one for one in parameters if one.get("name").text() in _DEMANDS]
    if not asked:
        raise NotApplicable("no parameter of it is about encryption")
    for parameter in asked:
        value = parameter.get("value")
        if value.text().lower() in _OFF:
            name = parameter.get("name").text()
            yield Problem(value, f"{name} is {value.text()}: clients may talk to it in the clear")


def _in_cloud_sql(instance: Resource) -> Iterator[Problem]:
    network = ("settings", 0, "ip_configuration", 0)
    mode, demanded = instance.get(*network, "ssl_mode"), instance.get(*network, "require_ssl")
    if mode.text(demanded.text()) in (
        "ENCRYPTED_ONLY",
        "TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
        "true",
    ):
        return
    if not setting(instance, *network, "ipv4_enabled").flag():
        raise NotApplicable("it has no public address")
    if not any(True for _ in instance.get(*network, "authorized_networks").items()):
        raise NotApplicable("its public address takes only connections of the Auth Proxy")
    # https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances#sslmode
    state = f"is {mode.text()}" if mode.present else "is not set"
    yield Problem(mode, f"ssl_mode {state}: its public address takes connections in the clear")
