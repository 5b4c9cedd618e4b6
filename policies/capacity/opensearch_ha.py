"""A search domain survives the loss of a node and of a zone."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
    setting,
)

_CONFIG = ("cluster_config", 0)
_QUORUM = 3


@rule(
    id="CAP042",
    title="OpenSearch domain does not survive the loss of a node or a zone",
    group="resilience",
    kinds=["aws_elasticsearch_domain", "aws_opensearch_domain"],
    references=[
        "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html",
        "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-dedicatedmasternodes.html",
    ],
    aliases=["checkov:CKV_AWS_318", "checkov:CKV2_AWS_59"],
)
def opensearch_ha(domain: Resource) -> Iterator[Problem]:
    config = domain.get(*_CONFIG)
    if config.get("multi_az_with_standby_enabled").flag():
        return
    nodes = setting(domain, *_CONFIG, "instance_count")
    if nodes.number() < 2:
        state = "is 1" if config.get("instance_count").present else "is not set, and 1 by default"
        yield Problem(nodes, f"instance_count {state}: its data is gone for as long as the node is")
        return
    aware = config.get("zone_awareness_enabled")
    if not aware.flag():
        state = "false" if aware.present else "not set"
        yield Problem(aware, f"zone_awareness_enabled is {state}: all nodes are in one zone")
    if config.get("dedicated_master_enabled").flag():
        masters = config.get("dedicated_master_count")
        if masters.present and masters.number() < _QUORUM:
            yield Problem(
                masters, f"dedicated_master_count is {masters.text()}: a quorum needs {_QUORUM}"
            )
    elif nodes.number() < _QUORUM:
        yield Problem(
            nodes,
            f"{nodes.text()} nodes and no dedicated masters: the loss of one may stop all writes",
        )
