"""Which connections a network carried, and which it refused, is written down."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    expect_no_module,
    expect_no_stray,
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
    expect_no_module(network, inventory, "is given the network")
    expect_no_stray(
        network, inventory, "aws_flow_log", at="vpc_id", of=("aws_vpc",), may="may be for it"
    )
    yield Problem(network.node, "no flow log is declared for the network")
