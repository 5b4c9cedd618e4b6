"""Snapshots of a database bear the tags of the database."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    belongs_to_aurora,
    default_tags,
    rule,
    setting,
)


@rule(
    id="DAT031",
    title="snapshots do not bear the tags of their database",
    group="disputed",
    kinds=["aws_db_instance", "aws_neptune_cluster", "aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html",
    ],
    aliases=["checkov:CKV_AWS_313", "checkov:CKV_AWS_362", "checkov:CKV2_AWS_60"],
)
def rds_copy_tags_to_snapshot(database: Resource, inventory: Inventory) -> Iterator[Problem]:
    if belongs_to_aurora(database):
        raise NotApplicable("it belongs to an Aurora cluster, which has the snapshots")
    copies = setting(database, "copy_tags_to_snapshot")
    if copies.known and copies.flag():
        return
    by_provider = [tags.value is not None for tags in default_tags(inventory, database.scope)]
    if not any(by_provider) and not database.get("tags"):
        raise NotApplicable("it has no tags")
    if not copies.flag():
        written = database.get("copy_tags_to_snapshot").present
        state = "false" if written else "not set, and false by default"
        yield Problem(copies, f"copy_tags_to_snapshot is {state}")
