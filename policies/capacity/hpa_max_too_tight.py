"""An autoscaler's ceiling should leave room for a peak above its floor."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    scaler_made_by,
)


@rule(
    id="CAP015",
    title="autoscaler may add only few pods to its minimum",
    group="disputed",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/",
    ],
)
def hpa_max_too_tight(
    autoscaler: Resource, inventory: Inventory, *, factor: float = 2.0
) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    if not scaler.target.present or not (scaler.keda or scaler.maximum.present):
        raise UnknownValue("it lacks required fields: it is a part of a manifest")
    floor, ceiling = scaler.floor(), scaler.ceiling()
    if floor >= ceiling:
        raise NotApplicable("it has no room at all: hpa-min-equals-max asks about that")
    if ceiling >= floor * factor:
        return
    least, most = scaler.minimum, scaler.maximum
    default = "" if most.present else " by default"
    wanted = f"{factor:g} times {least.path[-1]} {floor}"
    yield Problem(
        most if most.present else least,
        f"{most.path[-1]} is {ceiling}{default}, less than {wanted}",
        ((least, "the other bound"),) if most.present and least.present else (),
    )
