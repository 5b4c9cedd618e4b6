"""The system pool of an AKS cluster has two nodes at least."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_CLUSTER = "azurerm_kubernetes_cluster"
_POOL = "azurerm_kubernetes_cluster_node_pool"
# The second name is that of the provider before version 4.
_SCALING = ("auto_scaling_enabled", "enable_auto_scaling")


@rule(
    id="CAP054",
    title="AKS cluster may run its system pods on a single node",
    group="resilience",
    kinds=[_CLUSTER],
    references=[
        "https://learn.microsoft.com/en-us/azure/aks/use-system-pools",
    ],
)
def aks_node_min(cluster: Resource, inventory: Inventory, *, minimum: int = 2) -> Iterator[Problem]:
    pool = cluster.get("default_node_pool", 0)
    nodes = _nodes(pool)
    least = nodes.number()
    if least >= minimum:
        return
    for other in inventory.referrers(cluster, _POOL):
        if other.get("mode").text() == "System":
            if other.address.endswith("[*]"):
                raise UnknownValue(f"whether there is {other.address} is not known")
            least += _nodes(other.node).number()
    if least >= minimum:
        return
    if nodes.path[-1] == "node_count" and cluster.ignores_changes("default_node_pool"):
        raise UnknownValue("its lifecycle.ignore_changes leaves the number of nodes to others")
    yield Problem(nodes, f"{nodes.path[-1]} is {nodes.text()}: DNS and ingress go with that node")


def _nodes(pool: Node) -> Node:
    """The number of nodes that a pool has at least."""
    scales = any(pool.get(name).flag() for name in _SCALING)
    nodes = pool.get("min_count" if scales else "node_count")
    if not nodes.present:
        raise UnknownValue(f"it does not say {nodes.path[-1]}")
    return nodes
