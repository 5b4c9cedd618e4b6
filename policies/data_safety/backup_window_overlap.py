"""The daily backup of a database and its weekly maintenance do not overlap."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, belongs_to_aurora, rule

_WINDOWS = {
    "aws_db_instance": ("backup_window", "maintenance_window"),
    "aws_docdb_cluster": ("preferred_backup_window", "preferred_maintenance_window"),
    "aws_neptune_cluster": ("preferred_backup_window", "preferred_maintenance_window"),
    "aws_rds_cluster": ("preferred_backup_window", "preferred_maintenance_window"),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_TIME = r"(\d\d):(\d\d)"
_DAILY = re.compile(f"{_TIME}-{_TIME}")
_WEEKLY = re.compile(f"([a-z]{{3}}):{_TIME}-([a-z]{{3}}):{_TIME}")


@rule(
    id="DAT028",
    title="database's backup and maintenance windows overlap, which AWS refuses",
    group="resilience",
    kinds=list(_WINDOWS),
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html",
    ],
)
def backup_window_overlap(database: Resource) -> Iterator[Problem]:
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which has the backup window")
    daily, weekly = (database.get(name) for name in _WINDOWS[database.kind])
    if not (daily.present and weekly.present):
        raise NotApplicable("AWS chooses a window, and avoids the other")
    backup = _DAILY.fullmatch(daily.text())
    maintenance = _WEEKLY.fullmatch(weekly.text().lower())
    if not (backup and maintenance and {maintenance[1], maintenance[4]} <= set(_DAYS)):
        raise NotApplicable("a window is not written as AWS wants it")
    start, end = _minutes(backup[1], backup[2]), _minutes(backup[3], backup[4])
    opens = _at(maintenance[1], maintenance[2], maintenance[3])
    closes = _at(maintenance[4], maintenance[5], maintenance[6])
    length, duration = (end - start) % _DAY, (closes - opens) % (7 * _DAY)
    # Two spans overlap if either begins within the other; the backup begins every day.
    if (start - opens) % _DAY < duration or (opens - start) % _DAY < length:
        yield Problem(
            daily,
            f"the backup at {daily.text()} overlaps the maintenance at {weekly.text()}",
            ((weekly, "the maintenance window"),),
        )


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


def _at(day: str, hours: str, minutes: str) -> int:
    return _DAYS.index(day) * _DAY + _minutes(hours, minutes)
