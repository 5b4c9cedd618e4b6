"""A Firestore database can be taken back further than an hour."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, UnknownValue, rule, strays

_SCHEDULE = "google_firestore_backup_schedule"
_JOB = "google_cloud_scheduler_job"


@rule(
    id="DAT044",
    title="Firestore database keeps one hour of its past, and no backups",
    group="data-loss",
    kinds=["google_firestore_database"],
    references=[
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/firestore_database",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/firestore_backup_schedule",
    ],
)
def firestore_pitr(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    recovery = database.get("point_in_time_recovery_enablement")
    if recovery.known and recovery.text() == "POINT_IN_TIME_RECOVERY_ENABLED":
        return
    if inventory.referrers(database, _SCHEDULE):
        return
    if database.get("name").identity() in inventory.index(_scheduled)[database.scope]:
        return
    unresolved = strays(database, inventory, _SCHEDULE, at="database", of=(database.kind,))
    for one in (*unresolved, *inventory.referrers(database, "module")):
        raise UnknownValue(f"{one.address} may back it up")
    for job in inventory.index(_exports)[database.scope]:
        raise UnknownValue(f"{job.address} may export it")
    if not recovery.present:
        yield Problem(recovery, "no point-in-time recovery and no backup schedule: an hour is kept")
    elif recovery.text() == "POINT_IN_TIME_RECOVERY_DISABLED":
        yield Problem(recovery, "point-in-time recovery is disabled, and no schedule backs it up")


def _exports(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope: what has a database written to a bucket, the way before there were schedules."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for job in inventory.of_kind(_JOB):
        # https://cloud.google.com/firestore/docs/solutions/schedule-export
        called = job.get("http_target", 0, "uri")
        if not called.known or called.identity().endswith(":exportDocuments"):
            found[job.scope].append(job)
    return found


def _scheduled(inventory: Inventory) -> dict[str, set[str]]:
    """By scope, the databases that schedules name."""
    found: dict[str, set[str]] = defaultdict(set)
    for schedule in inventory.of_kind(_SCHEDULE):
        database = schedule.get("database")
        if database.known:
            found[schedule.scope].add(database.identity() or "(default)")  # the one by default
    return found
