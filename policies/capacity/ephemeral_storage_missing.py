"""Asks for a bound on what a container writes to its node's disk."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Inventory,
    Problem,
    effective_limit,
    expect_sized_here,
    quantity,
    rule,
)


@rule(
    id="CAP032",
    title="container has no ephemeral-storage limit",
    group="disputed",
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    ],
    aliases=["kube-score:container-ephemeral-storage-request-and-limit"],
)
def ephemeral_storage_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    # A limit alone is enough: Kubernetes copies it to the request.
    expect_sized_here(inventory, container, container.limit("ephemeral-storage"))
    limit = effective_limit(inventory, container, "ephemeral-storage")
    if quantity(limit) == 0:
        yield Problem(limit, f"container '{container.name}' has no ephemeral-storage limit")
