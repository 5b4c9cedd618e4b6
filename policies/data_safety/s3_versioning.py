"""A bucket keeps the earlier versions of what is overwritten or deleted."""

import re
from collections.abc import Iterable, Iterator

from prodready_infra.sdk import (
    BUCKET_VERSIONING,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    configurations_of,
    expect_lasting,
    expect_no_stray,
    expirations,
    rule,
)

# Where each kind names a bucket of logs, reports or build results: they are not overwritten, or
# can be made again.
_WRITERS = {
    "aws_alb": ("access_logs", "connection_logs"),
    "aws_athena_workgroup": ("configuration",),
    "aws_cloudfront_distribution": ("logging_config",),
    "aws_cloudtrail": ("s3_bucket_name",),
    "aws_codebuild_project": ("artifacts", "cache", "logs_config"),
    "aws_codepipeline": ("artifact_store",),
    "aws_config_delivery_channel": ("s3_bucket_name",),
    "aws_elb": ("access_logs",),
    "aws_flow_log": ("log_destination",),
    "aws_lambda_function": ("s3_bucket",),
    "aws_lambda_layer_version": ("s3_bucket",),
    "aws_lb": ("access_logs", "connection_logs"),
    "aws_networkfirewall_logging_configuration": ("logging_configuration",),
    "aws_redshift_logging": ("bucket_name",),
    "aws_s3_bucket": ("logging",),
    "aws_s3_bucket_analytics_configuration": ("storage_class_analysis",),
    "aws_s3_bucket_inventory": ("destination",),
    "aws_s3_bucket_logging": ("target_bucket",),
    "aws_wafv2_web_acl_logging_configuration": ("log_destination_configs",),
}
_BUCKETS = re.compile(r"(?i)(?:^|[^a-z0-9])(?:s3|buckets?)(?![a-z0-9])")
_NAME_IN_ARN = re.compile(r"arn:[^:]*:s3:::([^/]+)")


@rule(
    id="DAT004",
    title="bucket loses what is overwritten or deleted in it",
    group="data-loss",
    kinds=["aws_s3_bucket"],
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
    ],
    aliases=["checkov:CKV_AWS_21", "trivy:AWS-0090"],
)
def s3_versioning(
    bucket: Resource, inventory: Inventory, *, passing_days: int = 90
) -> Iterator[Problem]:
    if _holds_logs(bucket, inventory):
        raise NotApplicable("it is where logs, reports or build results go")
    expect_lasting(bucket.address, bucket.get("bucket").identity())
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: it implies versions
    locks = [bucket.get("object_lock_enabled"), bucket.get("object_lock_configuration")]
    if any(lock.known and _locks(lock) for lock in locks):
        return
    states = list(_states(bucket, inventory))
    if any(state.known and _is_on(state) for state in states):
        return
    # Nothing that is known turns it on: what is not known may.
    if any(map(_locks, locks)) or any(map(_is_on, states)):
        return
    _raise_if_redirect(bucket, inventory)
    for age in expirations(bucket, inventory):
        if age <= passing_days:
            raise NotApplicable(f"everything in it expires after {age:g} days")
    _raise_if_versioned_elsewhere(bucket, inventory)
    if states:
        yield Problem(states[0], f"versioning is {_shown(states[0])}")
    else:
        yield Problem(bucket.get("versioning"), "no versioning is configured for the bucket")


def _locks(lock: Node) -> bool:
    return bool(lock) and lock.value != "false"


def _is_on(state: Node) -> bool:
    return state.text() in ("Enabled", "true")


def _shown(state: Node) -> str:
    return {"true": "on", "false": "off", "": "not enabled"}.get(state.text(), state.text())


def _states(bucket: Resource, inventory: Inventory) -> Iterator[Node]:
    """What the bucket's own block and the resources beside it say of versioning."""
    for versioning in configurations_of(bucket, inventory, BUCKET_VERSIONING):
        for block in versioning.get("versioning_configuration").items():
            yield block.get("status")
    for block in bucket.get("versioning").items():
        yield block.get("enabled")


def _holds_logs(bucket: Resource, inventory: Inventory) -> bool:
    names, addresses = inventory.index(_log_targets)
    return bucket.get("bucket").identity() in names or (bucket.scope, bucket.unkeyed) in addresses


def _log_targets(inventory: Inventory) -> tuple[set[str], set[tuple[str, str]]]:
    """The names, and the addresses, of the buckets that something writes its logs to."""
    names: set[str] = set()
    addresses: set[tuple[str, str]] = set()
    for kind, attributes in _WRITERS.items():
        for writer in inventory.of_kind(kind):
            # A bucket that logs to itself holds something else in the first place.
            named, logged = set(writer.named_at(*attributes)), set(writer.named_at("bucket"))
            addresses.update((writer.scope, target) for target in named - logged)
            if not logged & named:
                names.update(_bucket_names(writer.get(attribute) for attribute in attributes))
    return names, addresses


def _bucket_names(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        for leaf in node.walk():
            if type(leaf.value) is str and leaf.value:
                arn = _NAME_IN_ARN.match(leaf.value)
                yield arn[1] if arn else leaf.value


def _raise_if_redirect(bucket: Resource, inventory: Inventory) -> None:
    websites = inventory.referrers(bucket, "aws_s3_bucket_website_configuration")
    blocks = [*bucket.get("website").items(), *(website.node for website in websites)]
    if any(block.get("redirect_all_requests_to").present for block in blocks):
        raise NotApplicable("it only redirects, and holds nothing")


def _raise_if_versioned_elsewhere(bucket: Resource, inventory: Inventory) -> None:
    for module in inventory.referrers(bucket, "module"):
        if _is_about_buckets(module) or _is_given(module, bucket):
            raise UnknownValue(f"{module.address}, which is not in this scan, may turn it on")
    expect_no_stray(
        bucket,
        inventory,
        BUCKET_VERSIONING,
        at="bucket",
        of=("aws_s3_bucket",),
        may="may be for this bucket",
    )


def _is_about_buckets(module: Resource) -> bool:
    source = module.get("source").identity()
    return bool(_BUCKETS.search(module.name) or _BUCKETS.search(source))


def _is_given(module: Resource, bucket: Resource) -> bool:
    """Whether it is told which bucket it is, and not only the ARN for some policy."""
    names = {bucket.get("bucket").identity(), f"{bucket.address}.id", f"{bucket.address}.bucket"}
    for reference in module.references:
        if reference.target != bucket.unkeyed:
            continue
        attribute = str(reference.node.path[0])
        value = module.get(attribute)
        if _BUCKETS.search(attribute) or any(
            leaf.identity() in names - {""} for leaf in value.walk()
        ):
            return True
        # What a function makes of it has no name: it may be anything but what holds more.
        if not isinstance(value.value, dict | list) and not _is_arn(value.identity()):
            return True
    return False


def _is_arn(identity: str) -> bool:
    return identity.startswith("arn:") or identity.endswith(".arn")
