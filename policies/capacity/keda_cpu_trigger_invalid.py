"""KEDA turns away a CPU or memory trigger that has nothing to measure by, or nothing to wake it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    Workload,
    effective_request,
    kubernetes_kind,
    quantity,
    rule,
    scalers,
)

_USAGE = ("cpu", "memory")


def _by_resource(inventory: Inventory) -> dict[Resource, Scaler]:
    return {scaler.resource: scaler for scaler in scalers(inventory)}


def _is_share(trigger: Node) -> bool:
    """Whether it is a percentage of the request; ``metadata.type`` says so before KEDA 2.7.

    https://keda.sh/docs/latest/scalers/cpu/
    """
    metric = trigger.get("metricType").text() or trigger.get("metadata", "type").text()
    return metric != "AverageValue"


def _target(scaler: Scaler, inventory: Inventory) -> Workload:
    scaled = scaler.resource
    wanted = f"{scaler.target.get('kind').text('Deployment')}/{scaler.target.get('name').text()}"
    namespace, near = scaled.namespace, scaled.path
    found = inventory.named(scaler.target_kind, namespace, scaler.target_name, near)
    borrowed = found.get("spec", "workloadRef") if found else None
    if borrowed:
        kind = kubernetes_kind(borrowed.get("apiVersion").text(), borrowed.get("kind").text())
        found = inventory.named(kind, namespace, borrowed.get("name").text(), near)
    if found is None or found.kind not in WORKLOAD_KINDS:
        raise UnknownValue(f"the pods of its target {wanted} are not in this scan")
    return Workload(found)


def _measured(workload: Workload, name: str) -> list[Container]:
    """App containers and native sidecars, as Kubernetes counts them; or only the named one."""
    found = [c for c in workload.containers if c.role != "init" and name in ("", c.name)]
    if not found:
        wanted = f"container '{name}'" if name else "containers"
        raise UnknownValue(f"{workload.address} declares no {wanted}")
    return found


@rule(
    id="CAP020",
    title="CPU or memory trigger of a ScaledObject cannot work",
    group="scaling",
    kinds=["keda.sh/ScaledObject"],
    references=[
        "https://keda.sh/docs/latest/scalers/cpu/",
        "https://keda.sh/docs/latest/scalers/memory/",
    ],
)
def keda_cpu_trigger_invalid(scaled: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = inventory.index(_by_resource)[scaled]
    triggers = [(t.get("type").text(), t) for t in scaled.get("spec", "triggers").items()]
    usage = [(kind, trigger) for kind, trigger in triggers if kind in _USAGE]
    if not usage:
        raise NotApplicable("no trigger measures CPU or memory")
    if len(usage) == len(triggers) and scaler.floor() == 0:
        default = "" if scaler.minimum.present else " by default"
        kinds = " and ".join(dict.fromkeys(kind for kind, _ in usage))
        yield Problem(
            scaler.minimum if scaler.minimum.present else usage[0][1].get("type"),
            f"minReplicaCount is 0{default}, and {kinds} alone cannot start a first pod",
        )
    shares = [(kind, trigger) for kind, trigger in usage if _is_share(trigger)]
    if not shares:
        return
    workload = _target(scaler, inventory)
    for kind, trigger in shares:
        measured = _measured(workload, trigger.get("metadata", "containerName").text())
        requests = [effective_request(inventory, c, kind) for c in measured]
        without = [c for c, request in zip(measured, requests, strict=True) if not request.present]
        if not without and sum(map(quantity, requests)) == 0:
            without = measured
        if without:
            one = f"container '{without[0].name}' of {workload.address} has"
            many = f"{len(without)} containers of {workload.address} have"
            yield Problem(
                trigger.get("type"),
                f"{many if len(without) > 1 else one} no {kind} request to measure by",
                tuple((c.get("resources"), f"no {kind} request") for c in without[:3]),
            )
