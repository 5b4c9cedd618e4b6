"""A liveness probe that gives up before the readiness probe begins restarts what only starts."""

from collections.abc import Iterator

from prodready_infra.sdk import LONG_RUNNING, Container, NotApplicable, Problem, UnknownValue, rule


@rule(
    id="SAF017",
    title="liveness probe gives up before the container is expected to have started",
    group="resilience",
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes",
    ],
)
def liveness_before_startup(container: Container) -> Iterator[Problem]:
    """The readiness delay counts as a start time only where liveness asks the very same.

    A liveness probe that asks something else, such as the bare process, may answer long before
    the application is ready, as it should.
    """
    liveness, readiness = container.probe("liveness"), container.probe("readiness")
    if liveness is None:
        raise NotApplicable("the container has no liveness probe")
    if container.probe("startup") is not None:
        return
    if readiness is None or readiness.initial_delay <= 0:
        raise NotApplicable("no startup probe and no readiness delay tells how long it starts")
    asked = liveness.handler()
    if asked != readiness.handler():
        raise NotApplicable("the readiness probe waits for something else than liveness asks")
    deadline = liveness.initial_delay + liveness.window
    if deadline >= readiness.initial_delay:
        return
    if asked == ("exec",):
        raise UnknownValue("the probes do not say what to ask: it is a part of a manifest")
    yield Problem(
        liveness.node,
        f"liveness gives up {deadline:g} s after the start, but readiness asks the same only after"
        f" {readiness.initial_delay:g} s",
        ((readiness.node.get("initialDelaySeconds"), "it is not expected to answer before"),),
    )
