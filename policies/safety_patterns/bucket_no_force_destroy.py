"""What holds data refuses to be destroyed before it is empty."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    expect_lasting,
    expirations,
    rule,
)

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
    expect_lasting(*names, also=("artifact", "artifacts"))
    # Rules that nobody knows spare no finding: what it says is true with any of them.
    for age in expirations(bucket, inventory, known_only=True):
        if age <= passing_days:
            raise NotApplicable(f"everything in it is deleted after {age:g} days")
    for writer in inventory.referrers(bucket, *_WRITERS):
        if writer.names(bucket, *_WRITERS[writer.kind]):
            raise NotApplicable(f"it is where {writer.address} puts what can be made again")
    if forced.flag():
        held = _HELD.get(bucket.kind, "every object in it")
        yield Problem(forced, f"{name} is true: destroying it deletes {held}")
