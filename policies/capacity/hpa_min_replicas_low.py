"""An autoscaler must not shrink what serves to one pod, wherever its target is declared."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    scaler_made_by,
)


def _by_kind_and_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(*sorted(SCALABLE)):
        found[resource.kind, resource.name].append(resource)
    return found


@rule(
    id="CAP012",
    title="autoscaler may shrink its target to a single pod",
    group="advice",
    kinds=["HorizontalPodAutoscaler"],
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ],
    aliases=[
        "kube-linter:hpa-minimum-three-replicas",
        "kube-score:horizontalpodautoscaler-replicas",
        "polaris:hpaMinAvailability",
    ],
)
def hpa_min_replicas_low(
    autoscaler: Resource, inventory: Inventory, *, minimum: int = 2
) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    name = scaler.target.get("name").text()
    kind = scaler.target.get("kind").text()
    if not name:
        raise UnknownValue("it names no target: it is a part of a manifest")
    floor = scaler.floor()
    if floor >= minimum:
        return
    if floor <= 0:
        raise NotApplicable("it is meant to scale to zero")
    if scaler.target_kind not in SCALABLE:
        raise NotApplicable(f"what one replica of a '{kind}' means is for its controller to say")
    if inventory.named(scaler.target_kind, autoscaler.namespace, name) is not None:
        # That rule knows whether anybody waits for an answer of the pods.
        raise NotApplicable("its target is in this scan: replicas-too-few asks about it")
    for namesake in inventory.index(_by_kind_and_name).get((scaler.target_kind, name), ()):
        if not (autoscaler.namespace and namesake.namespace):
            raise UnknownValue(f"only one of it and {namesake.address} names its namespace")
    default = "" if scaler.minimum.present else " by default"
    yield Problem(scaler.minimum, f"minReplicas is {floor}{default}, less than {minimum}")
