"""A preStop hook that sleeps through the whole grace period leaves no time to shut down."""

from collections.abc import Iterator

from prodready_infra.sdk import LONG_RUNNING, Container, NotApplicable, Problem, rule


@rule(
    id="SAF005",
    title="preStop hook sleeps through the whole termination grace period",
    group="availability",
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/",
    ],
)
def grace_vs_prestop(container: Container) -> Iterator[Problem]:
    if not container.get("lifecycle", "preStop").present:
        raise NotApplicable("the container has no preStop hook")
    sleep = container.pre_stop_sleep
    if not sleep:
        raise NotApplicable("its preStop hook does not sleep for a set time")
    grace = container.workload.grace_period
    if sleep >= grace:
        given = container.workload.pod.get("terminationGracePeriodSeconds")
        label = "the grace period" if given.present else "no grace period is given, so 30 s"
        yield Problem(
            container.get("lifecycle", "preStop"),
            f"preStop sleeps {sleep:g} s of a grace period of {grace:g} s:"
            " the process is killed in mid-request",
            ((given, label),),
        )
