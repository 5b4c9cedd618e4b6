"""Nobody can delete or overwrite a bucket's objects before their time."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, expect_no_module, rule

_LOCK = "aws_s3_bucket_object_lock_configuration"


@rule(
    id="DAT035",
    title="objects of a bucket can be deleted for good",
    group="disputed",
    kinds=["aws_s3_bucket"],
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
    ],
    aliases=["checkov:CKV_AWS_143"],
)
def s3_object_lock(bucket: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(bucket, _LOCK):
        return
    if bucket.get("bucket").identity() in inventory.index(_locked):
        return
    enabled = bucket.get("object_lock_enabled")
    if enabled.flag() or bucket.get("object_lock_configuration"):
        return
    expect_no_module(bucket, inventory, "may lock it")
    state = "false" if enabled.present else "not set, and false by default"
    yield Problem(enabled, f"object_lock_enabled is {state}")


def _locked(inventory: Inventory) -> set[str]:
    return {lock.get("bucket").identity() for lock in inventory.of_kind(_LOCK)} - {""}
