"""Pods belong to one controller, and to Services that they can answer."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    Workload,
    callers_of,
    label_selector,
    rule,
    same_namespace,
    workloads_behind,
)

_JOBS = frozenset({"Job", "CronJob"})


@rule(
    id="SAF029",
    title="selector matches pods of another workload too",
    group="weakness",
    kinds=SERVING | _JOBS,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
        "https://kubernetes.io/docs/concepts/services-networking/service/",
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    ],
)
def selector_overlap(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    if _owned(workload):
        raise NotApplicable("another object made it and owns it")
    if _off(workload):
        raise NotApplicable("it is switched off: replicas is 0")
    if workload.kind in SERVING:
        yield from _controllers(workload, inventory)
    services = [s for s in callers_of(inventory, workload) if _spreads_requests(s)]
    if workload.kind in _JOBS and not services:
        raise NotApplicable("no Service selects its pods")
    for service in services:
        yield from _strangers(workload, service, inventory)


def _selector(workload: Workload) -> Selector | None:
    node = workload.get("spec", "selector")
    if workload.kind in ("ReplicationController", "apps.openshift.io/DeploymentConfig"):
        node = Node({"matchLabels": node.value}, node.path, node.origin)
    return label_selector(node)


def _selects(workload: Workload, other: Workload) -> bool:
    selector = _selector(workload)
    return selector is not None and selector.matches(other.labels)


def _controllers(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    """The workload's selector against the pods of all others."""
    selector = _selector(workload)
    if selector is None:
        return
    others = [other for other in _matched(workload, selector, inventory) if not _off(other)]
    # One file is applied as a whole. The files of one folder may be alternatives, and one
    # namespace may be in several clusters.
    path = workload.resource.path
    sure = [other for other in others if other.resource.path == path]
    if any(other.address < workload.address and _selects(other, workload) for other in sure):
        return  # told of the other one
    if sure:
        more = f" and {len(sure) - 1} more" if len(sure) > 1 else ""
        yield Problem(
            workload.get("spec", "selector"),
            f"selector matches the pods of {sure[0].address}{more} too",
            tuple((_labels(other), "these pods are matched too") for other in sure[:3]),
        )
        return
    named = bool(same_namespace(workload.namespace))
    for other in others:
        if named or other.resource.folder == _folder(path):
            raise UnknownValue(
                f"it selects the pods of {other.address} in {other.resource.path} too, if both"
                " are applied to one cluster and namespace"
            )


def _matched(workload: Workload, selector: Selector, inventory: Inventory) -> list[Workload]:
    """Other workloads, not copies of this one, whose pods the selector matches."""
    index = inventory.index(_by_label)
    namespace = same_namespace(workload.namespace)
    candidates = [
        [other for value in values for other in index.get((namespace, key, value), ())]
        for key, values in selector.required_pairs()
    ]
    return [
        other
        for other in min(candidates, key=len, default=[])
        if (other.kind, other.name) != (workload.kind, workload.name)
        and selector.matches(other.labels)
    ]


def _by_label(inventory: Inventory) -> dict[tuple[str, str, str], list[Workload]]:
    found: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
    for workload in inventory.workloads:
        if workload.kind not in SERVING:
            continue
        try:
            labels = {} if _owned(workload) else workload.labels
        except UnknownValue:
            continue
        for pair in labels.items():
            found[same_namespace(workload.namespace), *pair].append(workload)
    return found


def _strangers(workload: Workload, service: Resource, inventory: Inventory) -> Iterator[Problem]:
    """Whether the Service sends the pods requests for a port that only others of its pods serve."""
    wanted, own = _target_numbers(service), _ports(workload)
    if not wanted or not wanted.isdisjoint(own):
        return
    meant = [
        other
        for other in workloads_behind(inventory, service)
        if other is not workload and not wanted.isdisjoint(_ports(other))
    ]
    if not meant or not _is_stranger(workload, own, meant):
        return
    if workload.resource.folder != service.folder:
        raise UnknownValue(f"{service.address} in {service.path} matches its pods, if both meet")
    port = min(wanted & _ports(meant[0]))
    yield Problem(
        _labels(workload),
        f"Service '{service.name}' sends these pods requests for port {port}, which they do not"
        " serve",
        (
            (service.get("spec", "selector"), "this selector matches them"),
            (_labels(meant[0]), "and these pods, which serve it"),
        ),
    )


def _is_stranger(workload: Workload, own: set[str], meant: list[Workload]) -> bool:
    """Jobs seldom say what they serve; others do when they declare ports, and other images."""
    if workload.kind in _JOBS:
        return all(c.probe("readiness") is None for c in workload.app_containers)
    return bool(own) and _images(workload).isdisjoint(set().union(*map(_images, meant)))


def _spreads_requests(service: Resource) -> bool:
    """A headless Service only lists its pods: members of a cluster find each other by it."""
    return service.get("spec", "clusterIP").text() != "None"


def _target_numbers(service: Resource) -> set[str]:
    """The ports that it sends to by number; a pod without a port of the name gets nothing."""
    ports = service.get("spec", "ports").items()
    targets = {port.get("targetPort").text() or port.get("port").text() for port in ports}
    return {target for target in targets if target.isdigit()}


def _ports(workload: Workload) -> set[str]:
    containers = (c for c in workload.containers if c.role != "init")
    return {port.get("containerPort").text() for c in containers for port in c.ports}


def _images(workload: Workload) -> set[str]:
    return {container.image.full_name for container in workload.app_containers}


def _owned(workload: Workload) -> bool:
    return bool(workload.get("metadata", "ownerReferences"))


def _off(workload: Workload) -> bool:
    replicas = workload.get("spec", "replicas")
    return replicas.known and replicas.value == 0


def _labels(workload: Workload) -> Node:
    return workload.template.get("metadata", "labels")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
