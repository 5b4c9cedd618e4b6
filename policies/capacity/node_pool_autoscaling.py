"""A Kubernetes cluster gets more nodes when its pods need them."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    names_karpenter,
    rule,
)

_EKS, _GKE = "aws_eks_cluster", "google_container_cluster"
_AKS, _AKS_POOL = "azurerm_kubernetes_cluster", "azurerm_kubernetes_cluster_node_pool"
# The attribute that names the cluster of a pool; the cluster of Azure holds its first pool.
_POOLS = {
    _AKS: ("", _AKS),
    _AKS_POOL: ("kubernetes_cluster_id", _AKS),
    "aws_eks_node_group": ("cluster_name", _EKS),
    "google_container_node_pool": ("cluster", _GKE),
}
_ACCELERATED = re.compile(r"a[2-4]-|ct\d|(?:dl|g|gr|inf|p|trn)\d|Standard_N[CDV]")
_KARPENTER = ("karpenter.sh/NodePool", "karpenter.sh/Provisioner")


@rule(
    id="CAP067",
    title="no node pool of the cluster can grow",
    group="weakness",
    kinds=_POOLS,
    references=[
        "https://docs.aws.amazon.com/eks/latest/userguide/autoscaling.html",
        "https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler",
        "https://learn.microsoft.com/en-us/azure/aks/cluster-autoscaler-overview",
    ],
)
def node_pool_autoscaling(pool: Resource, inventory: Inventory) -> Iterator[Problem]:
    at, flaw = _why_fixed(pool)
    if not flaw:
        return
    if _accelerated(pool):
        raise NotApplicable("its accelerators are bought by number")
    others = inventory.index(_pools)[_cluster_key(pool)]
    if pool.kind == _AKS:  # other instances of it are clusters of their own
        others = [other for other in others if other is pool or other.kind != _AKS]
    doubt: UnknownValue | None = None
    for other in others:
        try:
            grows = not _why_fixed(other)[1]
        except UnknownValue as unknown:
            doubt = unknown
            continue
        if grows:
            raise NotApplicable(f"{other.address} of the same cluster can grow")
    if doubt is not None:
        raise doubt
    _raise_if_nodes_come_otherwise(pool, inventory)
    told = next(other for other in others if not _accelerated(other))
    if told is not pool:
        raise NotApplicable(f"{told.address} is told of, in the same cluster")
    yield Problem(at, flaw)


def _accelerated(pool: Resource) -> bool:
    """Whether its nodes have graphics or tensor processors, which nobody has in reserve."""
    sizes = [pool.get("node_config", 0, "machine_type"), pool.get("vm_size")]
    sizes += [pool.get("default_node_pool", 0, "vm_size"), pool.get("instance_types", 0)]
    return any(_ACCELERATED.match(size.identity()) for size in sizes)


def _why_fixed(pool: Resource) -> tuple[Node, str]:
    """Where a pool says that it cannot grow, and what it says; nothing when it can."""
    if pool.kind == "aws_eks_node_group":
        scaling = pool.get("scaling_config", 0)
        least, most = scaling.get("min_size"), scaling.get("max_size")
        return most, _no_room(least, most, "max_size and min_size are both")
    if pool.kind == "google_container_node_pool":
        return _why_fixed_on_google(pool)
    own = pool.get("default_node_pool", 0) if pool.kind == _AKS else pool.node
    # Its name in version 4 of the provider, and in version 3.
    names = ("auto_scaling_enabled", "enable_auto_scaling")
    enabled = next((own.get(name) for name in names if own.get(name).present), own.get(names[0]))
    if not enabled.flag():
        return enabled, f"auto_scaling_enabled is {'false' if enabled.present else 'not set'}"
    least, most = own.get("min_count"), own.get("max_count")
    return most, _no_room(least, most, "max_count and min_count are both")


def _why_fixed_on_google(pool: Resource) -> tuple[Node, str]:
    scaling = pool.get("autoscaling", 0)
    if not scaling.present:
        return scaling, "it has no autoscaling block: its number of nodes is fixed"
    for prefix in ("", "total_"):
        most = scaling.get(f"{prefix}max_node_count")
        if most.present:
            least = scaling.get(f"{prefix}min_node_count")
            names = f"{prefix}max_node_count and {prefix}min_node_count are both"
            return most, _no_room(least, most, names)
    raise UnknownValue("the autoscaling block gives no maximum")


def _no_room(least: Node, most: Node, names: str) -> str:
    return "" if most.number() > least.number() else f"{names} {most.number():g}: it cannot grow"


def _cluster_key(pool: Resource) -> tuple[str, str]:
    """The address of its cluster, or the name of one that stands elsewhere."""
    attribute, kind = _POOLS[pool.kind]
    if not attribute:  # pools name a cluster without the key of its instance
        return pool.scope, pool.unkeyed
    for target in pool.named_at(attribute):
        if f"{kind}." in target:
            return pool.scope, target
    return pool.scope, pool.get(attribute).identity()


def _pools(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for pool in inventory.of_kind(*_POOLS):
        found[_cluster_key(pool)].append(pool)
    return found


def _raise_if_nodes_come_otherwise(pool: Resource, inventory: Inventory) -> None:
    attribute, kind = _POOLS[pool.kind]
    clusters = inventory.references(pool, kind) if attribute else [pool]
    if not clusters:
        raise UnknownValue("its cluster is not in this scan, and may have other pools")
    for cluster in clusters:
        if cluster.get("cluster_autoscaling", 0, "enabled").flag():
            raise NotApplicable("its cluster makes node pools as it needs them")
        if any(part.get("autoscaling", 0).present for part in cluster.get("node_pool").items()):
            raise NotApplicable("a pool that its cluster declares can grow")
        if cluster.get("compute_config", 0, "enabled").flag():
            raise NotApplicable("its cluster is in Auto Mode, which adds nodes")
        if cluster.get("node_provisioning_profile", 0, "mode").text() == "Auto":
            raise NotApplicable("its cluster makes nodes as it needs them")
        if inventory.referrers(cluster, "aws_eks_fargate_profile"):
            raise NotApplicable("its cluster runs pods on Fargate too")
        expect_no_module(cluster, inventory, "may add nodes")
    if kind == _EKS:
        other = inventory.index(_node_makers).get(pool.scope)
        other = other or next(iter(inventory.of_kind(*_KARPENTER)), None)
        if other is not None:
            raise UnknownValue(f"{other.address} tells of another way to add nodes")


def _node_makers(inventory: Inventory) -> dict[str, Resource]:
    """By scope, something that may give a cluster nodes besides its node groups."""
    found: dict[str, Resource] = {}
    for resource in inventory.resources:
        if resource.source != "terraform" or resource.scope in found:
            continue
        if resource.kind == "aws_autoscaling_group" or names_karpenter(resource):
            found[resource.scope] = resource
    return found
