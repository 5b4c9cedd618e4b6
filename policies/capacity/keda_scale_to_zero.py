"""What users call directly cannot be scaled to zero: nothing holds their request until it is up."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    Workload,
    counted_by,
    nearest_exposure,
    rule,
    same_namespace,
    scaler_made_by,
)

_HTTP = "http.keda.sh/HTTPScaledObject"
# Triggers that measure running pods, and cannot start the first: keda-cpu-trigger-invalid asks.
_USAGE = {"cpu", "memory"}
_PAUSES = ("paused", "paused-replicas", "paused-scale-in")


@rule(
    id="CAP034",
    title="KEDA scales what users call to zero pods",
    group="scaling",
    kinds=["keda.sh/ScaledObject"],
    references=[
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#minreplicacount",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#idlereplicacount",
        "https://keda.sh/docs/latest/concepts/scaling-deployments/",
    ],
)
def keda_scale_to_zero(scaled: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, scaled)
    idle = scaled.get("spec", "idleReplicaCount")
    to_zero = idle if idle.present else scaler.minimum
    # https://keda.sh/docs/latest/reference/scaledobject-spec/#minreplicacount: 0 by default
    if to_zero.number(0) > 0:
        return
    kinds = {trigger.get("type").text() for trigger in scaled.get("spec", "triggers").items()}
    if not kinds:
        raise UnknownValue("it lists no triggers: it is a part of a manifest")
    if kinds <= _USAGE:
        raise NotApplicable("keda-cpu-trigger-invalid asks about triggers of CPU and memory only")
    if kinds == {"cron"} and to_zero.present:
        raise NotApplicable("a schedule switches it off on purpose")
    if any(scaled.get("metadata", "annotations", f"autoscaling.keda.sh/{p}") for p in _PAUSES):
        raise NotApplicable("it is paused: keda-no-fallback tells of that")
    if _behind_interceptor(scaler, inventory):
        raise NotApplicable("KEDA's HTTP add-on holds requests until the first pod is up")
    exposure = nearest_exposure(inventory, _target(scaler, inventory))
    if exposure is None:
        raise NotApplicable("nobody from outside of the cluster calls it, as far as the scan shows")
    default = "" if to_zero.present else ", the default,"
    yield Problem(
        to_zero,
        f"{to_zero.path[-1]} is 0{default} but {exposure.by.address} sends users there",
        ((exposure.by.node, "the way in"),),
    )


def _behind_interceptor(scaler: Scaler, inventory: Inventory) -> bool:
    """The add-on makes a ScaledObject from its own object, with itself as the trigger."""
    for trigger in scaler.resource.get("spec", "triggers").items():
        address = trigger.get("metadata", "scalerAddress").text()
        if trigger.get("type").text() == "external-push" and "http" in address:
            return True
    key = (same_namespace(scaler.resource.namespace), scaler.target_name)
    return key in inventory.index(_intercepted)


def _intercepted(inventory: Inventory) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for resource in inventory.of_kind(_HTTP):
        target = resource.get("spec", "scaleTargetRef")
        for field in ("name", "deployment"):
            found.add((same_namespace(resource.namespace), target.get(field).identity()))
    return found


def _target(scaler: Scaler, inventory: Inventory) -> Workload:
    found = counted_by(inventory, scaler).resource
    # Relations are indexed by the workloads of the inventory.
    workload = inventory.index(_workloads).get(found)
    if workload is None:
        raise NotApplicable("its target runs nothing that does any work")
    return workload


def _workloads(inventory: Inventory) -> dict[Resource, Workload]:
    return {workload.resource: workload for workload in inventory.workloads}
