"""A Cloud Storage bucket keeps what is overwritten or deleted for some days."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Node, NotApplicable, Problem, Resource, rule

_PASSING_NAMES = frozenset(
    {"cache", "log", "logging", "logs", "scratch", "temp", "temporary", "tmp"}
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
    telling = _words(bucket.address, bucket.get("name").identity()) & _PASSING_NAMES
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
    for writer in inventory.referrers(bucket, *_WRITERS):
        _raise_if_written_by(writer, bucket)
    _raise_if_passing(bucket, passing_days)
    if kept.number() == 0:
        yield Problem(
            kept, "soft delete is off, and so is versioning: what is deleted is gone at once"
        )


def _words(*names: str) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}


def _raise_if_written_by(writer: Resource, bucket: Resource) -> None:
    for reference in writer.references:
        named = f"{bucket.address}[".startswith(f"{reference.target}[")
        if named and reference.node.path[0] in _WRITERS[writer.kind]:
            raise NotApplicable(f"it is where {writer.address} puts logs or build results")


def _raise_if_passing(bucket: Resource, days: int) -> None:
    """Everything in it expires soon: then nothing in it is meant to be kept."""
    for one in bucket.get("lifecycle_rule").items():
        age = one.get("condition", 0, "age").number()
        deletes = one.get("action", 0, "type").text() == "Delete"
        if deletes and 0 < age <= days and _concerns_all(one.get("condition", 0)):
            raise NotApplicable(f"everything in it is deleted after {age:g} days")


def _concerns_all(condition: Node) -> bool:
    if condition.get("with_state").text() == "ARCHIVED":
        return False
    return not any(node for name, node in condition.entries() if name not in ("age", "with_state"))
