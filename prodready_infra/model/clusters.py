"""Managed Kubernetes clusters that the scan declares: their nodes, and the release they run.

Read are EKS, GKE and AKS in Terraform, and the ClusterConfig of eksctl.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node, Unknown, is_unknown
from prodready_infra.model.node_groups import (
    AKS,
    CLUSTER_KINDS,
    EKS,
    EKSCTL,
    GKE,
    POOLS,
    NodeGroup,
    attempt,
    expect_own,
    node_groups,
    pools_of,
)
from prodready_infra.model.resource import Resource

# Whatever else may give a cluster nodes, in zones and of sizes that these files do not tell.
_OTHER_NODES = (
    "aws_autoscaling_group",
    "aws_eks_fargate_profile",
    "cloud.google.com/ComputeClass",
    "cluster.x-k8s.io/MachineDeployment",
    "cluster.x-k8s.io/MachinePool",
)
_MAY_BE_A_CLUSTER = re.compile(
    r"(?<![a-z])(?:eks|gke|aks|k8s)(?![a-z])|kubernetes|managedcluster|karpenter|node.?(?:group|pool)",
    re.IGNORECASE,
)
_VERSION = {
    EKS: ("version",),
    GKE: ("min_master_version",),
    AKS: ("kubernetes_version",),
    EKSCTL: ("metadata", "version"),
}
# A number such as 1.30 would be 1.3: no cloud takes it.
_RELEASE = re.compile(r"1\.(\d{2,3})(?:[.-].*)?", re.ASCII)
# With these AKS keeps the minor release.
# https://learn.microsoft.com/en-us/azure/aks/auto-upgrade-cluster
_CHANNELS = ("automatic_upgrade_channel", "automatic_channel_upgrade")
_SAME_MINOR = ("none", "node-image", "patch")


@dataclass(frozen=True, slots=True)
class Release:
    """The minor release of Kubernetes that a cluster runs, and where it is written.

    With ``minimum`` it may be a later one: Google raises what a configuration asks for.
    """

    number: tuple[int, int]
    node: Node
    minimum: bool = False

    def __str__(self) -> str:
        return ".".join(map(str, self.number))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, or what may be one: of that neither the nodes nor the release are known.

    ``nodes`` are its node groups, one at least. Any use of an :class:`Unknown` fact raises
    :class:`UnknownValue`.
    """

    resource: Resource
    nodes: tuple[NodeGroup, ...] | Unknown
    release: Release | Unknown

    @property
    def path(self) -> str:
        """The file that declares it."""
        return self.resource.path


def clusters_of(inventory: Inventory) -> list[Cluster]:
    """Every cluster of the scan, and after them what may be another one."""
    return inventory.index(_all_clusters)


def expect_all_nodes(inventory: Inventory) -> None:
    """Raises where something of the scan may add to a cluster nodes that no file tells of."""
    for reason in inventory.index(_other_nodes):
        raise UnknownValue(reason)


def _all_clusters(inventory: Inventory) -> list[Cluster]:
    declared = inventory.of_kind(*CLUSTER_KINDS)
    found = [_cluster(cluster, inventory) for cluster in declared]
    for resource, reason in _doubts(declared, inventory):
        doubt = Unknown(f"{resource.address} {reason}")
        found.append(Cluster(resource, doubt, doubt))
    return found


def _cluster(cluster: Resource, inventory: Inventory) -> Cluster:
    nodes = attempt(node_groups, cluster, inventory)
    if not is_unknown(nodes) and not nodes:
        nodes = Unknown(f"the nodes of {cluster.address} are not in the scan")
    return Cluster(cluster, nodes, attempt(_release, cluster))


def _doubts(clusters: list[Resource], inventory: Inventory) -> Iterator[tuple[Resource, str]]:
    for module in inventory.of_kind("module"):
        if _MAY_BE_A_CLUSTER.search(f"{module.name} {module.get('source').identity()}"):
            yield module, "was not read, and may make a cluster or its nodes"
    joined = {pool for cluster in clusters for pool in pools_of(cluster, inventory)}
    for pool in inventory.of_kind(*POOLS.values()):
        if pool not in joined:
            yield pool, "belongs to a cluster that is not known"


def _other_nodes(inventory: Inventory) -> list[str]:
    """Why there may be more nodes; Karpenter is often installed from elsewhere, and only named."""
    others = inventory.of_kind(*_OTHER_NODES)
    named = (resource for resource in inventory.resources if names_karpenter(resource))
    adds = "tells of Karpenter, which adds nodes as it needs them"
    return [
        *(f"{other.address} may add nodes to the cluster" for other in others),
        *(f"{resource.address} {adds}" for resource in named),
    ]


def names_karpenter(resource: Resource) -> bool:
    """Whether it is named, tagged or labelled for it; what installs it may be elsewhere."""
    words = [resource.kind, resource.address]
    if resource.source == "terraform":
        for node in resource.node.walk():
            words += [word for word in (*node.path[-1:], node.value) if isinstance(word, str)]
    return any("karpenter" in word.lower() for word in words)


def _release(cluster: Resource) -> Release:
    for channel in map(cluster.get, _CHANNELS):
        if channel.text("none") not in _SAME_MINOR:
            raise UnknownValue(f"the channel '{channel.text()}' upgrades {cluster.address}")
    version = cluster.get(*_VERSION[cluster.kind])
    if not version.present:
        raise UnknownValue(f"{cluster.address} names no release of Kubernetes")
    expect_own(cluster, version)
    match = _RELEASE.fullmatch(version.text())
    if match is None:
        raise UnknownValue(f"'{version.text()}' tells no release that {cluster.address} runs")
    return Release((1, int(match[1])), version, cluster.kind == GKE)
