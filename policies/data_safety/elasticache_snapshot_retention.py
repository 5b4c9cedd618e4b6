"""A Redis or Valkey that is more than a cache has daily snapshots."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    restored_from,
    rule,
    setting,
)

_GROUP = "aws_elasticache_replication_group"
_TELLING = ("cluster_id", "description", "replication_group_id")


@rule(
    id="DAT024",
    title="in-memory store has no snapshots",
    group="advice",
    kinds=[_GROUP, "aws_elasticache_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html",
    ],
    aliases=["checkov:CKV_AWS_134", "trivy:AWS-0050"],
)
def elasticache_snapshot_retention(
    store: Resource, inventory: Inventory, *, days: int = 1
) -> Iterator[Problem]:
    retention = setting(store, "snapshot_retention_limit")
    if retention.known and retention.number() >= days:
        return
    _raise_if_not_its_own(store)
    _raise_if_cache(store, inventory)
    if not store.get("snapshot_retention_limit").present:
        restored = restored_from(store)
        if restored:
            raise UnknownValue(f"snapshot_retention_limit may come with what {restored} restores")
        yield Problem(retention, "snapshot_retention_limit is not set: no snapshots by default")
    elif retention.number() < days:
        least = f", less than {days}" if retention.number() else ": no snapshots are made"
        yield Problem(retention, f"snapshot_retention_limit is {retention.text()}{least}")


def _raise_if_not_its_own(store: Resource) -> None:
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/elasticache_replication_group
    if _names(store, "global_replication_group_id"):
        raise NotApplicable("it is a secondary of a global data store")
    if store.kind == _GROUP:
        return
    if _names(store, "replication_group_id"):
        raise NotApplicable("it belongs to a replication group, which has the snapshots")
    if store.get("engine").text() == "memcached":
        raise NotApplicable("Memcached cannot be backed up")


def _names(store: Resource, attribute: str) -> bool:
    """Whether it names another resource there, whatever the name will be."""
    return bool(store.named_at(attribute)) or store.get(attribute).present


def _raise_if_cache(store: Resource, inventory: Inventory) -> None:
    """Where it says of itself that any of its keys may go."""
    told = [store.name, *(store.get(name).identity() for name in _TELLING)]
    if any("cache" in re.split(r"[^a-z]+", text.lower()) for text in told):
        raise NotApplicable("its name says that it is a cache")
    for parameters in inventory.references(store, "aws_elasticache_parameter_group"):
        for parameter in parameters.get("parameter").items():
            evicts = parameter.get("value").identity().startswith("allkeys-")
            if evicts and parameter.get("name").identity() == "maxmemory-policy":
                raise NotApplicable("it evicts any key when it is full: a cache")
