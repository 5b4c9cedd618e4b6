"""The API takes a Job only when its pods are restarted on failure or never."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, Problem, UnknownValue, Workload, rule

# What the Job controller can do only when each failure is a pod of its own.
_NEVER_ONLY = ("podFailurePolicy", "backoffLimitPerIndex")


@rule(
    id="SAF032",
    title="the API refuses the restart policy of a Job's pods",
    group="resilience",
    kinds=["Job", "CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-template",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy",
    ],
    aliases=["kube-score:cronjob-restartpolicy"],
)
def cronjob_restart_policy(workload: Workload) -> Iterator[Problem]:
    policy = workload.pod.get("restartPolicy")
    said = policy.text()
    if said == "Never":
        return
    if said == "OnFailure":
        for name in _NEVER_ONLY:
            if _job(workload).get(name).present:
                yield Problem(
                    policy, f"restartPolicy is OnFailure: with {name} the API takes only Never"
                )
        return
    if not said and _is_part(workload):
        raise UnknownValue("not all its containers name an image: it is a part of a manifest")
    # The API fills in Always for every pod template, and then refuses it here.
    shown = f"restartPolicy is {said}" if said else "no restartPolicy, which means Always"
    yield Problem(policy, f"{shown}: for a Job the API takes only Never or OnFailure")


def _job(workload: Workload) -> Node:
    path = ("spec", "jobTemplate", "spec") if workload.kind == "CronJob" else ("spec",)
    return workload.get(*path)


def _is_part(workload: Workload) -> bool:
    images = [container.get("image").value for container in workload.app_containers]
    return not images or any(image is None for image in images)
