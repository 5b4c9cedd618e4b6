"""Buckets of S3 and Cloud Storage: what configures them, and when what they hold is deleted."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource, same_instances

BUCKET_VERSIONING = "aws_s3_bucket_versioning"
_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"


def configurations_of(bucket: Resource, inventory: Inventory, kind: str) -> list[Resource]:
    """What configures a bucket of S3, of a kind: the resources that refer to it or name it.

    Of several for one repeated bucket, those of the same instance.
    """
    found = dict.fromkeys(inventory.referrers(bucket, kind))
    name = bucket.get("bucket").identity()
    if name:
        found.update(dict.fromkeys(inventory.index(_by_bucket_name).get((kind, name), ())))
    return same_instances(bucket, list(found))


def expirations(
    bucket: Resource, inventory: Inventory, *, known_only: bool = False
) -> Iterator[float]:
    """After how many days each lifecycle rule deletes everything in a bucket.

    Raises :class:`UnknownValue` where a rule is not known; with ``known_only`` not for those of a
    resource beside it that are not known as a whole.
    """
    rules = list(bucket.get("lifecycle_rule").items())
    if bucket.kind == "google_storage_bucket":
        yield from _google(rules)
        return
    for configuration in configurations_of(bucket, inventory, _LIFECYCLE):
        beside = configuration.get("rule")
        rules += beside.items() if beside.known or not known_only else ()
    for one in rules:
        for expiration in one.get("expiration").items():
            days = expiration.get("days").number()
            if days > 0 and _is_on(one) and _concerns_all(one):
                yield days


def _google(rules: list[Node]) -> Iterator[float]:
    for one in rules:
        condition = one.get("condition", 0)
        only = condition.get("with_state").text() == "ARCHIVED"
        only |= any(node for name, node in condition.entries() if name not in ("age", "with_state"))
        days = condition.get("age").number()
        if days > 0 and one.get("action", 0, "type").text() == "Delete" and not only:
            yield days


def _is_on(lifecycle_rule: Node) -> bool:
    status = lifecycle_rule.get("status")
    return status.text() == "Enabled" if status.present else lifecycle_rule.get("enabled").flag()


def _concerns_all(lifecycle_rule: Node) -> bool:
    narrowed = [lifecycle_rule.get("prefix"), lifecycle_rule.get("tags")]
    for chosen in lifecycle_rule.get("filter").items():
        narrowed += [node for _, node in chosen.entries()]
    return not any(narrowed)


def _by_bucket_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(BUCKET_VERSIONING, _LIFECYCLE):
        found[resource.kind, resource.get("bucket").identity()].append(resource)
    return found
