"""A Kubernetes cluster cannot be deleted by one wrong apply or click."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule, setting

# Version constraints that no release of the AWS provider's version 6 satisfies.
_BEFORE_6 = re.compile(r"~>\s*[0-5](\.|$)|<\s*6(\.|$)|=?\s*[0-5]\.")


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
    protection = setting(cluster, "deletion_protection")
    # Google's is on unless set; Amazon's is off, and only version 6 of the provider has it.
    if not protection.flag():
        if not protection.present and cluster.scope in inventory.index(_older_than_the_setting):
            raise NotApplicable("the version of the AWS provider is one that does not have it")
        state = "false" if protection.present else "not set"
        yield Problem(
            cluster.get("deletion_protection"),
            f"deletion_protection is {state}: one command deletes the cluster",
        )


def _older_than_the_setting(inventory: Inventory) -> set[str]:
    return {
        settings.scope
        for settings in inventory.of_kind("terraform")
        for constraint in _constraints(settings)
        if _BEFORE_6.match(constraint.strip())
    }


def _constraints(settings: Resource) -> list[str]:
    return settings.get("required_providers", 0, "aws", "version").identity().split(",")
