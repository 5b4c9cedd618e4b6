"""An autoscaler needs room between its bounds to scale at all."""

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
    id="CAP013",
    title="autoscaler has no room between its bounds",
    group="weakness",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/",
    ],
    aliases=["polaris:hpaMaxAvailability"],
)
def hpa_min_equals_max(autoscaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    if not scaler.target.present or not (scaler.keda or scaler.maximum.present):
        raise UnknownValue("it lacks required fields: it is a part of a manifest")
    floor, ceiling = scaler.floor(), scaler.ceiling()
    if floor < ceiling:
        return
    if ceiling <= 0:
        raise NotApplicable("it keeps its target switched off")
    least, most = scaler.minimum, scaler.maximum
    at, other = (most, least) if most.present else (least, most)
    related = ((other, "the other bound"),) if other.present else ()
    if floor > ceiling:
        yield Problem(
            at, f"{most.path[-1]} {ceiling} is less than {least.path[-1]} {floor}", related
        )
        return
    if scaler.keda and autoscaler.get("spec", "idleReplicaCount").present:
        raise NotApplicable(f"it switches its target between idle and {ceiling}")
    yield Problem(
        at, f"{least.path[-1]} and {most.path[-1]} are both {ceiling}: it cannot scale", related
    )
