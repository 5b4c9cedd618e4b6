"""A database cluster has a second instance that can take over."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    is_replica,
    rule,
    scalable_targets,
)

_MEMBERS = {
    "aws_docdb_cluster": "aws_docdb_cluster_instance",
    "aws_neptune_cluster": "aws_neptune_cluster_instance",
    "aws_rds_cluster": "aws_rds_cluster_instance",
}


@rule(
    id="CAP040",
    title="database cluster has one instance, and nothing that takes over",
    group="availability",
    kinds=_MEMBERS,
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html",
        "https://docs.aws.amazon.com/documentdb/latest/developerguide/failover.html",
        "https://docs.aws.amazon.com/neptune/latest/userguide/feature-overview-availability.html",
    ],
)
def db_cluster_multi_instance(cluster: Resource, inventory: Inventory) -> Iterator[Problem]:
    if is_replica(cluster):
        raise NotApplicable("it copies another cluster, which is the one that serves")
    if cluster.get("engine_mode").text() == "serverless":
        raise NotApplicable("Aurora Serverless v1 has no instances: AWS moves it to another zone")
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts.html
    if cluster.get("db_cluster_instance_class").present:
        return
    members = _members(cluster, inventory)
    several = _siblings(cluster, inventory)
    if len(members) >= 2 * several:
        zones = [member.get("availability_zone") for member in members]
        if several == 1 and all(z.known and z.present for z in zones):
            names = {zone.text() for zone in zones}
            if len(names) == 1:
                yield Problem(zones[0], f"all {len(members)} instances stand in {min(names)}")
        return
    _raise_if_more(cluster, members, inventory)
    if several > 1 or len(members) != 1:
        raise UnknownValue("which instances belong to it is not known")
    if cluster.get("global_cluster_identifier").present:
        raise UnknownValue("it is part of a global cluster, and may not be the one that serves")
    yield Problem(
        cluster.node,
        "one instance: nothing takes over when it fails or is patched",
        ((members[0].node, "the only instance"),),
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """The members of one scope by the name of their cluster, and those of no known cluster."""

    by_name: dict[str, list[Resource]]
    lost: list[Resource]


def _members(cluster: Resource, inventory: Inventory) -> list[Resource]:
    """The instances that refer to the cluster, or that give its name."""
    kind = _MEMBERS[cluster.kind]
    found = dict.fromkeys(inventory.referrers(cluster, kind))
    name = cluster.get("cluster_identifier").identity()
    table = inventory.index(_named).get((cluster.scope, kind))
    if name and table is not None:
        found.update(dict.fromkeys(table.by_name.get(name, ())))
    return [member for member in found if not member.address.endswith("[*]")]


def _named(inventory: Inventory) -> dict[tuple[str, str], _Named]:
    found: dict[tuple[str, str], _Named] = {}
    for member in inventory.of_kind(*_MEMBERS.values()):
        table = found.setdefault((member.scope, member.kind), _Named(defaultdict(list), []))
        name = member.get("cluster_identifier")
        if name.known:
            table.by_name[name.identity()].append(member)
        elif not inventory.references(member, *_MEMBERS):
            table.lost.append(member)
    return found


def _siblings(cluster: Resource, inventory: Inventory) -> int:
    """How many clusters one block makes: a reference does not tell them apart."""
    return inventory.index(_blocks)[cluster.scope, cluster.unkeyed]


def _blocks(inventory: Inventory) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for cluster in inventory.of_kind(*_MEMBERS):
        found[cluster.scope, cluster.unkeyed] += 1
    return found


def _raise_if_more(cluster: Resource, members: list[Resource], inventory: Inventory) -> None:
    """Instances that are not in ``members``, or that may be made when it runs."""
    kind = _MEMBERS[cluster.kind]
    for member in inventory.referrers(cluster, kind):
        if member.address.endswith("[*]"):
            raise UnknownValue(f"how many instances {member.address} stands for is not known")
    table = inventory.index(_named).get((cluster.scope, kind))
    for member in table.lost if table is not None else ():
        raise UnknownValue(f"{member.address} may be an instance of it")
    expect_no_module(cluster, inventory, "may add instances")
    for target in scalable_targets(cluster, inventory):
        raise UnknownValue(f"{target.address} adds instances as it needs them")
    if not members:
        raise UnknownValue("none of its instances is in this scan")
