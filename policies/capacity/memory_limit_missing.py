"""A leak must end its own container, not its node."""

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
    id="CAP007",
    title="container has no memory limit",
    group="resilience",
    # Jobs too: a batch run without a bound takes its neighbours down with it.
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    ],
    aliases=[
        "checkov:CKV_K8S_13",
        "kube-linter:unset-memory-requirements",
        "polaris:memoryLimitsMissing",
        "trivy:KSV-0018",
    ],
)
def memory_limit_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    expect_sized_here(inventory, container, container.limit("memory"))
    limit = effective_limit(inventory, container, "memory")
    if not limit.present:
        place = container.get("resources", "limits", "memory")
        yield Problem(place, f"container '{container.name}' has no memory limit")
    elif quantity(limit) == 0:
        yield Problem(
            limit, f"the memory limit of container '{container.name}' is 0, which is none"
        )
