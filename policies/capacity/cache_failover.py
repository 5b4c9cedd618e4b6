"""A cache has a replica, and fails over to it by itself."""

from collections.abc import Callable, Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    setting,
)

_ALONE = "nothing takes over when its node fails or is patched"


def _replication_group(group: Resource) -> Iterator[Problem]:
    if group.get("global_replication_group_id").present:
        raise NotApplicable("it copies another group, which is the one that serves")
    failover = group.get("automatic_failover_enabled")
    if failover.known and failover.flag():
        yield from _one_zone(group)
        return
    number, node = _replicas(group)
    if number < 1:
        yield Problem(node, f"it has no replica: {_ALONE}")
    elif not failover.flag():
        state = "false" if failover.present else "not set"
        yield Problem(failover, f"automatic_failover_enabled is {state}: no replica takes over")


def _one_zone(group: Resource) -> Iterator[Problem]:
    if group.get("node_group_configuration").present:
        raise UnknownValue("each of its shards is told its own zones")
    number, node = _replicas(group, least=1)
    if number < 1:
        yield Problem(node, f"its shards have no replicas: {_ALONE}")
        return
    multi_az = group.get("multi_az_enabled")
    zones = group.get("preferred_cache_cluster_azs")
    if multi_az.flag() or len({zone.text() for zone in zones.items()}) > 1:
        return
    state = "false" if multi_az.present else "not set"
    yield Problem(multi_az, f"multi_az_enabled is {state}: the replicas may share a zone")


def _replicas(group: Resource, least: int = 0) -> tuple[float, Node]:
    """The copies of each shard, and where it says so; ``least`` where it does not.

    Without failover the default is one node. With it the provider demands a number of nodes, or
    one of shards: documentation of aws_elasticache_replication_group, provider 6.
    """
    for path in (("replicas_per_node_group",), ("cluster_mode", 0, "replicas_per_node_group")):
        node = group.get(*path)
        if node.present:
            return node.number(), node
    for name in ("num_cache_clusters", "number_cache_clusters"):
        node = group.get(name)
        if node.present:
            return node.number() - 1, node
    if group.get("num_node_groups").present:
        raise UnknownValue("it does not say replicas_per_node_group")
    return least, group.get("num_cache_clusters")


def _cluster(cluster: Resource) -> Iterator[Problem]:
    engine = cluster.get("engine")
    if cluster.named_at("replication_group_id") or cluster.get("replication_group_id").present:
        raise NotApplicable("it is a node of a replication group")
    if not engine.present:
        raise UnknownValue("it does not say its engine")
    if engine.text() == "memcached":
        raise NotApplicable("Memcached has no replicas: each node holds a part")
    yield Problem(engine, f"a single {engine.text()} node: {_ALONE}")


def _count(*path: str, most: int, what: str) -> Callable[[Resource], Iterator[Problem]]:
    """Asks for more than ``most``; without a default of the provider it must be written."""

    def check(cache: Resource) -> Iterator[Problem]:
        node = setting(cache, *path)
        if not node.present:
            raise UnknownValue(f"it does not say {'.'.join(path)}")
        if node.number() <= most:
            yield Problem(node, f"{path[-1]} is {node.text()}: {what}, and {_ALONE}")

    return check


def _tier(name: str, alone: str) -> Callable[[Resource], Iterator[Problem]]:
    def check(cache: Resource) -> Iterator[Problem]:
        node = cache.get(name)
        tier = setting(cache, name).text()
        if tier.lower() == alone.lower():
            state = f"is {tier}" if node.present else f"is not set, and {tier} by default"
            yield Problem(node, f"{name} {state}: {_ALONE}")

    return check


_CHECKS: dict[str, Callable[[Resource], Iterator[Problem]]] = {
    "aws_dax_cluster": _count("replication_factor", most=1, what="one node"),
    "aws_elasticache_cluster": _cluster,
    "aws_elasticache_replication_group": _replication_group,
    "aws_memorydb_cluster": _count("num_replicas_per_shard", most=0, what="no replica"),
    "azurerm_redis_cache": _tier("sku_name", "Basic"),
    "google_memorystore_instance": _count("replica_count", most=0, what="no replica"),
    "google_redis_cluster": _count("replica_count", most=0, what="no replica"),
    "google_redis_instance": _tier("tier", "BASIC"),
}


@rule(
    id="CAP041",
    title="cache has no replica that takes over by itself",
    group="resilience",
    kinds=_CHECKS,
    references=[
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html",
        "https://cloud.google.com/memorystore/docs/redis/redis-tiers",
        "https://learn.microsoft.com/en-us/azure/azure-cache-for-redis/cache-high-availability",
    ],
    aliases=["checkov:CKV2_AWS_50", "checkov:CKV_AZURE_230"],
)
def cache_failover(cache: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(cache, "aws_elasticache_cluster"):
        raise UnknownValue("nodes of it are resources of their own")
    yield from _CHECKS[cache.kind](cache)
