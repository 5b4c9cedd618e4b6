"""A message broker or a warehouse runs on more than one node."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    restored_from,
    rule,
    setting,
)


@rule(
    id="CAP044",
    title="message broker or data warehouse runs on a single node",
    group="resilience",
    kinds=["aws_mq_broker", "aws_redshift_cluster"],
    references=[
        "https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/amazon-mq-broker-architecture.html",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html",
    ],
)
def single_node_service(service: Resource) -> Iterator[Problem]:
    if service.kind == "aws_mq_broker":
        mode = service.get("deployment_mode")
        if setting(service, "deployment_mode").text() == "SINGLE_INSTANCE":
            state = "is" if mode.present else "is not set, and by default"
            yield Problem(
                mode, f"deployment_mode {state} SINGLE_INSTANCE: restarts stop all queues"
            )
        return
    nodes = service.get("number_of_nodes")
    if nodes.known and nodes.number() > 1:
        return
    if service.get("node_type").text().startswith("ra3"):
        raise NotApplicable("managed storage keeps its data, whatever the number of nodes is")
    if not nodes.present and restored_from(service):
        raise UnknownValue("the number of its nodes comes with the snapshot")
    if setting(service, "number_of_nodes").number() < 2:
        state = "is 1" if nodes.present else "is not set, and 1 by default"
        yield Problem(nodes, f"number_of_nodes {state}: a failed disk ends in a restore")
