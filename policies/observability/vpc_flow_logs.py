"""Which connections a network carried, and which it refused, is written down."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    UnknownValue,
    rule,
)


# Useful after an intrusion, costly every day: good teams differ.
@rule(
    id="OBS020",
    title="network keeps no flow log",
    group="disputed",
    kinds=["aws_vpc"],
    references=["https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"],
    aliases=["checkov:CKV2_AWS_11", "trivy:AWS-0178"],
)
def vpc_flow_logs(network: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(network, "aws_flow_log"):
        return
    subnets = inventory.referrers(network, "aws_subnet")
    if subnets and all(inventory.referrers(subnet, "aws_flow_log") for subnet in subnets):
        return
    for module in inventory.referrers(network, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, is given the network")
    for flow_log in inventory.of_kind("aws_flow_log"):
        named = flow_log.get("vpc_id").known or inventory.references(flow_log, "aws_vpc")
        if flow_log.scope == network.scope and not named:
            raise UnknownValue(f"{flow_log.address} may be for it")
    yield Problem(network.node, "no flow log is declared for the network")
