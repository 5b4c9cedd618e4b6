"""A bucket keeps the earlier versions of what is overwritten or deleted."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_VERSIONING = "aws_s3_bucket_versioning"
_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
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
    "aws_s3_bucket_inventory": ("destination",),
    "aws_s3_bucket_logging": ("target_bucket",),
    "aws_wafv2_web_acl_logging_configuration": ("log_destination_configs",),
}
_PASSING_NAMES = frozenset(
    {"cache", "log", "logging", "logs", "scratch", "temp", "temporary", "tmp"}
)
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
    telling = _words(bucket.address, bucket.get("bucket").identity()) & _PASSING_NAMES
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: it implies versions
    if bucket.get("object_lock_enabled").flag() or bucket.get("object_lock_configuration"):
        return
    states = list(_states(bucket, inventory))
    if any(state.text() in ("Enabled", "true") for state in states):
        return
    _raise_if_redirect(bucket, inventory)
    _raise_if_passing(bucket, inventory, passing_days)
    _raise_if_versioned_elsewhere(bucket, inventory)
    if states:
        yield Problem(states[0], f"versioning is {_shown(states[0])}")
    else:
        yield Problem(bucket.get("versioning"), "no versioning is configured for the bucket")


def _shown(state: Node) -> str:
    return {"true": "on", "false": "off", "": "not enabled"}.get(state.text(), state.text())


def _words(*names: str) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}


def _states(bucket: Resource, inventory: Inventory) -> Iterator[Node]:
    """What the bucket's own block and the resources beside it say of versioning."""
    for versioning in _configurations(bucket, inventory, _VERSIONING):
        for block in versioning.get("versioning_configuration").items():
            yield block.get("status")
    for block in bucket.get("versioning").items():
        yield block.get("enabled")


def _configurations(bucket: Resource, inventory: Inventory, kind: str) -> list[Resource]:
    """The resources of a kind that configure the bucket: those that refer to it or name it.

    Of several for one repeated bucket, those of the same instance.
    """
    found = dict.fromkeys(inventory.referrers(bucket, kind))
    name = bucket.get("bucket").identity()
    if name:
        found.update(dict.fromkeys(inventory.index(_by_bucket_name).get((kind, name), ())))
    key = bucket.address[bucket.address.rfind("[") :] if bucket.address.endswith("]") else ""
    same = [resource for resource in found if key and resource.address.endswith(key)]
    return same or list(found)


def _by_bucket_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(_VERSIONING, _LIFECYCLE):
        found[resource.kind, resource.get("bucket").identity()].append(resource)
    return found


def _holds_logs(bucket: Resource, inventory: Inventory) -> bool:
    names, addresses = inventory.index(_log_targets)
    address = bucket.address.partition("[")[0] if "[" not in bucket.address[:-1] else bucket.address
    return bucket.get("bucket").identity() in names or (bucket.scope, address) in addresses


def _log_targets(inventory: Inventory) -> tuple[set[str], set[tuple[str, str]]]:
    """The names, and the addresses, of the buckets that something writes its logs to."""
    names: set[str] = set()
    addresses: set[tuple[str, str]] = set()
    for kind, attributes in _WRITERS.items():
        for writer in inventory.of_kind(kind):
            named = [r for r in writer.references if r.node.path[0] in attributes]
            # A bucket that logs to itself holds something else in the first place.
            logged = {r.target for r in writer.references if r.node.path[0] == "bucket"}
            addresses.update((writer.scope, r.target) for r in named if r.target not in logged)
            if not logged & {r.target for r in named}:
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


def _raise_if_passing(bucket: Resource, inventory: Inventory, days: int) -> None:
    """Everything in it expires soon: then nothing in it is meant to be kept."""
    rules = [*bucket.get("lifecycle_rule").items()]
    for configuration in _configurations(bucket, inventory, _LIFECYCLE):
        rules += configuration.get("rule").items()
    for one in rules:
        for expiration in one.get("expiration").items():
            age = expiration.get("days").number()
            if 0 < age <= days and _is_on(one) and _concerns_all(one):
                raise NotApplicable(f"everything in it expires after {age:g} days")


def _is_on(lifecycle_rule: Node) -> bool:
    status = lifecycle_rule.get("status")
    return status.text() == "Enabled" if status.present else lifecycle_rule.get("enabled").flag()


def _concerns_all(lifecycle_rule: Node) -> bool:
    narrowed = [lifecycle_rule.get("prefix"), lifecycle_rule.get("tags")]
    for chosen in lifecycle_rule.get("filter").items():
        narrowed += [node for _, node in chosen.entries()]
    return not any(narrowed)


def _raise_if_versioned_elsewhere(bucket: Resource, inventory: Inventory) -> None:
    for module in inventory.referrers(bucket, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may turn it on")
    for versioning in inventory.index(_unresolved).get(bucket.scope, ()):
        raise UnknownValue(f"{versioning.address} may be for this bucket")


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the versionings of a bucket that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for versioning in inventory.of_kind(_VERSIONING):
        named = inventory.references(versioning, "aws_s3_bucket")
        if not versioning.get("bucket").known and not named:
            found[versioning.scope].append(versioning)
    return found
