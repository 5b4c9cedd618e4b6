"""A pod whose volume or mount leads to nothing is refused, or waits forever to be started."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    configuration_of,
    flaws_of,
    rule,
)

_DECLARED = ("ConfigMap", "PersistentVolumeClaim", "Secret")


@rule(
    id="SAF059",
    title="volume or mount names something that is not there",
    group="availability",
    references=[
        "https://kubernetes.io/docs/concepts/storage/volumes/",
        "https://kubernetes.io/docs/concepts/storage/projected-volumes/",
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#volumes",
    ],
)
def volume_ref_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    uses = [use for use in configuration_of(workload) if use.how in ("volume", "projected")]
    mounts = [
        mount
        for container in workload.containers
        for field in ("volumeMounts", "volumeDevices")
        for mount in container.get(field).items()
    ]
    if not mounts and not any(not use.optional for use in uses):
        raise NotApplicable("its pods mount nothing")
    names = _volumes(workload)
    for mount in mounts:
        name = mount.get("name").text()
        if name and name not in names:
            _doubt_parts(workload, inventory)
            some = ", ".join(f"'{known}'" for known in sorted(names)[:3]) or "none at all"
            yield Problem(
                mount.get("name"),
                f"the pod has no volume '{name}': it has {some}",
                ((workload.pod.get("volumes"), "the volumes of the pod"),),
            )
    for flaw in flaws_of(inventory, uses):
        # Of those that an operator makes, secret-ref-produced asks.
        if flaw.maker.kind in _DECLARED:
            yield Problem(flaw.node, flaw.message, flaw.related)


def _volumes(workload: Workload) -> set[str]:
    """What may be mounted: volumes, and the claims that a StatefulSet makes for each pod."""
    volumes = {volume.get("name").text() for volume in workload.pod.get("volumes").items()}
    claims = workload.get("spec", "volumeClaimTemplates").items()
    return volumes | {claim.get("metadata", "name").text() for claim in claims}


def _doubt_parts(workload: Workload, inventory: Inventory) -> None:
    """A patch shows a part of a pod only, and a controller may add volumes to its own kind."""
    if workload.kind not in WORKLOAD_KINDS:
        raise UnknownValue(f"the controller of {workload.address} may add volumes")
    if not all(container.get("image").present for container in workload.containers):
        raise UnknownValue("a container names no image: it is a part of a manifest")
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"its volumes may stand in what was not read: {unread}")
