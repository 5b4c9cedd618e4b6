"""Containers that take traffic must say when they are ready for it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    rule,
    services_of,
)


@rule(
    id="SAF001",
    title="container takes traffic without a readiness probe",
    group="availability",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    ],
    aliases=[
        "checkov:CKV_K8S_9",
        "kube-linter:no-readiness-probe",
        "kube-score:pod-probes",
        "polaris:readinessProbeMissing",
    ],
)
def readiness_probe_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    workload = container.workload
    services = services_of(inventory, workload)
    if not container.ports and not (services and len(workload.app_containers) == 1):
        raise NotApplicable("the container declares no port, and no Service leads to it")
    if container.probe("readiness") is None:
        related = ((services[0].node, "this Service sends it traffic"),) if services else ()
        yield Problem(
            container.node, f"container '{container.name}' has no readinessProbe", related
        )
