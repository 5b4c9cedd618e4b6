"""A database that an operator runs with one instance is down whenever its node is."""

from collections.abc import Callable, Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, Resource, UnknownValue, rule

_Count = tuple[int, Node]


def _field(*path: str, default: int | None = None) -> Callable[[Resource], _Count]:
    """Reads the count at one place; without a default of the API, it must be written."""

    def read(database: Resource) -> _Count:
        node = database.get(*path)
        if default is None and not node.present:
            raise UnknownValue(f"it does not say {'.'.join(path)}")
        return int(node.number(default or 0)), node

    return read


def _sum(where: tuple[str, ...], field: str, default: int | None = None) -> Callable[..., _Count]:
    """Adds up the counts of sets of instances that make one database together."""

    def read(database: Resource) -> _Count:
        counts = [part.get(field) for part in database.get(*where).items()]
        if not counts or (default is None and not all(count.present for count in counts)):
            raise UnknownValue(f"{'.'.join(where)} does not say how many there are")
        return sum(int(count.number(default or 0)) for count in counts), counts[0]

    return read


# The number of copies that the API of each operator takes, with the API's default where it has one.
_COUNTS: dict[str, Callable[[Resource], _Count]] = {
    "acid.zalan.do/postgresql": _field("spec", "numberOfInstances"),
    "cassandra.datastax.com/CassandraDatacenter": _field("spec", "size"),
    "elasticsearch.k8s.elastic.co/Elasticsearch": _sum(("spec", "nodeSets"), "count"),
    "k8s.mariadb.com/MariaDB": _field("spec", "replicas", default=1),
    "k8ssandra.io/K8ssandraCluster": _sum(("spec", "cassandra", "datacenters"), "size"),
    "mongodbcommunity.mongodb.com/MongoDBCommunity": _field("spec", "members"),
    "mysql.oracle.com/InnoDBCluster": _field("spec", "instances", default=1),
    "postgres-operator.crunchydata.com/PostgresCluster": _sum(("spec", "instances"), "replicas", 1),
    "postgresql.cnpg.io/Cluster": _field("spec", "instances", default=1),
    "pxc.percona.com/PerconaXtraDBCluster": _field("spec", "pxc", "size"),
}
# Fields that make it follow another cluster, which is the one that serves.
_FOLLOWS = ("replica", "standby")


@rule(
    id="DAT010",
    title="database cluster has a single instance",
    group="resilience",
    kinds=_COUNTS,
    references=[
        "https://cloudnative-pg.io/documentation/current/architecture/",
        "https://postgres-operator.readthedocs.io/en/latest/reference/cluster_manifest/",
        "https://dev.mysql.com/doc/mysql-operator/en/mysql-operator-properties.html",
    ],
)
def db_single_instance(database: Resource) -> Iterator[Problem]:
    for field in _FOLLOWS:
        other = database.get("spec", field)
        if other.present and other.get("enabled").flag(default=True):
            raise NotApplicable(f"it has spec.{field}: it follows another cluster")
    if database.annotations.get("cnpg.io/hibernation") == "on":
        raise NotApplicable("it is hibernated")
    instances, node = _COUNTS[database.kind](database)
    if instances == 0:
        raise NotApplicable("it is switched off")
    if instances == 1:
        default = "" if node.present else " by default"
        yield Problem(
            node,
            f"{node.path[-1]} is 1{default}: nothing takes over when its node or pod is gone",
        )
