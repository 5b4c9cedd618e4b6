"""What a Service sends traffic to must survive the loss of one pod."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    callers_of,
    exclusive_claim,
    replica_floor,
    rule,
    scaler_of,
    workloads_behind,
)

# Stores whose pods each keep their own copy of the data: a second replica of one that was not
# told to replicate is a second, empty database. An image counts by the last word of its name:
# ``orders-mongodb`` is one, ``mongodb-exporter`` and ``kafka-consumer`` are not.
STORES = frozenset(
    {
        *("cassandra", "clickhouse", "cockroach", "consul", "couchbase", "couchdb", "db"),
        *(
            "documentdb",
            "dragonfly",
            "elasticsearch",
            "etcd",
            "influxdb",
            "kafka",
            "keydb",
            "loki",
            "mariadb",
        ),
        *("meilisearch", "memcached", "milvus", "minio", "mongo", "mongodb", "mssql", "mysql"),
        *("mysqldb", "nats", "neo4j", "opensearch", "percona", "pgvector", "postgis", "postgres"),
        *("postgresql", "prometheus", "qdrant", "questdb", "rabbitmq", "redis", "rethinkdb"),
        *("scylla", "spilo", "timescaledb", "typesense", "valkey", "vault", "weaviate"),
        *("zookeeper",),
    }
)
# Words behind the name of a store that tell its editions apart.
_EDITIONS = frozenset(
    {"alpine", "cluster", "community", "enterprise", "ha", "oss", "server", "stack", "standalone"}
)
_WORDS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=\d)")
_PLAIN = re.compile(r"[a-z0-9._-]+")


def _is_store(workload: Workload) -> bool:
    volumes = bool(workload.kind == "StatefulSet" and workload.get("spec", "volumeClaimTemplates"))
    return any(
        _names_store(image, volumes=volumes) for image in map(_image, workload.app_containers)
    )


def _image(container: Container) -> str:
    """The repository, or its last part alone where the rest is filled in later."""
    try:
        image = container.image
    except UnknownValue:
        last = container.get("image").text().rpartition("/")[2]
        name = last.partition("@")[0].partition(":")[0]
        if not _PLAIN.fullmatch(name):
            raise
        return name
    return image.repository


def _names_store(repository: str, *, volumes: bool) -> bool:
    if repository.endswith("mssql/server"):
        return True
    words = [word for word in _WORDS.split(repository.rpartition("/")[2]) if word]
    if volumes and not STORES.isdisjoint(words):
        return True
    while len(words) > 1 and words[-1] in _EDITIONS:
        words.pop()
    return bool(words) and words[-1] in STORES


def _beside(inventory: Inventory) -> dict[tuple[Resource, str], dict[tuple[str, str], int]]:
    """The replicas of the workloads that share a Service, by it and by their folder.

    Workloads of another folder may be those of another environment.
    """
    found: dict[tuple[Resource, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for service in inventory.of_kind("Service"):
        for workload in workloads_behind(inventory, service):
            try:
                floor, _ = replica_floor(inventory, workload)
            except UnknownValue:
                continue
            counts = found[service, workload.resource.folder]
            name = workload.kind, workload.name
            counts[name] = max(floor, counts.get(name, 0))
    return found


@rule(
    id="CAP001",
    title="workload behind a Service may run with a single pod",
    group="availability",
    kinds=SCALABLE,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#minreplicacount",
    ],
    aliases=[
        "kube-score:deployment-replicas",
        "polaris:deploymentMissingReplicas",
    ],
)
def replicas_too_few(
    workload: Workload, inventory: Inventory, *, minimum: int = 2
) -> Iterator[Problem]:
    services = callers_of(inventory, workload)
    if not services:
        raise NotApplicable("no Service sends it traffic")
    floor, counted = replica_floor(inventory, workload)
    if floor >= minimum:
        return
    if floor == 0 and scaler_of(inventory, workload) is None:
        raise NotApplicable("it is switched off: replicas is 0")
    if workload.idles:
        raise NotApplicable("its containers only keep the pod alive")
    if workload.get("spec", "strategy", "type").text() == "Recreate":
        raise NotApplicable("no two of its pods may run at once: strategy is Recreate")
    if _is_store(workload):
        raise NotApplicable("a data store is made redundant by its own replication")
    claim = exclusive_claim(workload, inventory)
    if claim:
        raise NotApplicable(f"no two nodes can mount its claim '{claim}': a second pod would wait")
    beside = inventory.index(_beside)
    if any(sum(beside[s, workload.resource.folder].values()) >= minimum for s in services):
        return
    default = "" if counted.present else " by default"
    yield Problem(
        counted,
        f"{counted.path[-1]} is {floor}{default}, less than {minimum}",
        ((services[0].node, "this Service sends it traffic"),),
    )
