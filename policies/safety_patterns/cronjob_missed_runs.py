"""A schedule that the API refuses, or a deadline that has passed at once, means missed runs."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, UnknownValue, parse_schedule, rule

# The controller looks at every CronJob this often.
_RESYNC_SECONDS = 10
# Somebody's cron, and no placeholder that another tool fills in.
_CRON = re.compile(r"\s*[\d*/,?#LW-]+(?:\s+[\d*/,?#LW-]+){4,}\s*")


@rule(
    id="SAF035",
    title="schedule or starting deadline makes a CronJob miss runs",
    group="resilience",
    kinds=["CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#cron-job-limitations",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#unsupported-timezone-specification",
    ],
)
def cronjob_missed_runs(cronjob: Resource) -> Iterator[Problem]:
    deadline = cronjob.get("spec", "startingDeadlineSeconds")
    if deadline.present and deadline.number() < _RESYNC_SECONDS:
        yield Problem(
            deadline,
            f"startingDeadlineSeconds is {deadline.text()}: the controller looks only every"
            f" {_RESYNC_SECONDS} s, and may miss runs",
        )
    schedule = cronjob.get("spec", "schedule")
    said = schedule.text()
    if not said:
        raise UnknownValue("it has no schedule: it is a part of a manifest")
    if said.startswith(("TZ=", "CRON_TZ=")):
        yield Problem(
            schedule,
            f"schedule is '{said}': the API refuses a time zone there since Kubernetes 1.29",
        )
        return
    try:
        parse_schedule(said)
    except ValueError as error:
        if not _CRON.fullmatch(said):
            raise UnknownValue(f"'{said}' is no schedule: {error}") from None
        yield Problem(schedule, f"the API refuses the schedule '{said}': {error}")
