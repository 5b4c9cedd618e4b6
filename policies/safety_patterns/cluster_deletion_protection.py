"""A Kubernetes cluster cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    provider_before,
    rule,
    setting,
)

# The provider, and its first major version whose clusters have the setting.
_SINCE = {
    "aws_eks_cluster": ("aws", "AWS", 6),
    # https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/version_5_upgrade
    "google_container_cluster": ("google", "Google", 5),
}


@rule(
    id="SAF082",
    title="Kubernetes cluster can be deleted by a single command",
    group="advice",
    kinds=["aws_eks_cluster", "google_container_cluster"],
    references=[
        "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/container_cluster",
    ],
)
def cluster_deletion_protection(cluster: Resource, inventory: Inventory) -> Iterator[Problem]:
    written = cluster.get("deletion_protection")
    provider, name, major = _SINCE[cluster.kind]
    if not written.present and provider_before(cluster, inventory, provider, major):
        raise NotApplicable(f"the version of the {name} provider is one that does not have it")
    # Google's is on unless set; Amazon's is off.
    if not setting(cluster, "deletion_protection").flag():
        state = "false" if written.present else "not set"
        yield Problem(written, f"deletion_protection is {state}: one command deletes the cluster")
