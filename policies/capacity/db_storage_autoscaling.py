"""The disk of a managed database grows before it is full."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
    expect_no_module,
    is_replica,
    rule,
    setting,
)

_RDS = "aws_db_instance"
_ALARM, _FREE = "aws_cloudwatch_metric_alarm", "FreeStorageSpace"
# The attribute that lets the disk grow.
_SWITCHES: dict[str, tuple[str | int, ...]] = {
    "google_sql_database_instance": ("settings", 0, "disk_autoresize"),
    "azurerm_postgresql_flexible_server": ("auto_grow_enabled",),
    "azurerm_mysql_flexible_server": ("storage", 0, "auto_grow_enabled"),
}


@rule(
    id="CAP070",
    title="disk of the database does not grow, and stops it when it is full",
    group="weakness",
    kinds=[_RDS, *_SWITCHES],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html",
        "https://cloud.google.com/sql/docs/postgres/instance-settings",
        "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-storage",
    ],
)
def db_storage_autoscaling(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    if database.kind == _RDS:
        yield from _of_rds(database, inventory)
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what must stay up")
    keys = _SWITCHES[database.kind]
    if not setting(database, *keys).flag():
        written = database.get(*keys)
        state = "false" if written.present else "not set, and off by default"
        yield Problem(written, f"{keys[-1]} is {state}: a full disk stops the database")


def _of_rds(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    limit, size = database.get("max_allocated_storage"), database.get("allocated_storage")
    # The provider takes no limit below the size of the disk; 0, and the size itself, is none.
    full = size.known and limit.known and limit.number() == size.number(-1)
    if limit.known and limit.number() > 0 and not full:
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what must stay up")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, whose storage grows by itself")
    if database.get("engine").text().startswith("custom-"):
        raise NotApplicable("RDS Custom cannot grow a disk by itself")
    if _is_watched(database, inventory):
        raise NotApplicable("an alarm tells of its free space")
    state = f"{limit.number():g}" if limit.present else "not set"
    stays = f"stays at {size.number():g} GiB" if size.known and size.present else "does not grow"
    yield Problem(limit, f"max_allocated_storage is {state}: the disk {stays}, full or not")


def _is_watched(database: Resource, inventory: Inventory) -> bool:
    """Whether somebody is told before the disk is full."""
    if database.get("identifier").identity() in inventory.index(_watched_by_name):
        return True
    for alarm in inventory.referrers(database, _ALARM):
        if _FREE in _metrics(alarm):
            return True
    for alarm in inventory.index(_watches_something).get(database.scope, ()):
        raise UnknownValue(f"{alarm.address} may watch its disk")
    expect_no_module(database, inventory, "may watch its disk")
    return False


def _watched_by_name(inventory: Inventory) -> set[str]:
    """The databases whose names are written out in an alarm on their free space."""
    names = {_watched(alarm).identity() for alarm in inventory.of_kind(_ALARM)}
    return names - {""}


def _watches_something(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the alarms on the free space of a database that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for alarm in inventory.of_kind(_ALARM):
        if not _watched(alarm).known and not inventory.references(alarm, _RDS):
            found[alarm.scope].append(alarm)
    return found


def _watched(alarm: Resource) -> Node:
    """The name of the database whose free space it is on."""
    named = alarm.get("dimensions", "DBInstanceIdentifier")
    return named if _FREE in _metrics(alarm) else Node(None, named.path, named.origin)


def _metrics(alarm: Resource) -> list[str]:
    names = [alarm.get("metric_name")]
    if type(alarm.get("metric_query").value) is list:
        names += [
            query.get("metric", 0, "metric_name") for query in alarm.get("metric_query").items()
        ]
    return [name.identity() for name in names]
