"""Containers must reserve the memory that they use."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    LONG_RUNNING,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    effective_request,
    expect_sized_here,
    quantity,
    rule,
)


@rule(
    id="CAP006",
    title="container has no memory request",
    group="resilience",
    # Not Jobs: without requests they are the first to be slowed or evicted, and are run again.
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    ],
    aliases=[
        "checkov:CKV_K8S_12",
        "polaris:memoryRequestsMissing",
        "trivy:KSV-0016",
    ],
)
def memory_request_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    if container.workload.pod.get("restartPolicy").text("Always") != "Always":
        raise NotApplicable("the pod runs to its end, as a Job does")
    expect_sized_here(inventory, container, container.request("memory"))
    request = effective_request(inventory, container, "memory")
    if not request.present:
        place = container.get("resources", "requests", "memory")
        yield Problem(place, f"container '{container.name}' has no memory request")
    elif quantity(request) == 0:
        yield Problem(
            request, f"the memory request of container '{container.name}' is 0, which is none"
        )
