"""A store that decides by majority stops when a drain takes half of its members."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Container,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    label_selector,
    replica_floor,
    rule,
    share,
    together,
    workloads_counted,
    workloads_perhaps_counted,
)

# Images whose StatefulSet is a group of voters, by the last part of their name.
_STORES = {
    "clickhouse-keeper",
    "cockroach",
    "consul",
    "cp-zookeeper",
    "etcd",
    "kubernetes-zookeeper",
    "mongo",
    "mongodb",
    "mongodb-community-server",
    "mongodb-enterprise-server",
    "percona-server-mongodb",
    "rabbitmq",
    "redpanda",
    "rqlite",
    "zookeeper",
}
# Brokers are no voters; what holds a role of a KRaft controller is.
_KAFKAS = {"kafka", "cp-kafka", "cp-server"}
# They vote when they keep data of their own: JetStream, integrated storage.
_STORES_WITH_DATA = {"nats", "vault", "openbao"}
_FEWEST = 3


@rule(
    id="SAF043",
    title="PodDisruptionBudget lets a drain take a store's quorum",
    group="availability",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions",
        "https://kubernetes.io/docs/tutorials/stateful-application/zookeeper/#surviving-maintenance",
        "https://etcd.io/docs/v3.5/faq/#what-is-failure-tolerance",
    ],
)
def pdb_quorum(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    if label_selector(budget.get("spec", "selector")) is None:
        raise NotApplicable("the budget has no selector, and so selects nothing")
    # The pods of Jobs and of Helm's tests come and go.
    counted = [w for w in workloads_counted(inventory, budget) if w.kind in SERVING]
    copies = [workload for workload in counted if _decides_by_majority(workload)]
    if not copies:
        raise NotApplicable("it counts no StatefulSet known to decide by majority")
    first = copies[0]
    if any(workload.address != first.address for workload in counted):
        raise NotApplicable("it counts several workloads")
    members = [replica_floor(inventory, workload)[0] for workload in copies]
    if max(members) < _FEWEST:
        raise NotApplicable("fewer than three members have no majority to keep")
    judged = (_too_many(budget, workload, inventory) for workload in copies)
    problems = [problem for problem in judged if problem]
    if not problems:
        return
    paths = [budget.path, *(workload.resource.path for workload in copies)]
    unread = next(filter(None, (inventory.unread(near=path) for path in paths)), None)
    if unread is not None:
        raise UnknownValue(f"it is too wide for the replicas known; {unread}")
    if len(problems) < len(copies):
        raise UnknownValue(f"{len(copies)} files declare {first.address} with other replicas")
    if not together(budget, first.resource):
        raise UnknownValue(f"{first.address} may belong to another project")
    for workload in workloads_perhaps_counted(inventory, budget):
        raise UnknownValue(f"it may count the pods of {workload.address} too")
    yield problems[0]


def _decides_by_majority(workload: Workload) -> bool:
    return workload.kind == "StatefulSet" and any(
        _votes(container) for container in workload.app_containers
    )


def _votes(container: Container) -> bool:
    name = container.image.basename
    if name in _STORES:
        words = [*container.get("command").items(), *container.get("args").items()]
        return not any("mongos" in word.text() for word in words)  # a router keeps no data
    if name in _KAFKAS:
        roles = (env.value for env in container.env if env.name.endswith("PROCESS_ROLES"))
        return any("controller" in value.text() for value in roles)
    claims = container.workload.get("spec", "volumeClaimTemplates").items()
    return name in _STORES_WITH_DATA and any(
        "audit" not in claim.get("metadata", "name").text() for claim in claims
    )


def _too_many(budget: Resource, workload: Workload, inventory: Inventory) -> Problem | None:
    members, counted = replica_floor(inventory, workload)
    most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
    if most.present:
        limit, gone = most, share(most, members, round_up=True)
    elif least.present:
        limit, gone = least, members - share(least, members, round_up=True)
    else:
        raise NotApplicable("the budget sets neither minAvailable nor maxUnavailable")
    quorum = members // 2 + 1
    left = max(members - gone, 0)
    if left >= quorum or members < _FEWEST:
        return None
    return Problem(
        limit,
        f"a drain may leave {left} of the {members} members of {workload.name}, and {quorum} are a"
        " quorum",
        ((counted, f"{workload.name} has {members} members"),),
    )
