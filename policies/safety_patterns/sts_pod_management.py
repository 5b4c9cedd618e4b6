"""Some stores let one member join at a time: their pods must start in order."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Inventory,
    NotApplicable,
    Problem,
    Workload,
    replica_floor,
    rule,
)

# By image: why its members must not start side by side. Most stores can, and the makers of
# several (CockroachDB, Consul, Elasticsearch, NATS, RabbitMQ, Vault) ask for Parallel.
_IN_ORDER = {
    "cassandra": "Cassandra refuses a node that joins while another one does",
    "dse-server": "Cassandra refuses a node that joins while another one does",
    "mariadb-galera": "the first Galera node must form the cluster that the others join",
    "percona-xtradb-cluster": "the first Galera node must form the cluster that the others join",
}
# Settings with which a Cassandra node joins whatever the others do.
_JOINS_ANYHOW = ("consistent.rangemovement=false", "auto_bootstrap=false")


@rule(
    id="SAF027",
    title="clustered store starts all its pods at once",
    group="disputed",
    kinds=["StatefulSet"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-management-policies",
        "https://cassandra.apache.org/doc/latest/cassandra/managing/operating/topo_changes.html",
    ],
)
def sts_pod_management(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    chosen = workload.get("spec", "podManagementPolicy")
    # Absent is OrderedReady.
    if chosen.text() != "Parallel":
        return
    reasons = [_IN_ORDER.get(container.image.basename) for container in workload.app_containers]
    reason = next(filter(None, reasons), None)
    if reason is None:
        raise NotApplicable("nothing is known against starting its pods side by side")
    if any(_joins_anyhow(container) for container in workload.app_containers):
        raise NotApplicable("it is told to join without waiting for other nodes")
    if replica_floor(inventory, workload)[0] < 2:
        raise NotApplicable("it is one pod")
    yield Problem(chosen, f"podManagementPolicy is Parallel: {reason}")


def _joins_anyhow(container: Container) -> bool:
    values = [env.value.text().lower() for env in container.env]
    return any(setting in value for value in values for setting in _JOINS_ANYHOW)
