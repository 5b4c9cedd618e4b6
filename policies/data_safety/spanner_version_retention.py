"""A Spanner database can be taken back further than an hour."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_stray,
    rule,
)

_INSTANCE = "google_spanner_instance"
_SCHEDULE = "google_spanner_backup_schedule"


@rule(
    id="DAT045",
    title="Spanner database keeps one hour of its past, and no backups",
    group="data-loss",
    kinds=["google_spanner_database"],
    references=[
        "https://cloud.google.com/spanner/docs/pitr",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/spanner_instance",
    ],
)
def spanner_version_retention(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    retention = database.get("version_retention_period")
    # One hour unless set; whoever sets it has chosen how far back is enough.
    if retention.known and retention.text("1h") not in ("1h", "60m", "3600s"):
        return
    if inventory.referrers(database, _SCHEDULE):
        return
    if database.get("name").identity() in inventory.index(_scheduled)[database.scope]:
        return
    # Its definition can set the period as well: ALTER DATABASE ... SET OPTIONS.
    if any("version_retention_period" in line.text() for line in database.get("ddl").items()):
        return
    instances = inventory.references(database, _INSTANCE)
    for instance in instances:
        if instance.get("default_backup_schedule_type").text() == "AUTOMATIC":
            return
        if instance.get("instance_type").text() == "FREE_INSTANCE":
            raise NotApplicable("it is of a free instance, which cannot be backed up")
        # Left out, the documents of the API and of the provider differ about what holds.
        if not instance.get("default_backup_schedule_type").present:
            raise UnknownValue(f"{instance.address} does not say whether it backs up new databases")
    expect_no_stray(
        database, inventory, _SCHEDULE, at="database", of=(database.kind,), may="may back it up"
    )
    if not instances:
        raise UnknownValue("its instance, which may back it up, is not in this scan")
    if retention.present:
        yield Problem(retention, f"version_retention_period is {retention.text()}, without backups")
    else:
        yield Problem(
            retention, "no version_retention_period and no backup schedule: an hour is kept"
        )


def _scheduled(inventory: Inventory) -> dict[str, set[str]]:
    """By scope, the databases that schedules name."""
    found: dict[str, set[str]] = defaultdict(set)
    for schedule in inventory.of_kind(_SCHEDULE):
        if schedule.get("database").known:
            found[schedule.scope].add(schedule.get("database").identity())
    return found
