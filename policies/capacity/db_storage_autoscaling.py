"""The disk of a managed database grows before it is full."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
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
    group="scaling",
    kinds=[_RDS, *_SWITCHES],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html",
        "https://cloud.google.com/sql/docs/postgres/instance-settings",
        "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-storage",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def db_storage_autoscaling(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    if database.kind == _RDS:
        yield from _of_rds(database, inventory)
        return
    if _copies(database):
        raise NotApplicable("it is a replica: its source is what must stay up")
    keys = _SWITCHES[database.kind]
    if not setting(database, *keys).flag():
        written = database.get(*keys)
        state = "false" if written.present else "not set, and off by default"
        yield Problem(written, f"{keys[-1]} is {state}: a full disk stops the database")


def _copies(database: Resource) -> bool:
    original = database.get("master_instance_name").identity()
    return bool(original) or database.get("create_mode").identity() == "Replica"


def _of_rds(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    limit, size = database.get("max_allocated_storage"), database.get("allocated_storage")
    # The provider sees to it that a limit is above the size of the disk; 0 is no limit.
    if limit.known and limit.number() > 0:
        return
    if is_replica(database):
        raise NotApplicable("it is a replica: its source is what must stay up")
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, whose storage grows by itself")
    if _is_watched(database, inventory):
        raise NotApplicable("an alarm tells of its free space")
    state = "0" if limit.number() == 0 and limit.present else "not set"
    stays = f"stays at {size.number():g} GiB" if size.known and size.present else "does not grow"
    yield Problem(limit, f"max_allocated_storage is {state}: the disk {stays}, full or not")


def _is_watched(database: Resource, inventory: Inventory) -> bool:
    """Whether somebody is told before the disk is full."""
    if database.get("identifier").identity() in inventory.index(_watched_by_name):
        return True
    for alarm in inventory.referrers(database, _ALARM):
        if alarm.get("metric_name").text() == _FREE:
            return True
    for module in inventory.referrers(database, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may watch its disk")
    return False


def _watched_by_name(inventory: Inventory) -> set[str]:
    """The databases whose names are written out in an alarm on their free space."""
    alarms = inventory.of_kind(_ALARM)
    free = [alarm for alarm in alarms if alarm.get("metric_name").identity() == _FREE]
    names = {alarm.get("dimensions", "DBInstanceIdentifier").identity() for alarm in free}
    return names - {""}
