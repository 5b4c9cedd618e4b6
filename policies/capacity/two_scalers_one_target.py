"""One target, one autoscaler: two of them undo each other's number of replicas."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    rule,
    same_namespace,
    scaler_made_by,
    scalers,
)

_Name = tuple[str, str, str]


def _by_target(inventory: Inventory) -> dict[_Name, dict[_Name, list[Scaler]]]:
    """The autoscalers of each target by their own name: files of one name are one object."""
    found: dict[_Name, dict[_Name, list[Scaler]]] = defaultdict(lambda: defaultdict(list))
    for scaler in scalers(inventory):
        found[scaler.key()][_name(scaler.resource)].append(scaler)
    return found


def _name(resource: Resource) -> _Name:
    return resource.kind, same_namespace(resource.namespace), resource.name


def _is_paused(scaler: Scaler) -> bool:
    """KEDA deletes its own autoscaler for as long as it is paused.

    https://keda.sh/docs/latest/concepts/scaling-deployments/#pausing-autoscaling
    """
    annotations = scaler.resource.annotations if scaler.keda else {}
    paused = annotations.get("autoscaling.keda.sh/paused", "false").lower()
    return "autoscaling.keda.sh/paused-replicas" in annotations or paused != "false"


def _is_own(keda: Scaler, other: Scaler) -> bool:
    """Whether the other is the HorizontalPodAutoscaler that KEDA itself makes, or takes over."""
    if not keda.keda or other.keda:
        return False
    config = keda.resource.get("spec", "advanced", "horizontalPodAutoscalerConfig")
    name = config.get("name").text() or f"keda-hpa-{keda.resource.name}"
    owners = other.resource.get("metadata", "ownerReferences").items()
    return other.resource.name == name or any(
        owner.get("kind").text() == "ScaledObject" for owner in owners
    )


def _target(inventory: Inventory, scaler: Scaler) -> Resource | None:
    near = scaler.resource.path
    return inventory.named(scaler.target_kind, scaler.resource.namespace, scaler.target_name, near)


def _rivals(inventory: Inventory, scaler: Scaler) -> Iterator[Scaler]:
    """Those read before it, so that of two rivals one is told: the second."""
    target = _target(inventory, scaler)
    for name, copies in inventory.index(_by_target)[scaler.key()].items():
        if name == _name(scaler.resource):
            return
        for other in copies:
            own = _is_own(scaler, other) or _is_own(other, scaler)
            # Files that stand nearer to another workload of the name are of another environment.
            if not own and not _is_paused(other) and _target(inventory, other) is target:
                yield other


@rule(
    id="CAP018",
    title="two autoscalers have the same target",
    group="scaling",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
        "https://keda.sh/docs/latest/concepts/scaling-deployments/",
    ],
)
def two_scalers_one_target(autoscaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    name = scaler.target.get("name").text()
    kind = scaler.target.get("kind").text("Deployment")
    if not name:
        raise UnknownValue("it names no target: it is a part of a manifest")
    if _is_paused(scaler):
        raise NotApplicable("it is paused")
    doubt = ""
    for other in _rivals(inventory, scaler):
        resource = other.resource
        # Files without a namespace may be alternatives, of which somebody applies one.
        named = autoscaler.namespace and resource.namespace
        if named or autoscaler.path == resource.path:
            yield Problem(
                scaler.target,
                f"{resource.address} has the same target, {kind}/{name}",
                ((other.target, "this one scales it too"),),
            )
            return
        doubt = f"{resource.path} may be an alternative to it: {resource.address} scales {name} too"
    if doubt:
        raise UnknownValue(doubt)
