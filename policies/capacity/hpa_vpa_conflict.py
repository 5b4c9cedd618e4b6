"""Two controllers must not steer by the same resource: one changes what the other measures."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    Workload,
    kubernetes_kind,
    nearest,
    related,
    rule,
    same_namespace,
    scalers,
)

_METRICS_ANNOTATION = "autoscaling.alpha.kubernetes.io/metrics"
_REQUESTS = ("cpu", "memory")
# Kubernetes reads YAML 1.1, in which a bare Off is false.
_OFF = ("Off", "false")

_Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Share:
    """A metric that is a percentage of what the pods, or one of their containers, request."""

    node: Node
    resource: str
    container: str


def _shares(scaler: Scaler) -> Iterator[_Share]:
    return _of_triggers(scaler) if scaler.keda else _of_metrics(scaler.resource)


def _of_triggers(scaler: Scaler) -> Iterator[_Share]:
    for trigger in scaler.resource.get("spec", "triggers").items():
        kind, metadata = trigger.get("type").text(), trigger.get("metadata")
        # ``metadata.type`` is how the metric type was written before KEDA 2.7.
        metric = trigger.get("metricType").text() or metadata.get("type").text()
        if kind in _REQUESTS and metric != "AverageValue":
            yield _Share(trigger, kind, metadata.get("containerName").text())


def _of_metrics(autoscaler: Resource) -> Iterator[_Share]:
    """In all versions of the API; without any metric it asks for 80 % of the CPU."""
    spec = autoscaler.get("spec")
    metrics, percentage = spec.get("metrics"), spec.get("targetCPUUtilizationPercentage")
    if percentage.present:
        yield _Share(percentage, "cpu", "")
    elif not metrics and _METRICS_ANNOTATION not in autoscaler.annotations:
        yield _Share(spec, "cpu", "")
    for metric in metrics.items():
        kind = metric.get("type").text()
        source = metric.get("resource" if kind == "Resource" else "containerResource")
        target = source.get("target")
        if kind in ("Resource", "ContainerResource") and (
            target.get("type").text() == "Utilization"
            or target.get("averageUtilization").present
            or source.get("targetAverageUtilization").present
        ):
            yield _Share(metric, source.get("name").text(), source.get("container").text())


def _by_target(inventory: Inventory) -> dict[_Name, dict[_Name, list[Scaler]]]:
    """The autoscalers of each target by their own name: files of one name are one object."""
    found: dict[_Name, dict[_Name, list[Scaler]]] = defaultdict(lambda: defaultdict(list))
    for scaler in scalers(inventory):
        resource = scaler.resource
        name = (resource.kind, same_namespace(resource.namespace), resource.name)
        found[scaler.key()][name].append(scaler)
    return found


def _containers(target: Resource | None) -> list[str]:
    """The containers whose requests add up to the pod's; none when the scan does not hold it."""
    if target is None or target.kind not in WORKLOAD_KINDS:
        return []
    return [c.get("name").text() for c in Workload(target).containers if c.role != "init"]


def _changes(policies: dict[str, Node], containers: list[str], share: _Share) -> bool:
    """Whether the policies leave to the VPA a request that the metric is a percentage of."""
    named = [share.container] if share.container else containers
    if named:
        return any(_controls(policies, name, share.resource) for name in named)
    named = [name for name in policies if name != "*"]
    if any(_controls(policies, name, share.resource) for name in named):
        return True
    others = _controls(policies, "*", share.resource)
    if others and named:
        raise UnknownValue("which containers its target has is not in this scan")
    return others


def _controls(policies: dict[str, Node], container: str, resource: str) -> bool:
    """By the container's own policy, or that of ``*``; without one both requests are controlled.

    https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/api.md
    """
    policy = policies.get(container, policies.get("*"))
    if policy is None:
        return True
    if policy.get("mode").text() in _OFF:
        return False
    controlled = policy.get("controlledResources")
    return not controlled.present or any(name.text() == resource for name in controlled.items())


@rule(
    id="CAP017",
    title="VerticalPodAutoscaler changes the request that an autoscaler scales by",
    group="scaling",
    kinds=["autoscaling.k8s.io/VerticalPodAutoscaler"],
    references=[
        "https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/known-limitations.md",
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
    ],
)
def hpa_vpa_conflict(vertical: Resource, inventory: Inventory) -> Iterator[Problem]:
    # Absent it is Auto or, in later versions, Recreate: both apply what they recommend.
    if vertical.get("spec", "updatePolicy", "updateMode").text() in _OFF:
        raise NotApplicable("it only recommends")
    target = vertical.get("spec", "targetRef")
    kind = kubernetes_kind(target.get("apiVersion").text(), target.get("kind").text())
    name = target.get("name").text()
    pods = inventory.named(kind, vertical.namespace, name, near=vertical.path)
    policies = {
        policy.get("containerName").text("*"): policy
        for policy in vertical.get("spec", "resourcePolicy", "containerPolicies").items()
    }
    key = (kind, same_namespace(vertical.namespace), name)
    found = inventory.index(_by_target).get(key, {}) if name else {}
    for copies in found.values():
        scaler = nearest(copies, vertical.path, lambda copy: copy.resource.path)
        # One that stands nearer to another workload of the name is of another environment.
        if scaler is not None and _target(inventory, scaler) is pods:
            yield from _conflict(vertical, scaler, policies, _containers(pods))
    if not found:
        raise NotApplicable("no autoscaler of the scan has the same target")


def _target(inventory: Inventory, scaler: Scaler) -> Resource | None:
    resource = scaler.resource
    return inventory.named(
        scaler.target_kind, resource.namespace, scaler.target_name, near=resource.path
    )


def _conflict(
    vertical: Resource, scaler: Scaler, policies: dict[str, Node], containers: list[str]
) -> Iterator[Problem]:
    other = scaler.resource
    shares = (share for share in _shares(scaler) if share.resource in _REQUESTS)
    share = next((share for share in shares if _changes(policies, containers, share)), None)
    if share is None:
        return
    named = vertical.namespace and other.namespace
    if not (named or related(vertical.path, other.path)):
        raise UnknownValue(f"{other.address} may be that of another place: {other.path}")
    yield Problem(
        vertical.get("spec", "updatePolicy", "updateMode"),
        f"it changes the {share.resource} request that {other.address} scales by",
        ((share.node, "this measures a percentage of the request"),),
    )
