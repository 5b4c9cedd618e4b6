"""A metric of one container needs a container of that name in the pods it is taken from."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    Workload,
    counted_by,
    rule,
    scaler_made_by,
)

# What admission webhooks add to pods whose manifest does not say so.
INJECTED = frozenset(
    {
        *("consul-dataplane", "daprd", "envoy", "envoy-sidecar", "istio-proxy", "jaeger-agent"),
        *("kuma-sidecar", "linkerd-proxy", "otc-container", "vault-agent"),
    }
)


def _names(scaler: Scaler) -> Iterator[Node]:
    """Where the autoscaler names the container whose usage it measures."""
    if scaler.keda:
        for trigger in scaler.resource.get("spec", "triggers").items():
            name = trigger.get("metadata", "containerName")
            if trigger.get("type").text() in ("cpu", "memory") and name.text():
                yield name
        return
    for metric in scaler.resource.get("spec", "metrics").items():
        if metric.get("type").text() == "ContainerResource":
            yield metric.get("containerResource", "container")


def _roles(workload: Workload) -> dict[str, str]:
    """The role of each container, by its name; raises when one is unknown."""
    for field in ("containers", "initContainers"):
        list(workload.pod.get(field).items())
    if not workload.app_containers:
        raise UnknownValue(f"{workload.address} declares no containers")
    return {c.get("name").text(): c.role for c in workload.containers}


def _injects(workload: Workload) -> str:
    """A label or annotation of its pods that asks a webhook for a container, or nothing."""
    for key, value in {**workload.labels, **workload.annotations}.items():
        if "inject" in key and value.lower() not in ("false", "disabled"):
            return key
    return ""


@rule(
    id="CAP014",
    title="autoscaler measures a container that its target does not have",
    group="scaling",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#container-resource-metrics",
        "https://keda.sh/docs/latest/scalers/cpu/",
    ],
)
def hpa_container_missing(autoscaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    names = list(_names(scaler))
    if not names:
        raise NotApplicable("no metric is of one container")
    workload = counted_by(inventory, scaler)
    roles = _roles(workload)
    for name in names:
        wanted = name.text()
        if not wanted:
            yield Problem(name, "the metric of one container names none")
            continue
        role = roles.get(wanted)
        if role == "init":
            yield Problem(name, f"'{wanted}' of {workload.address} ends before the pod serves")
        if role is not None:
            continue
        if wanted in INJECTED:
            raise UnknownValue(f"'{wanted}' is a container that webhooks add to pods")
        injector = _injects(workload)
        if injector:
            raise UnknownValue(f"'{injector}' has a webhook add containers to the pods")
        unread = inventory.unread(near=workload.resource.path)
        if unread is not None:
            raise UnknownValue(f"{unread}: it may add containers to {workload.address}")
        yield Problem(
            name,
            f"{workload.address} has no container '{wanted}'",
            ((workload.pod.get("containers"), f"it has {', '.join(map(repr, roles))}"),),
        )
