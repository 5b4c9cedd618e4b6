"""A run that hangs must end by itself, and one that failed must be there to be seen."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, UnknownValue, Workload, rule

_ARGO_HOOK = "argocd.argoproj.io/hook"


@rule(
    id="SAF036",
    title="a Job may hang without end, or fail without a trace",
    group="weakness",
    kinds=["Job", "CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#jobs-history-limits",
    ],
)
def job_unbounded(workload: Workload) -> Iterator[Problem]:
    if workload.kind == "CronJob":
        yield from _of_cronjob(workload)
        return
    hook = workload.get("metadata", "annotations", _ARGO_HOOK)
    if hook.text() in ("", "Skip"):
        raise NotApplicable("no later run or deploy waits for it")
    deadline = _deadline(workload, workload.get("spec"))
    if not deadline.present:
        yield Problem(
            deadline,
            "no activeDeadlineSeconds: a hook that hangs holds up this sync and all later ones",
            ((hook, "Argo CD waits for it"),),
        )


def _of_cronjob(cronjob: Workload) -> Iterator[Problem]:
    history = cronjob.get("spec", "failedJobsHistoryLimit")
    if history.number(1) == 0:
        yield Problem(
            history, "failedJobsHistoryLimit is 0: a failed run is deleted at once, with its logs"
        )
    if cronjob.get("spec", "suspend").flag():
        raise NotApplicable("it is suspended")
    policy = cronjob.get("spec", "concurrencyPolicy")
    # Replace ends the run that hangs, and Allow starts the next one beside it.
    if policy.text() == "Forbid":
        deadline = _deadline(cronjob, cronjob.get("spec", "jobTemplate", "spec"))
        if not deadline.present:
            yield Problem(
                deadline,
                "no activeDeadlineSeconds: one run that hangs keeps all later ones from starting",
                ((policy, "no run starts while another is there"),),
            )


def _deadline(workload: Workload, job: Node) -> Node:
    """The deadline of a whole run; that of each of its pods where only that one is set."""
    if not workload.app_containers:
        raise UnknownValue("it has no containers: it is a part of a manifest")
    whole, each = job.get("activeDeadlineSeconds"), workload.pod.get("activeDeadlineSeconds")
    return each if not whole.present and each.present else whole
