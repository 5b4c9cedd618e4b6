"""Finished Jobs must go away by themselves, but not before anybody could look at them."""

import math
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    rule,
    schedule_of,
)

_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
# What applies again whatever somebody deleted.
_SYNCED_BY = (
    "argoproj.io/Application",
    "argoproj.io/ApplicationSet",
    "kustomize.toolkit.fluxcd.io/Kustomization",
)


@rule(
    id="SAF033",
    title="finished Jobs stay forever, or vanish before anybody looks",
    group="advice",
    kinds=["Job", "CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#jobs-history-limits",
    ],
    aliases=["kube-linter:job-ttl-seconds-after-finished"],
)
def job_ttl(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    if workload.kind == "CronJob":
        yield from _against_history(workload)
        return
    kept = workload.get("spec", "ttlSecondsAfterFinished")
    if kept.present:
        return
    _accept_cleaned(workload, inventory)
    if all(container.get("image").value is None for container in workload.app_containers):
        raise UnknownValue("its containers name no image: it is a part of a manifest")
    yield Problem(
        kept, "no ttlSecondsAfterFinished: the finished Job and its pods stay until deleted by hand"
    )


def _against_history(workload: Workload) -> Iterator[Problem]:
    """A lifetime that ends before the next run leaves the history limits nothing to keep."""
    kept = workload.get("spec", "jobTemplate", "spec", "ttlSecondsAfterFinished")
    if not kept.present:
        return
    schedule = workload.get("spec", "schedule")
    period = schedule_of(schedule).shortest_period()
    if kept.number() < period < math.inf:
        yield Problem(
            kept,
            f"ttlSecondsAfterFinished is {kept.text()}: a failed run and its logs are gone before"
            " the next run",
            ((schedule, "the next run"),),
        )


def _accept_cleaned(workload: Workload, inventory: Inventory) -> None:
    """Signals that somebody else deletes the Job, or that deleting it would start it again."""
    annotations = workload.get("metadata", "annotations")
    hook = next((name for name in _HOOKS if annotations.get(name).present), "")
    if hook:
        raise NotApplicable(f"it is a hook ({hook}), and is deleted before its next run")
    if workload.get("metadata", "ownerReferences"):
        raise NotApplicable("another object owns it, and takes it along")
    synced = next(iter(inventory.of_kind(*_SYNCED_BY)), None)
    if synced is not None:
        raise NotApplicable(f"if {synced.address} applies it, a deleted Job runs again")
