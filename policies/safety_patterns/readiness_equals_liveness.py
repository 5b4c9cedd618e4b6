"""A liveness probe that gives up as early as the same readiness probe kills what is only slow."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    LONG_RUNNING,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    callers_of,
    rule,
    services_of,
)


@rule(
    id="SAF003",
    title="liveness probe repeats the readiness probe and gives up no later",
    group="resilience",
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ],
    aliases=["kube-score:pod-probes-identical"],
)
def readiness_equals_liveness(container: Container, inventory: Inventory) -> Iterator[Problem]:
    liveness, readiness = container.probe("liveness"), container.probe("readiness")
    if liveness is None or readiness is None:
        raise NotApplicable("the container does not have both probes")
    asked = liveness.handler()
    if asked != readiness.handler():
        return
    if asked == ("exec",):
        raise UnknownValue("the probes do not say what to ask: it is a part of a manifest")
    workload = container.workload
    if services_of(inventory, workload) and not callers_of(inventory, workload):
        raise NotApplicable("only monitoring asks it, and can ask again")
    if liveness.window <= readiness.window:
        yield Problem(
            liveness.node,
            f"liveness repeats readiness and restarts after {liveness.window:g} s, no later than"
            f" traffic stops ({readiness.window:g} s)",
            ((readiness.node, "asks the same"),),
        )
