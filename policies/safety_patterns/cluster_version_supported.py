"""A managed Kubernetes cluster runs a version that its provider still supports."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

# The oldest minor versions that are not surely past all support, the extended one too, as the two
# pages below gave it for the time up to April 2026: 1.29 left it on EKS in March 2026 and on AKS
# (LTS) in April 2026. Newer ones are no finding, whatever the date. On GKE the version that a
# configuration gives is a minimum only, which Google raises by itself.
_OLDEST = {
    "aws_eks_cluster": ("version", 30),
    "azurerm_kubernetes_cluster": ("kubernetes_version", 30),
}
_CHANNELS = ("automatic_upgrade_channel", "automatic_channel_upgrade")
_VERSION = re.compile(r"1\.(\d{1,3})(?:[.-].*)?", re.ASCII)


@rule(
    id="SAF124",
    title="managed Kubernetes cluster runs a version past all support",
    group="weakness",
    kinds=list(_OLDEST),
    references=[
        "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
        "https://learn.microsoft.com/en-us/azure/aks/supported-kubernetes-versions",
    ],
    aliases=["checkov:CKV_AWS_339"],
)
def cluster_version_supported(cluster: Resource) -> Iterator[Problem]:
    name, oldest = _OLDEST[cluster.kind]
    version = cluster.get(name)
    if not version.present:
        raise NotApplicable("it names no version: the provider chose one when it was made")
    if cluster.ignores_changes(name):
        raise NotApplicable("its lifecycle.ignore_changes leaves the version to others")
    for channel in map(cluster.get, _CHANNELS):
        if channel.text("none") not in ("none", "node-image"):
            raise NotApplicable(f"the channel '{channel.text()}' keeps its version up to date")
    match = _VERSION.fullmatch(version.text())
    if match is None:
        raise UnknownValue(f"{name} '{version.text()}' does not say which version it is")
    if int(match[1]) < oldest:
        yield Problem(
            version, f"{name} is {version.text()}: nothing before 1.{oldest} is supported"
        )
