"""A Spanner database can be taken back further than an hour."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

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
    named, unresolved = inventory.index(_scheduled)[database.scope]
    if database.get("name").identity() in named:
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
    for schedule in unresolved:
        raise UnknownValue(f"{schedule.address} may back it up")
    if not instances:
        raise UnknownValue("its instance, which may back it up, is not in this scan")
    if retention.present:
        yield Problem(retention, f"version_retention_period is {retention.text()}, without backups")
    else:
        yield Problem(
            retention, "no version_retention_period and no backup schedule: an hour is kept"
        )


def _scheduled(inventory: Inventory) -> dict[str, tuple[set[str], list[Resource]]]:
    """By scope: the databases that schedules name, and the schedules of nobody knows which."""
    found: dict[str, tuple[set[str], list[Resource]]] = defaultdict(lambda: (set(), []))
    for schedule in inventory.of_kind(_SCHEDULE):
        named, unresolved = found[schedule.scope]
        database = schedule.get("database")
        if database.known:
            named.add(database.identity())
        elif not inventory.references(schedule, "google_spanner_database"):
            unresolved.append(schedule)
    return found
