"""A database, a table or a directory of users cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    holds_terraform_locks,
    is_replica,
    items_expire,
    provider_since,
    rule,
    setting,
)

# The switches of each kind: one that is on is enough. Google's are on unless set.
_SWITCHES: dict[str, tuple[tuple[str | int, ...], ...]] = {
    "aws_cognito_user_pool": (("deletion_protection",),),
    "aws_docdb_cluster": (("deletion_protection",),),
    "aws_dynamodb_table": (("deletion_protection_enabled",),),
    "aws_neptune_cluster": (("deletion_protection",),),
    "google_alloydb_cluster": (("deletion_protection",),),
    "google_bigtable_instance": (("deletion_protection",),),
    "google_spanner_database": (("deletion_protection",), ("enable_drop_protection",)),
    "google_sql_database_instance": (
        ("deletion_protection",),
        ("settings", 0, "deletion_protection_enabled"),
    ),
}


@rule(
    id="SAF081",
    title="data store can be deleted by a single command",
    group="data-loss",
    kinds=_SWITCHES,
    references=[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
        "https://docs.aws.amazon.com/documentdb/latest/developerguide/db-cluster-delete.html",
        "https://cloud.google.com/sql/docs/postgres/deletion-protection",
    ],
    aliases=[
        "checkov:CKV2_AWS_58",
        "checkov:CKV_GCP_119",
        "checkov:CKV_GCP_120",
        "checkov:CKV_GCP_122",
    ],
)
def database_deletion_protection(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    switches = [setting(store, *keys) for keys in _SWITCHES[store.kind]]
    if any(switch.known and _is_on(switch) for switch in switches):
        return
    _raise_if_not_precious(store)
    for switch in switches:
        if _is_on(switch):
            return
    written = store.get(*switches[0].path)
    if not switches[0].present:
        # https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/version_7_upgrade
        if store.kind == "google_alloydb_cluster" and provider_since(store, inventory, "google", 7):
            return
        raise UnknownValue("whether it is protected unless set differs by the provider's version")
    state = switches[0].text() if written.present else "not set"
    yield Problem(written, f"{switches[0].path[-1]} is {state}: one command deletes it")


def _is_on(switch: Node) -> bool:
    return switch.text() in ("true", "ACTIVE")


def _raise_if_not_precious(store: Resource) -> None:
    if is_replica(store):
        raise NotApplicable("it is a replica: its source holds the data")
    if holds_terraform_locks(store):
        raise NotApplicable("it holds Terraform's locks, which last for one run")
    if items_expire(store):
        raise NotApplicable("its items expire by themselves")
