"""What a data store writes to its logs is kept outside of it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    rule,
)

# Where each kind says which logs it hands out, and what says so inside of a block.
_EXPORTS: dict[str, tuple[str | int, ...]] = {
    "aws_db_instance": ("enabled_cloudwatch_logs_exports",),
    "aws_docdb_cluster": ("enabled_cloudwatch_logs_exports",),
    "aws_elasticsearch_domain": ("log_publishing_options",),
    "aws_mq_broker": ("logs",),
    "aws_msk_cluster": ("logging_info", 0, "broker_logs"),
    "aws_neptune_cluster": ("enable_cloudwatch_logs_exports",),
    "aws_opensearch_domain": ("log_publishing_options",),
    "aws_rds_cluster": ("enabled_cloudwatch_logs_exports",),
    "aws_redshift_cluster": ("logging",),
}


@rule(
    id="OBS015",
    title="logs of the data store stay inside of it",
    group="advice",
    kinds=sorted(_EXPORTS),
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html",
        "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createdomain-configure-slow-logs.html",
        "https://docs.aws.amazon.com/msk/latest/developerguide/msk-logging.html",
    ],
    aliases=["checkov:CKV_AWS_129", "checkov:CKV_AWS_85", "checkov:CKV_AWS_80"],
)
def store_logs(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    if belongs_to_aurora(store):
        raise NotApplicable("it belongs to an Aurora cluster, which exports the logs")
    if store.get("engine_mode").identity() == "serverless":
        raise NotApplicable("the parameters of Aurora Serverless v1 decide what it exports")
    exports = store.get(*_EXPORTS[store.kind])
    if any(_is_on(item) for item in exports.items()):
        return
    if store.kind == "aws_redshift_cluster" and inventory.referrers(store, "aws_redshift_logging"):
        return
    name = ".".join(key for key in _EXPORTS[store.kind] if isinstance(key, str))
    state = "switches none on" if exports.value else "is empty" if exports.present else "is not set"
    yield Problem(exports, f"{name} {state}: its logs stay inside, and go with it")


def _is_on(item: Node) -> bool:
    """The name of a log, or a block that switches one on."""
    if not isinstance(item.value, dict):
        return bool(item.text())
    switches = [
        node for node in item.walk() if node.path[-1] in ("audit", "enable", "enabled", "general")
    ]
    # A block of OpenSearch is on unless it says otherwise.
    named = item.get("log_type").present and not item.get("enabled").present
    return named or any(switch.flag() for switch in switches)
