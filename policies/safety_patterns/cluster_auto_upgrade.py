"""Somebody upgrades a managed Kubernetes cluster: its provider, or who changes its version."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule

_AKS = "azurerm_kubernetes_cluster"
_GKE_POOL = "google_container_node_pool"
# Its present name, and the one before azurerm 4.
_CHANNELS = ("automatic_upgrade_channel", "automatic_channel_upgrade")
_VERSIONS = {_AKS: "kubernetes_version", _GKE_POOL: "version"}


@rule(
    id="SAF145",
    title="nothing upgrades a managed Kubernetes cluster or its nodes",
    group="advice",
    kinds=list(_VERSIONS),
    references=[
        "https://learn.microsoft.com/en-us/azure/aks/auto-upgrade-cluster",
        "https://cloud.google.com/kubernetes-engine/docs/how-to/node-auto-upgrades",
    ],
)
def cluster_auto_upgrade(resource: Resource) -> Iterator[Problem]:
    version = _VERSIONS[resource.kind]
    if resource.get(version).present:
        raise NotApplicable("its version is written here: whoever changes it upgrades")
    if resource.ignores_changes(version, *_CHANNELS, "management"):
        raise NotApplicable("its lifecycle.ignore_changes leaves upgrades to others")
    if resource.kind == _GKE_POOL:
        # On by default: documentation of google_container_node_pool. So is the release channel of
        # a cluster that names none, and Google upgrades the control plane in any case.
        upgrade = resource.get("management", 0, "auto_upgrade")
        if not upgrade.flag(default=True):
            yield Problem(upgrade, "auto_upgrade is false, and no version is set for its nodes")
        return
    given = [channel for channel in map(resource.get, _CHANNELS) if channel.present]
    if all(channel.text() == "none" for channel in given):
        at = given[0] if given else resource.get(_CHANNELS[0])
        told = "is 'none'" if given else "is not set"
        yield Problem(at, f"{at.path[-1]} {told}, and no kubernetes_version: it stays as made")
