"""Who asked for what, and what they got, is written down at the entrance."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, expect_no_module, rule

# The block that switches them on for each kind, and those that may do so from beside it.
_BLOCKS = {
    "aws_alb": "access_logs",
    "aws_api_gateway_stage": "access_log_settings",
    "aws_apigatewayv2_stage": "access_log_settings",
    "aws_cloudfront_distribution": "logging_config",
    "aws_elb": "access_logs",
    "aws_lb": "access_logs",
    "aws_s3_bucket": "logging",
}
# Where others name the bucket that their logs go to.
_DESTINATIONS = {
    "access_logs",
    "connection_logs",
    "log_destination",
    "logging",
    "logging_config",
    "s3_bucket_name",
    "target_bucket",
}
_BESIDE = ("aws_s3_bucket_logging", "aws_cloudwatch_log_delivery_source")


# They are worth their price to some, and metrics are enough for others.
@rule(
    id="OBS017",
    title="entrance keeps no access log",
    group="disputed",
    kinds=sorted(_BLOCKS),
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html",
    ],
    aliases=["checkov:CKV_AWS_91", "checkov:CKV_AWS_86", "checkov:CKV_AWS_76", "trivy:AWS-0010"],
)
def access_logs(entrance: Resource, inventory: Inventory) -> Iterator[Problem]:
    if entrance.get("load_balancer_type").identity() == "gateway":
        raise NotApplicable("a gateway load balancer has no access log")
    name = _BLOCKS[entrance.kind]
    logs = entrance.get(name)
    if logs.get(0, "enabled").present:
        enabled = logs.get(0, "enabled")
        if not enabled.flag():
            yield Problem(enabled, f"{name}.enabled is false: requests leave no trace")
        return
    # Only load balancers have the flag: it is off by default for the newer ones, on for aws_elb.
    if any(True for _ in logs.items()) and entrance.kind not in ("aws_alb", "aws_lb"):
        return
    if entrance.kind == "aws_s3_bucket":
        _raise_if_receives(entrance, inventory)
    if inventory.referrers(entrance, *_BESIDE):
        return
    expect_no_module(entrance, inventory, "may switch them on")
    unset = f"{name}.enabled" if logs.value else name
    yield Problem(logs, f"{unset} is not set: requests leave no trace")


def _raise_if_receives(bucket: Resource, inventory: Inventory) -> None:
    """Logs of a bucket of logs would be written into it for ever."""
    for other in inventory.referrers(bucket):
        if other.names(bucket, *_DESTINATIONS):
            raise NotApplicable(f"it holds the logs of {other.address}")
