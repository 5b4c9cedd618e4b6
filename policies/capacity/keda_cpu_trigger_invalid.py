"""KEDA turns away a CPU or memory trigger that has nothing to measure by, or nothing to wake it."""

from collections.abc import Iterator

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

_USAGE = ("cpu", "memory")


def _is_share(trigger: Node) -> bool:
    """Whether it is a percentage of the request; ``metadata.type`` says so before KEDA 2.7.

    https://keda.sh/docs/latest/scalers/cpu/
    """
    metric = trigger.get("metricType").text() or trigger.get("metadata", "type").text()
    return metric != "AverageValue"


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
    scaler = scaler_made_by(inventory, scaled)
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
    workload = counted_by(inventory, scaler)
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
