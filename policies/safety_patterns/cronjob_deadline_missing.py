"""Without a starting deadline a run that was missed is started however late it is."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, UnknownValue, rule


# Disputed, because starting late is what a backup wants. The controller before Kubernetes 1.21
# gave up after 100 missed runs without a deadline; today's only writes a warning event.
@rule(
    id="SAF031",
    title="CronJob starts a missed run however late it is",
    group="disputed",
    kinds=["CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension",
    ],
    aliases=["kube-score:cronjob-has-deadline"],
)
def cronjob_deadline_missing(cronjob: Resource) -> Iterator[Problem]:
    deadline = cronjob.get("spec", "startingDeadlineSeconds")
    if deadline.present:
        return
    if not cronjob.get("spec", "schedule").present:
        raise UnknownValue("it has no schedule: it is a part of a manifest")
    yield Problem(
        deadline, "no startingDeadlineSeconds: a run that was missed is started however late it is"
    )
