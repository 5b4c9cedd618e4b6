"""Utilization is a share of a request: without the request an autoscaler sees nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    Container,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    counted_by,
    effective_request,
    quantity,
    rule,
    scaler_made_by,
)

_METRICS_ANNOTATION = "autoscaling.alpha.kubernetes.io/metrics"


@dataclass(frozen=True, slots=True)
class _Share:
    """A metric that is a percentage of what the pods, or one of their containers, request."""

    node: Node
    resource: str
    container: str = ""


def _shares(autoscaler: Resource) -> Iterator[_Share]:
    """The metrics that need a request; without any metric the API asks for 80 % of the CPU.

    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
    """
    spec = autoscaler.get("spec")
    metrics = spec.get("metrics")
    percentage = spec.get("targetCPUUtilizationPercentage")
    if percentage.present:
        yield _Share(percentage, "cpu")
    elif not metrics and _METRICS_ANNOTATION not in autoscaler.annotations:
        yield _Share(metrics, "cpu")
    for metric in metrics.items():
        kind = metric.get("type").text()
        source = metric.get("resource" if kind == "Resource" else "containerResource")
        if kind in ("Resource", "ContainerResource") and _is_share(source):
            yield _Share(metric, source.get("name").text(), source.get("container").text())


def _is_share(source: Node) -> bool:
    """``target.type`` in v2 and v2beta2, ``targetAverageUtilization`` in v2beta1."""
    target = source.get("target")
    return (
        target.get("type").text() == "Utilization"
        or target.get("averageUtilization").present
        or source.get("targetAverageUtilization").present
    )


def _measured(workload: Workload, share: _Share) -> list[Container]:
    """App containers and native sidecars, as the controller counts them; or only the one."""
    found = [
        container
        for container in workload.containers
        if container.role != "init" and share.container in ("", container.name)
    ]
    if not found:
        wanted = f"container '{share.container}'" if share.container else "containers"
        raise UnknownValue(f"{workload.address} declares no {wanted}")
    return found


@rule(
    id="CAP004",
    title="autoscaler measures utilization of a request that is not there",
    group="scaling",
    kinds=["HorizontalPodAutoscaler"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
    ],
)
def hpa_cpu_without_request(autoscaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    shares = list(_shares(autoscaler))
    if not shares:
        raise NotApplicable("no metric is a share of a request")
    workload = counted_by(inventory, scaler_made_by(inventory, autoscaler))
    for share in shares:
        measured = _measured(workload, share)
        requests = [effective_request(inventory, c, share.resource) for c in measured]
        without = [c for c, request in zip(measured, requests, strict=True) if not request.present]
        if not without and sum(map(quantity, requests)) == 0:
            without = measured
        if without:
            one = f"container '{without[0].name}' of {workload.address} has"
            many = f"{len(without)} containers of {workload.address} have"
            yield Problem(
                share.node,
                f"{many if len(without) > 1 else one} no {share.resource} request to measure by",
                tuple((c.get("resources"), f"no {share.resource} request") for c in without[:3]),
            )
