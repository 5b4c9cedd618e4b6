"""A database whose volumes go with its StatefulSet is one wrong delete away from empty."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from prodready_infra.sdk import (
    Container,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
)

# Stores that people keep what they cannot lose in; caches and what is read again are left out.
# An image counts by the last word of its name: ``orders-mongodb``, but not ``mongodb-exporter``.
_STORES = frozenset(
    {
        *("cassandra", "cockroach", "couchbase", "couchdb", "etcd", "influxdb", "kafka"),
        *("mariadb", "minio", "mongo", "mongodb", "mssql", "mysql", "neo4j", "percona"),
        *("pgvector", "postgis", "postgres", "postgresql", "rethinkdb", "scylla", "spilo"),
        *("timescaledb", "vault"),
    }
)
_EDITIONS = frozenset({"alpine", "community", "enterprise", "ha", "oss", "server"})
_WORDS = re.compile(r"[^a-z0-9]+")


@rule(
    id="DAT008",
    title="volumes of a database are deleted with its StatefulSet or its pods",
    group="data-loss",
    kinds=["StatefulSet"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
    ],
)
def sts_pvc_delete(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    if not workload.get("spec", "volumeClaimTemplates"):
        raise NotApplicable("it has no volumeClaimTemplates")
    policy = workload.get("spec", "persistentVolumeClaimRetentionPolicy")
    fields = (
        (policy.get("whenDeleted"), "deleting the StatefulSet deletes the database"),
        (policy.get("whenScaled"), "scaling in, even for an hour to 0, deletes volumes"),
    )
    # Absent is Retain.
    deleting = [(node, told) for node, told in fields if node.text("Retain") == "Delete"]
    if not deleting or _is_backed_up(workload, inventory):
        return
    if not any(map(_is_store, workload.app_containers)):
        raise UnknownValue("its volumes are deleted with it, and may hold no more than a cache")
    for node, told in deleting:
        yield Problem(node, f"{node.path[-1]} is Delete: {told}")


def _is_store(container: Container) -> bool:
    words = [word for word in _WORDS.split(container.image.repository.rpartition("/")[2]) if word]
    while len(words) > 1 and words[-1] in _EDITIONS:
        words.pop()
    return bool(words) and words[-1] in _STORES


def _is_backed_up(workload: Workload, inventory: Inventory) -> bool:
    return any(
        _takes(schedule, workload.namespace) for schedule in inventory.of_kind("velero.io/Schedule")
    )


def _takes(schedule: Resource, namespace: str) -> bool:
    """Whether it takes the namespace; what else it leaves out is another rule's question."""
    template = schedule.get("spec", "template")
    included = [name.text() for name in template.get("includedNamespaces").items()]
    excluded = [name.text() for name in template.get("excludedNamespaces").items()]
    if schedule.get("spec", "paused").flag():
        return False
    if not namespace and included not in ([], ["*"]):
        raise UnknownValue("it names no namespace, and the Schedules list theirs")
    return _has(included or ["*"], namespace) and not _has(excluded, namespace)


def _has(patterns: list[str], namespace: str) -> bool:
    return any(fnmatchcase(namespace, pattern) for pattern in patterns)
