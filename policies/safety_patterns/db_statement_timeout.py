"""A database ends sessions that keep their locks and do nothing."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group")
_GOOGLE, _AZURE = "google_sql_database_instance", "azurerm_postgresql_flexible_server"
_AZURE_PARAMETER = "azurerm_postgresql_flexible_server_configuration"
_USERS = ("aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance")
# Any of them ends a session that stands still with its locks held; 0 switches each off. RDS takes a
# day for the first where nobody sets it, which is too long to save anything.
_LIMITS = (
    "idle_in_transaction_session_timeout",
    "statement_timeout",
    "transaction_timeout",
)


@rule(
    id="SAF095",
    title="PostgreSQL sets no limit to a session that keeps its locks",
    group="disputed",
    kinds=[*_GROUPS, _GOOGLE, _AZURE],
    references=[
        "https://www.postgresql.org/docs/current/runtime-config-client.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
    ],
)
def db_statement_timeout(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    at, parameters = _parameters(database, inventory)
    limits = [value for name, value in parameters if name.text() in _LIMITS]
    if any(limit.text() not in ("", "0") for limit in limits):
        return
    if limits:
        yield Problem(limits[0], "it is 0, which is no limit: a stuck session keeps its locks")
    else:
        yield Problem(at, f"it sets neither {_LIMITS[0]} nor statement_timeout")


def _parameters(database: Resource, inventory: Inventory) -> tuple[Node, list[tuple[Node, Node]]]:
    """Where the parameters of a PostgreSQL stand, and each as its name and value."""
    if database.kind in _GROUPS:
        return _of_group(database, inventory)
    if database.kind == _GOOGLE:
        if not database.get("database_version").text().startswith("POSTGRES"):
            raise NotApplicable("it is no PostgreSQL")
        flags = database.get("settings", 0, "database_flags")
        found = [(flag.get("name"), flag.get("value")) for flag in flags.items()]
        if not found:
            raise NotApplicable("it sets no flags: nobody tunes it here")
        return flags, found
    configured = inventory.referrers(database, _AZURE_PARAMETER)
    if not configured:
        raise NotApplicable("it has no parameters here: nobody tunes it")
    return database.node, [(one.get("name"), one.get("value")) for one in configured]


def _of_group(group: Resource, inventory: Inventory) -> tuple[Node, list[tuple[Node, Node]]]:
    if not group.get("family").text().startswith(("postgres", "aurora-postgresql")):
        raise NotApplicable("it is for no PostgreSQL")
    found = [(one.get("name"), one.get("value")) for one in group.get("parameter").items()]
    if not found:
        raise NotApplicable("it sets no parameters")
    if not inventory.referrers(group, *_USERS):
        raise NotApplicable("no database of this scan uses it")
    return group.node, found
