"""What the control plane of a cluster did can be read afterwards."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


@rule(
    id="OBS019",
    title="EKS cluster keeps no audit log",
    group="advice",
    kinds=["aws_eks_cluster"],
    references=["https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html"],
    aliases=["checkov:CKV_AWS_37", "trivy:AWS-0038"],
)
def eks_control_plane_logs(cluster: Resource) -> Iterator[Problem]:
    types = cluster.get("enabled_cluster_log_types")
    if any(item.known and item.identity() == "audit" for item in types.items()):
        return
    logged = [item.text() for item in types.items()]
    # None by default: documentation of the resource.
    state = f"has {', '.join(logged)} only" if logged else "is empty or not set"
    yield Problem(types, f"enabled_cluster_log_types {state}: nobody can see who changed what")
