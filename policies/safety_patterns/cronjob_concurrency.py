"""Runs that hang must not be joined by the next ones until the cluster is full."""

import math
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    rule,
    schedule_of,
)


@rule(
    id="SAF034",
    title="runs of a CronJob pile up on each other",
    group="weakness",
    kinds=["CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
    ],
)
def cronjob_concurrency(workload: Workload, *, runs_a_day: int = 24) -> Iterator[Problem]:
    if workload.get("spec", "suspend").flag():
        raise NotApplicable("it is suspended")
    policy, schedule = workload.get("spec", "concurrencyPolicy"), workload.get("spec", "schedule")
    if policy.text() not in ("", "Allow"):  # absent is Allow
        return
    if not schedule.present:
        raise UnknownValue("it has no schedule: it is a part of a manifest")
    runs = schedule_of(schedule)
    period = runs.shortest_period()
    if period == math.inf:
        raise NotApplicable("its schedule names no day that exists: it is started by hand")
    deadline = _deadline(workload)
    if not deadline.present:
        if runs.runs_a_day() >= runs_a_day:
            yield Problem(
                policy,
                f"it runs {runs.runs_a_day():.0f} times a day without activeDeadlineSeconds:"
                " runs that hang pile up",
                ((schedule, "how often it runs"),),
            )
    # Whoever writes Allow and a deadline wants a bounded number of runs side by side.
    elif not policy.present and deadline.number() > period:
        yield Problem(
            deadline,
            f"activeDeadlineSeconds is {deadline.text()}, but the next run starts after"
            f" {period:.0f} s, beside the first",
            ((schedule, "how often it runs"),),
        )


def _deadline(workload: Workload) -> Node:
    """The deadline of a whole run, or else that of each of its pods."""
    whole = workload.get("spec", "jobTemplate", "spec", "activeDeadlineSeconds")
    return whole if whole.present else workload.pod.get("activeDeadlineSeconds")
