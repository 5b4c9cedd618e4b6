"""What holds data refuses to be destroyed before it is empty."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

# All of them are false unless set.
_SWITCHES = {
    "aws_backup_vault": "force_destroy",
    "aws_ecr_repository": "force_delete",
    "aws_s3_bucket": "force_destroy",
    "aws_s3_directory_bucket": "force_destroy",
    "google_bigquery_dataset": "delete_contents_on_destroy",
    "google_bigtable_instance": "force_destroy",
    "google_spanner_instance": "force_destroy",
    "google_storage_bucket": "force_destroy",
}
_HELD = {
    "aws_backup_vault": "every recovery point in it",
    "aws_ecr_repository": "every image in it",
    "google_bigquery_dataset": "every table in it",
    "google_bigtable_instance": "its backups too",
    "google_spanner_instance": "its backups too",
}
_PASSING_NAMES = frozenset(
    {"cache", "log", "logging", "logs", "scratch", "temp", "temporary", "tmp"}
)


@rule(
    id="SAF083",
    title="destroying it also deletes everything that it holds",
    group="data-loss",
    kinds=_SWITCHES,
    references=[
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def bucket_no_force_destroy(bucket: Resource) -> Iterator[Problem]:
    name = _SWITCHES[bucket.kind]
    forced = bucket.get(name)
    if forced.known and not forced.flag():
        return
    names = (bucket.address, bucket.get("bucket").identity(), bucket.get("name").identity())
    telling = _words(*names) & _PASSING_NAMES
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
    if forced.flag():
        held = _HELD.get(bucket.kind, "every object in it")
        yield Problem(forced, f"{name} is true: destroying it deletes {held}")


def _words(*names: str) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}
