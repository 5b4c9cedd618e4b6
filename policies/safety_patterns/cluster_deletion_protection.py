"""A Kubernetes cluster cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    Problem,
    Resource,
    rule,
    setting,
)


@rule(
    id="SAF082",
    title="Kubernetes cluster can be deleted by a single command",
    group="advice",
    kinds=["aws_eks_cluster", "google_container_cluster"],
    references=[
        "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/container_cluster",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def cluster_deletion_protection(cluster: Resource) -> Iterator[Problem]:
    protection = setting(cluster, "deletion_protection")
    # Google's is on unless set. Amazon's is off, and only provider 6 knows it: yet off it is.
    if not protection.flag():
        state = "false" if protection.present else "not set"
        yield Problem(
            cluster.get("deletion_protection"),
            f"deletion_protection is {state}: one command deletes the cluster",
        )
