"""Containers must reserve the CPU that they need under load."""

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
    id="CAP005",
    title="container has no CPU request",
    group="resilience",
    # Not Jobs: without requests they are the first to be slowed or evicted, and are run again.
    kinds=LONG_RUNNING,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
    ],
    aliases=[
        "checkov:CKV_K8S_10",
        "kube-linter:unset-cpu-requirements",
        "polaris:cpuRequestsMissing",
        "trivy:KSV-0015",
    ],
)
def cpu_request_missing(container: Container, inventory: Inventory) -> Iterator[Problem]:
    if container.workload.pod.get("restartPolicy").text("Always") != "Always":
        raise NotApplicable("the pod runs to its end, as a Job does")
    expect_sized_here(inventory, container, container.request("cpu"))
    request = effective_request(inventory, container, "cpu")
    if not request.present:
        place = container.get("resources", "requests", "cpu")
        yield Problem(place, f"container '{container.name}' has no cpu request")
    elif quantity(request) == 0:
        yield Problem(
            request, f"the cpu request of container '{container.name}' is 0, which is none"
        )
