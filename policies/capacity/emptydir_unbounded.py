"""A folder in memory needs a bound of its own, or one container fills the node's memory with it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Container,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Workload,
    effective_limit,
    quantity,
    rule,
)


@rule(
    id="CAP026",
    title="emptyDir can grow until its node has nothing left",
    group="advice",
    kinds=WORKLOAD_KINDS,
    references=[
        "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    ],
)
def emptydir_unbounded(
    workload: Workload, inventory: Inventory, *, disk: bool = False
) -> Iterator[Problem]:
    asked = False
    for volume in workload.pod.get("volumes").items():
        folder = volume.get("emptyDir")
        medium = folder.get("medium").text()
        if not folder.present or medium not in (("Memory", "") if disk else ("Memory",)):
            continue
        asked = True
        # The kubelet takes a limit of 0 for none.
        if quantity(folder.get("sizeLimit")) > 0:
            continue
        check = _in_memory if medium else _on_disk
        yield from check(volume, workload, inventory)
    if not asked:
        raise NotApplicable("it has no emptyDir" if disk else "it has no emptyDir in memory")


def _in_memory(volume: Node, workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    """What is written there counts as memory of the container that writes it."""
    name = volume.get("name").text()
    for container in _writers(workload, name):
        if quantity(effective_limit(inventory, container, "memory")) == 0:
            yield Problem(
                volume.get("emptyDir", "sizeLimit"),
                f"emptyDir '{name}' is in memory without sizeLimit, and container"
                f" '{container.name}' has no memory limit",
                ((container.get("name"), "this container writes to it"),),
            )
            return


def _on_disk(volume: Node, workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    """The kubelet holds the pod's emptyDirs to the sum of the limits of its containers."""
    name = volume.get("name").text()
    limits = (effective_limit(inventory, c, "ephemeral-storage") for c in workload.containers)
    if _writers(workload, name) and not any(quantity(limit) > 0 for limit in limits):
        yield Problem(
            volume.get("emptyDir", "sizeLimit"),
            f"emptyDir '{name}' has no sizeLimit, and the pod no ephemeral-storage limit",
        )


def _writers(workload: Workload, volume: str) -> list[Container]:
    """Those that run on; an init container has an end, and so has what it writes."""
    return [c for c in workload.containers if c.role != "init" and _writes(c, volume)]


def _writes(container: Container, volume: str) -> bool:
    return any(
        mount.get("name").text() == volume and not mount.get("readOnly").flag()
        for mount in container.get("volumeMounts").items()
    )
