"""What must not be destroyed is not also made easy to destroy."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule, setting

# For each attribute, the value that takes a guard away; only what is written counts.
_OPENERS = {
    "delete_contents_on_destroy": "true",
    "deletion_protection": "false",
    "deletion_protection_enabled": "false",
    "force_delete": "true",
    "force_destroy": "true",
    "recovery_window_in_days": "0",
    "skip_final_snapshot": "true",
}
_PROTECTIONS: tuple[tuple[str | int, ...], ...] = (
    ("deletion_protection",),
    ("deletion_protection_enabled",),
    ("settings", 0, "deletion_protection_enabled"),
)


@rule(
    id="DAT054",
    title="prevent_destroy stands beside a setting that makes destroying easy",
    group="advice",
    kinds=[
        "aws_backup_vault",
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_dynamodb_table",
        "aws_ecr_repository",
        "aws_neptune_cluster",
        "aws_rds_cluster",
        "aws_redshift_cluster",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "google_bigquery_dataset",
        "google_bigquery_table",
        "google_bigtable_instance",
        "google_container_cluster",
        "google_spanner_database",
        "google_spanner_instance",
        "google_sql_database_instance",
        "google_storage_bucket",
    ],
    references=[
        "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle",
    ],
)
def prevent_destroy_vs_force_destroy(resource: Resource) -> Iterator[Problem]:
    guard = resource.get("lifecycle", 0, "prevent_destroy")
    if not guard.flag():
        raise NotApplicable("it has no lifecycle.prevent_destroy")
    # What the API itself refuses to delete needs no other guard.
    if any(setting(resource, *keys).flag() for keys in _PROTECTIONS):
        return
    for name, opener in _OPENERS.items():
        value = resource.get(name)
        if value.present and value.text() == opener:
            yield Problem(
                value,
                f"{name} is {opener} beside prevent_destroy, which goes away with the block",
                related=((guard, "the only guard"),),
            )
