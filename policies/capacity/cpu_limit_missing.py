"""Asks for a CPU limit, where a team wants each container held to its share."""

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
    id="CAP030",
    title="container has no CPU limit",
    group="disputed",
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/assign-cpu-resource/",
    ],
    aliases=["checkov:CKV_K8S_11", "polaris:cpuLimitsMissing", "trivy:KSV-0011"],
)
def cpu_limit_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    expect_sized_here(inventory, container, container.limit("cpu"))
    limit = effective_limit(inventory, container, "cpu")
    if not limit.present:
        yield Problem(limit, f"container '{container.name}' has no cpu limit")
    elif quantity(limit) == 0:
        yield Problem(limit, f"the cpu limit of container '{container.name}' is 0, which is none")
