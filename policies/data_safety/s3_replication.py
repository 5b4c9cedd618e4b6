"""The objects of a bucket are copied to another bucket."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, expect_no_module, rule

_REPLICATION = "aws_s3_bucket_replication_configuration"


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
    # It is the source in ``bucket``, the destination in ``rule``.
    if inventory.referrers(bucket, _REPLICATION, at="bucket"):
        return
    if bucket.get("bucket").identity() in inventory.index(_replicated):
        return
    if inventory.referrers(bucket, _REPLICATION, at="rule"):
        raise NotApplicable("it is where another bucket is replicated to")
    expect_no_module(bucket, inventory, "may replicate it")
    yield Problem(bucket.node, "no replication copies what is in the bucket")


def _replicated(inventory: Inventory) -> set[str]:
    return {one.get("bucket").identity() for one in inventory.of_kind(_REPLICATION)} - {""}
