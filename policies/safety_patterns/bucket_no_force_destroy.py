"""What holds data refuses to be destroyed before it is empty."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule

# All of them are false unless set.
_SWITCHES = {
    "aws_backup_vault": "force_destroy",
    "aws_s3_bucket": "force_destroy",
    "aws_s3_directory_bucket": "force_destroy",
    "google_bigquery_dataset": "delete_contents_on_destroy",
    "google_bigtable_instance": "force_destroy",
    "google_spanner_instance": "force_destroy",
    "google_storage_bucket": "force_destroy",
}
_HELD = {
    "aws_backup_vault": "every recovery point in it",
    "google_bigquery_dataset": "every table in it",
    "google_bigtable_instance": "its backups too",
    "google_spanner_instance": "its backups too",
}
_PASSING_NAMES = frozenset(
    {"artifact", "artifacts", "cache", "log", "logging", "logs", "scratch"}
    | {"temp", "temporary", "tmp"}
)
# Where each kind names a bucket of logs, results or packages that can be made again.
_WRITERS = {
    "aws_alb": ("access_logs", "connection_logs"),
    "aws_athena_workgroup": ("configuration",),
    "aws_cloudfront_distribution": ("logging_config",),
    "aws_codebuild_project": ("artifacts", "cache", "logs_config"),
    "aws_codepipeline": ("artifact_store",),
    "aws_elb": ("access_logs",),
    "aws_flow_log": ("log_destination",),
    "aws_lambda_function": ("s3_bucket",),
    "aws_lambda_layer_version": ("s3_bucket",),
    "aws_lb": ("access_logs", "connection_logs"),
    "aws_s3_bucket": ("logging",),
    "aws_s3_bucket_logging": ("target_bucket",),
    "google_cloudbuild_trigger": ("build",),
    "google_cloudfunctions2_function": ("build_config",),
    "google_cloudfunctions_function": ("source_archive_bucket",),
    "google_storage_bucket": ("logging",),
}


@rule(
    id="SAF083",
    title="destroying it also deletes everything that it holds",
    group="data-loss",
    kinds=_SWITCHES,
    references=[
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket",
    ],
)
def bucket_no_force_destroy(
    bucket: Resource, inventory: Inventory, *, passing_days: int = 90
) -> Iterator[Problem]:
    name = _SWITCHES[bucket.kind]
    forced = bucket.get(name)
    if forced.known and not forced.flag():
        return
    names = (bucket.address, bucket.get("bucket").identity(), bucket.get("name").identity())
    telling = _words(*names) & _PASSING_NAMES
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
    for age in _expirations(bucket, inventory):
        if 0 < age <= passing_days:
            raise NotApplicable(f"everything in it is deleted after {age:g} days")
    for writer in inventory.referrers(bucket, *_WRITERS):
        _raise_if_written_by(writer, bucket)
    if forced.flag():
        held = _HELD.get(bucket.kind, "every object in it")
        yield Problem(forced, f"{name} is true: destroying it deletes {held}")


def _words(*names: str) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}


def _expirations(bucket: Resource, inventory: Inventory) -> Iterator[float]:
    """After how many days each rule deletes everything in the bucket."""
    for one in bucket.get("lifecycle_rule").items():
        condition = one.get("condition", 0)
        only = condition.get("with_state").text() == "ARCHIVED"
        only |= any(node for name, node in condition.entries() if name not in ("age", "with_state"))
        if one.get("action", 0, "type").text() == "Delete" and not only:
            yield condition.get("age").number()
    for lifecycle in inventory.referrers(bucket, "aws_s3_bucket_lifecycle_configuration"):
        rules = lifecycle.get("rule")
        # Rules that nobody knows spare no finding: what it says is true with any of them.
        for one in rules.items() if rules.known else ():
            chosen = (node for block in one.get("filter").items() for _, node in block.entries())
            only = bool(one.get("prefix")) or any(chosen)
            if one.get("status").text() == "Enabled" and not only:
                yield one.get("expiration", 0, "days").number()


def _raise_if_written_by(writer: Resource, bucket: Resource) -> None:
    for reference in writer.references:
        named = f"{bucket.address}[".startswith(f"{reference.target}[")
        if named and reference.node.path[0] in _WRITERS[writer.kind]:
            raise NotApplicable(f"it is where {writer.address} puts what can be made again")
