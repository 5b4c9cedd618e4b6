"""Nodes of a cluster that stop working are repaired without anybody being woken."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_CLUSTER, _POOL = "google_container_cluster", "google_container_node_pool"


@rule(
    id="SAF125",
    title="broken nodes of a cluster are not repaired",
    group="weakness",
    kinds=[_CLUSTER, _POOL],
    references=[
        "https://cloud.google.com/kubernetes-engine/docs/how-to/node-auto-repair",
    ],
    aliases=["checkov:CKV_GCP_9", "trivy:GCP-0063"],
)
def node_auto_repair(resource: Resource) -> Iterator[Problem]:
    managements = list(_managements(resource))
    if not managements:
        raise NotApplicable("it has no nodes of its own")
    for management in managements:
        repair = management.get("auto_repair")
        # On by default: documentation of google_container_node_pool.
        if not repair.flag(default=True):
            yield Problem(
                repair, "auto_repair is false: a node that hangs stays until somebody acts"
            )


def _managements(resource: Resource) -> Iterator[Node]:
    if resource.kind == _POOL:
        yield resource.get("management", 0)
        return
    for pool in resource.get("node_pool").items():
        yield pool.get("management", 0)
    provisioned = resource.get("cluster_autoscaling", 0, "auto_provisioning_defaults", 0)
    if provisioned.present:
        yield provisioned.get("management", 0)
