"""A group that takes traffic replaces an instance whose application no longer answers."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_AWS = "aws_autoscaling_group"
_GOOGLE = ("google_compute_instance_group_manager", "google_compute_region_instance_group_manager")
_AZURE = (
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
)
_ATTACHMENTS = ("aws_autoscaling_attachment", "aws_autoscaling_traffic_source_attachment")
_LOAD_BALANCERS = ("target_group_arns", "load_balancers", "traffic_source")
_BACKENDS = ("google_compute_backend_service", "google_compute_region_backend_service")
_POOLS = ("load_balancer_backend_address_pool_ids", "application_gateway_backend_address_pool_ids")
_BEYOND_EC2 = {"ELB", "VPC_LATTICE"}
# Nodes of a cluster: what their load balancer asks is the pods, which the cluster restarts.
_CLUSTER_TAGS = ("k8s.io/cluster-autoscaler/", "kubernetes.io/cluster/", "AmazonECSManaged")
_NO_TRAFFIC = "no load balancer sends it traffic"


@rule(
    id="SAF110",
    title="group keeps instances whose application has died",
    group="weakness",
    kinds=[_AWS, *_GOOGLE, *_AZURE],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html",
        "https://cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs",
        "https://learn.microsoft.com/en-us/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-automatic-instance-repairs",
    ],
    aliases=["checkov:CKV2_AWS_15"],
)
def instance_autohealing(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    if group.kind == _AWS:
        yield from _aws(group, inventory)
    elif group.kind in _GOOGLE:
        yield from _google(group, inventory)
    else:
        yield from _azure(group)


def _aws(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    check = group.get("health_check_type")
    if check.known and _BEYOND_EC2.intersection(re.split(r"[,\s]+", check.text().upper())):
        return
    if group.get("max_size").identity() == "0":
        raise NotApplicable("it is switched off: its max_size is 0")
    if not _takes_traffic(group, inventory):
        raise NotApplicable(_NO_TRAFFIC)
    if any(tag.get("key").text().startswith(_CLUSTER_TAGS) for tag in group.get("tag").items()):
        raise NotApplicable("it is made of nodes of a cluster, which looks after its containers")
    # Without the argument AWS asks EC2 alone: documentation of health checks, first reference.
    state = f"is '{check.text()}'" if check.present else "is not set"
    yield Problem(
        check, f"health_check_type {state}: an instance that fails the load balancer stays"
    )


def _takes_traffic(group: Resource, inventory: Inventory) -> bool:
    if inventory.referrers(group, *_ATTACHMENTS):
        return True
    name = group.get("name").identity()
    if name and name in inventory.index(_attached_by_name):
        return True
    return any(_names_one(group, attribute, inventory) for attribute in _LOAD_BALANCERS)


def _names_one(group: Resource, attribute: str, inventory: Inventory) -> bool:
    value = group.get(attribute)
    if not value.known:  # the ARNs of target groups that are still to be made
        named = [r.target for r in group.references if r.node.path[0] == attribute]
        made = (one.address for one in inventory.references(group))
        if any(at == name or at.startswith(f"{name}[") for at in made for name in named):
            return True
    return any(True for _ in value.items())


def _attached_by_name(inventory: Inventory) -> set[str]:
    attachments = inventory.of_kind(*_ATTACHMENTS)
    return {attachment.get("autoscaling_group_name").identity() for attachment in attachments}


def _google(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    policies = group.get("auto_healing_policies")
    if any(True for _ in policies.items()):
        return
    # Port names are what a load balancer addresses the instances by.
    balanced = inventory.referrers(group, *_BACKENDS) or any(
        True for name in ("named_port", "target_pools") for _ in group.get(name).items()
    )
    if not balanced:
        raise NotApplicable(_NO_TRAFFIC)
    yield Problem(policies, "auto_healing_policies is not set: an instance that hangs stays")


def _azure(group: Resource) -> Iterator[Problem]:
    repair = group.get("automatic_instance_repair", 0)
    if repair.present and repair.get("enabled").flag():
        return
    if not any(_has_pool(card) for card in group.get("network_interface").items()):
        raise NotApplicable(_NO_TRAFFIC)
    state = "is off" if repair.present else "is not set"
    yield Problem(
        group.get("automatic_instance_repair"),
        f"automatic_instance_repair {state}: an instance that fails its probe stays",
    )


def _has_pool(card: Node) -> bool:
    return any(
        True
        for address in card.get("ip_configuration").items()
        for name in _POOLS
        for _ in address.get(name).items()
    )
