"""A group that takes traffic replaces an instance whose application no longer answers."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    AWS_GROUP,
    AZURE_SCALE_SETS,
    GOOGLE_GROUPS,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    runs_containers,
    takes_traffic,
)

_BEYOND_EC2 = {"ELB", "VPC_LATTICE"}
_NO_TRAFFIC = "no load balancer sends it traffic"


@rule(
    id="SAF110",
    title="group keeps instances whose application has died",
    group="weakness",
    kinds=[AWS_GROUP, *GOOGLE_GROUPS, *AZURE_SCALE_SETS],
    references=[
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html",
        "https://cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs",
        "https://learn.microsoft.com/en-us/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-automatic-instance-repairs",
    ],
    aliases=["checkov:CKV2_AWS_15"],
)
def instance_autohealing(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    if group.kind == AWS_GROUP:
        yield from _aws(group, inventory)
    elif group.kind in GOOGLE_GROUPS:
        yield from _google(group, inventory)
    else:
        yield from _azure(group, inventory)


def _aws(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    check = group.get("health_check_type")
    if check.known and _BEYOND_EC2.intersection(re.split(r"[,\s]+", check.text().upper())):
        return
    if group.get("max_size").identity() == "0":
        raise NotApplicable("it is switched off: its max_size is 0")
    if not takes_traffic(group, inventory):
        raise NotApplicable(_NO_TRAFFIC)
    # What their load balancer asks is the pods or tasks, which the cluster restarts.
    if runs_containers(group):
        raise NotApplicable("it is made of nodes of a cluster, which looks after its containers")
    # Without the argument AWS asks EC2 alone: documentation of health checks, first reference.
    state = f"is '{check.text()}'" if check.present else "is not set"
    yield Problem(
        check, f"health_check_type {state}: an instance that fails the load balancer stays"
    )


def _google(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    policies = group.get("auto_healing_policies")
    if any(True for _ in policies.items()):
        return
    if not takes_traffic(group, inventory):
        raise NotApplicable(_NO_TRAFFIC)
    yield Problem(policies, "auto_healing_policies is not set: an instance that hangs stays")


def _azure(group: Resource, inventory: Inventory) -> Iterator[Problem]:
    repair = group.get("automatic_instance_repair", 0)
    if repair.present and repair.get("enabled").flag():
        return
    if not takes_traffic(group, inventory):
        raise NotApplicable(_NO_TRAFFIC)
    state = "is off" if repair.present else "is not set"
    yield Problem(
        group.get("automatic_instance_repair"),
        f"automatic_instance_repair {state}: an instance that fails its probe stays",
    )
