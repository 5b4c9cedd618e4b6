"""Asks that memory be reserved in full, where a team wants no node to be overcommitted."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    effective_limit,
    effective_request,
    quantity,
    rule,
)


@rule(
    id="CAP031",
    title="memory request and limit of the container differ",
    group="disputed",
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    ],
    aliases=["kube-score:container-memory-requests-equal-limits"],
)
def requests_differ_from_limits(container: Container, inventory: Inventory) -> Iterator[Problem]:
    own = container.limit("memory").present
    if not own and container.workload.pod.get("resources", "limits", "memory").present:
        raise NotApplicable("the pod as a whole has a memory limit, which its containers share")
    limit = effective_limit(inventory, container, "memory")
    if quantity(limit) == 0:
        raise NotApplicable("it has no memory limit")
    # A limit given alone is the request too, before any LimitRange is asked.
    request = effective_request(inventory, container, "memory")
    if quantity(request) != quantity(limit):
        yield Problem(
            request,
            f"container '{container.name}' requests {request.text() or 'no'} memory, and its limit"
            f" is {limit.text()}",
        )
