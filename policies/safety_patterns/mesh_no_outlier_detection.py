"""With several replicas behind a host, Istio can leave out the one that fails, if told to."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    replica_floor,
    rule,
    same_namespace,
    service_of_host,
    together,
    workloads_behind,
)

_KIND = "networking.istio.io/DestinationRule"


@rule(
    id="SAF067",
    title="mesh keeps sending to a replica that fails: no outlier detection",
    group="advice",
    kinds=[_KIND],
    references=[
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
        "https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/failover/",
    ],
)
def mesh_no_outlier_detection(policy: Resource, inventory: Inventory) -> Iterator[Problem]:
    if policy.get("spec", "workloadSelector").present:
        raise NotApplicable("it is the view of some clients only")
    traffic = list(_traffic_policies(policy))
    detections = [t.get("outlierDetection") for t in traffic if t.get("outlierDetection").present]
    for node in filter(_is_off, detections):
        yield Problem(
            node.get("consecutive5xxErrors"),
            "consecutive5xxErrors of 0 switches the detection off, and no other error counts",
        )
    if detections:
        return
    host = policy.get("spec", "host").text()
    meant = service_of_host(host, policy.namespace)
    # Istio merges the rules of one host, so that another may detect for this one.
    for other in inventory.index(_detecting).get(meant or ("", ""), ()):
        raise UnknownValue(f"{other.address} of the same host sets outlierDetection")
    failover = next((node for t in traffic for node in _failovers(t)), None)
    if failover is not None:
        yield Problem(
            failover,
            f"failover of '{host}' never happens: without outlierDetection Istio ignores it",
        )
        return
    if meant is None:
        raise NotApplicable(f"'{host}' is no Service of the cluster")
    pods, origin = _pods_behind(policy, meant, inventory)
    if pods < 2:
        raise NotApplicable(f"'{meant[1]}' is kept at {pods} replica{'' if pods == 1 else 's'}")
    yield Problem(
        policy.get("spec", "trafficPolicy"),
        f"no outlierDetection: one failing pod of the {pods} of '{meant[1]}' still gets its share",
        ((origin, f"at least {pods} replicas"),),
    )


def _traffic_policies(policy: Resource) -> Iterator[Node]:
    spec = policy.get("spec")
    owners = (spec, *spec.get("subsets").items())
    for traffic in (owner.get("trafficPolicy") for owner in owners):
        yield traffic
        yield from traffic.get("portLevelSettings").items()


def _is_off(detection: Node) -> bool:
    """5 server errors in a row are the default; errors of the gateway and the network are not."""
    errors = detection.get("consecutive5xxErrors")
    if not errors.present or errors.number() > 0:
        return False
    return not (
        detection.get("consecutiveGatewayErrors").number() > 0
        or detection.get("consecutiveErrors").number() > 0
        or detection.get("splitExternalLocalOriginErrors").flag()
    )


def _failovers(traffic: Node) -> Iterator[Node]:
    setting = traffic.get("loadBalancer", "localityLbSetting")
    if setting.get("enabled").flag(default=True):
        yield from (n for n in map(setting.get, ("failover", "failoverPriority")) if n)


def _pods_behind(
    policy: Resource, meant: tuple[str, str], inventory: Inventory
) -> tuple[int, Node]:
    """The least number of pods behind the host, and where that is said."""
    service = inventory.named("Service", *meant, policy.path)
    if service is None:
        raise UnknownValue(f"Service '{meant[1]}' is not in this scan, nor are its replicas")
    if not same_namespace(service.namespace) and not together(service, policy):
        raise UnknownValue(f"Service '{meant[1]}' of another folder may or may not be the one")
    workloads = workloads_behind(inventory, service)
    if not workloads:
        raise UnknownValue(f"no workload of this scan stands behind Service '{meant[1]}'")
    floors: dict[tuple[str, str], tuple[int, Node]] = {}
    for workload in workloads:
        key, floor = (workload.kind, workload.name), _floor(workload, inventory)
        if floors.setdefault(key, floor)[0] != floor[0]:
            raise UnknownValue(f"several files declare {workload.address} with other replicas")
    return sum(n for n, _ in floors.values()), max(floors.values(), key=lambda floor: floor[0])[1]


def _floor(workload: Workload, inventory: Inventory) -> tuple[int, Node]:
    if workload.kind not in SCALABLE:
        raise UnknownValue(f"no file says how many pods {workload.address} has")
    return replica_floor(inventory, workload)


def _detecting(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = {}
    for policy in inventory.of_kind(_KIND):
        meant = service_of_host(policy.get("spec", "host").identity(), policy.namespace)
        if meant and policy.get("spec", "trafficPolicy", "outlierDetection").value is not None:
            found.setdefault(meant, []).append(policy)
    return found
