"""The objects of a bucket are copied to another bucket."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_REPLICATION = "aws_s3_bucket_replication_configuration"
_INSTANCE_KEY = re.compile(r"\[[^\[\]]*\]$")


@rule(
    id="DAT034",
    title="bucket is not replicated",
    group="disputed",
    kinds=["aws_s3_bucket"],
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html",
    ],
    aliases=["checkov:CKV_AWS_144"],
)
def s3_replication(bucket: Resource, inventory: Inventory) -> Iterator[Problem]:
    if bucket.get("replication_configuration"):
        return
    attributes = _attributes_naming(bucket, inventory)
    if "bucket" in attributes or bucket.get("bucket").identity() in inventory.index(_replicated):
        return
    if "rule" in attributes:
        raise NotApplicable("it is where another bucket is replicated to")
    for module in inventory.referrers(bucket, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may replicate it")
    yield Problem(bucket.node, "no replication copies what is in the bucket")


def _attributes_naming(bucket: Resource, inventory: Inventory) -> set[str | int]:
    """Where replications name it: as the source in ``bucket``, as the destination in ``rule``."""
    address = _INSTANCE_KEY.sub("", bucket.address)
    replications = inventory.referrers(bucket, _REPLICATION)
    named = (reference for one in replications for reference in one.references)
    return {reference.node.path[0] for reference in named if reference.target == address}


def _replicated(inventory: Inventory) -> set[str]:
    return {one.get("bucket").identity() for one in inventory.of_kind(_REPLICATION)} - {""}
