"""A probe's own grace period is for a shorter one than the pod's, and never of readiness."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    NotApplicable,
    Problem,
    UnknownValue,
    rule,
)

_FIELD = "terminationGracePeriodSeconds"


@rule(
    id="SAF020",
    title="probe has a grace period that is refused or longer than the pod's",
    group="resilience",
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#probe-level-terminationgraceperiodseconds",
    ],
)
def probe_grace_override(container: Container) -> Iterator[Problem]:
    refused = container.get("readinessProbe", _FIELD)
    own = {name: container.get(f"{name}Probe", _FIELD) for name in ("startup", "liveness")}
    given = {name: node for name, node in own.items() if not node.known or node.present}
    if refused.known and not refused.present and not given:
        raise NotApplicable("no probe of the container sets a grace period of its own")
    if refused.known and refused.present:
        yield Problem(
            refused, f"readinessProbe sets {_FIELD}: it stops nothing, and the API refuses the pod"
        )
    for name, node in given.items():
        seconds = node.number()
        if seconds < 1:
            yield Problem(
                node, f"{name}Probe sets {_FIELD} {seconds:g}: the API refuses less than 1"
            )
            continue
        pod = container.workload.pod.get(_FIELD)
        image = container.get("image")
        if not pod.present and image.known and not image.present:
            raise UnknownValue("the container names no image: it is a part of a manifest")
        if seconds > container.workload.grace_period:
            yield Problem(
                node,
                f"{name}Probe grants {seconds:g} s to a container that hangs, an ordinary stop gets"
                f" {container.workload.grace_period:g} s",
                ((pod, "the pod's" if pod.present else "the pod gives none, so 30 s"),),
            )
    refused.number()  # raises what is not known, last: it must hide no problem
