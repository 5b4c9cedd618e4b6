"""A Cloud Storage bucket keeps what is overwritten or deleted for some days."""

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

# Where each kind names a bucket of logs or build results.
_WRITERS = {
    "google_cloudbuild_trigger": ("build",),
    "google_cloudfunctions2_function": ("build_config",),
    "google_cloudfunctions_function": ("source_archive_bucket",),
    "google_dataflow_flex_template_job": ("staging_location", "temp_location"),
    "google_dataflow_job": ("temp_gcs_location",),
    "google_dataproc_cluster": ("cluster_config",),
    "google_logging_project_sink": ("destination",),
    "google_storage_bucket": ("logging",),
}


@rule(
    id="DAT043",
    title="Cloud Storage bucket loses at once what is overwritten or deleted in it",
    group="data-loss",
    kinds=["google_storage_bucket"],
    references=[
        "https://cloud.google.com/storage/docs/soft-delete",
        "https://cloud.google.com/storage/docs/object-versioning",
    ],
    aliases=["checkov:CKV_GCP_78", "trivy:GCP-0078"],
)
def gcs_versioning(
    bucket: Resource, inventory: Inventory, *, passing_days: int = 90
) -> Iterator[Problem]:
    kept = bucket.get("soft_delete_policy", 0, "retention_duration_seconds")
    # Left out, deleted and overwritten objects are kept for seven days.
    if kept.known and (not kept.present or kept.number() > 0):
        return
    if bucket.get("versioning", 0, "enabled").flag():
        return
    if bucket.get("retention_policy"):
        raise NotApplicable("its retention policy lets nobody overwrite or delete")
    expect_lasting(bucket.address, bucket.get("name").identity())
    for writer in inventory.referrers(bucket, *_WRITERS):
        if writer.names(bucket, *_WRITERS[writer.kind]):
            raise NotApplicable(f"it is where {writer.address} puts logs or build results")
    for age in expirations(bucket, inventory):
        if age <= passing_days:
            raise NotApplicable(f"everything in it is deleted after {age:g} days")
    if kept.number() == 0:
        yield Problem(
            kept, "soft delete is off, and so is versioning: what is deleted is gone at once"
        )
