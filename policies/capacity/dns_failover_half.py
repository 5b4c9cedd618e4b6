"""A failover record has a partner, and the partner is somewhere else."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

_Key = tuple[str, str]


@rule(
    id="CAP058",
    title="DNS failover leads nowhere, or back to the same place",
    group="resilience",
    kinds=["aws_route53_record"],
    references=[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    ],
)
def dns_failover_half(record: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = record.get("failover_routing_policy")
    if not policy.present or not any(True for _ in policy.items()):
        raise NotApplicable("it is not part of a failover")
    if policy.get(0, "type").text() != "PRIMARY":
        raise NotApplicable("its primary record is what is asked")
    partners = inventory.index(_secondaries).get(_key(record, inventory), [])
    for other in partners:
        if _zone(record) != _zone(other):
            continue
        target = _target(record, inventory)
        if target and target == _target(other, inventory):
            yield Problem(
                policy,
                "the secondary record leads to the same place as this one",
                ((other.node, "the secondary record"),),
            )
        return
    if partners:
        raise UnknownValue(f"{partners[0].address} may be its partner")
    _raise_if_elsewhere(record, inventory)
    yield Problem(policy, "a PRIMARY record without a SECONDARY: there is nothing to fail over to")


def _key(record: Resource, inventory: Inventory) -> _Key:
    """The full name of a record, which may be written without that of its zone, and its type."""
    name = _dns_name(record.get("name").text())
    for zone in inventory.references(record, "aws_route53_zone"):
        domain = _dns_name(zone.get("name").identity())
        if not f".{name}".endswith(f".{domain}"):
            name = f"{name}.{domain}".lstrip(".")
    return name, record.get("type").text()


def _dns_name(text: str) -> str:
    return text.rstrip(".").lower()


def _zone(record: Resource) -> tuple[str, ...]:
    """The zone of a record: the resources it is named by, or its id."""
    named = sorted(record.named_at("zone_id"))
    return record.scope, *(named or [record.get("zone_id").identity()])


def _secondaries(inventory: Inventory) -> dict[_Key, list[Resource]]:
    """The secondary records of the scan by their name and type."""
    found: dict[_Key, list[Resource]] = defaultdict(list)
    for record in inventory.of_kind("aws_route53_record"):
        role = record.get("failover_routing_policy", 0, "type")
        if role.identity() == "SECONDARY" and not _is_lost(record):
            found[_key(record, inventory)].append(record)
    return found


def _is_lost(record: Resource) -> bool:
    """Whether it is not known what record it is, or which half of a failover."""
    role = record.get("failover_routing_policy", 0, "type")
    return not all(type(n.value) is str for n in (role, record.get("name"), record.get("type")))


def _lost(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the records that may be the half of any failover."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for record in inventory.of_kind("aws_route53_record"):
        policy = record.get("failover_routing_policy")
        if (not policy.known or policy) and _is_lost(record):
            found[record.scope].append(record)
    return found


def _raise_if_elsewhere(record: Resource, inventory: Inventory) -> None:
    for other in inventory.index(_lost).get(record.scope, ()):
        raise UnknownValue(f"{other.address} may be its partner")
    if not inventory.references(record, "aws_route53_zone"):
        raise UnknownValue("its zone is declared elsewhere, and so may be its partner")


def _target(record: Resource, inventory: Inventory) -> set[str]:
    """What a record leads to, where that can be compared; empty where it cannot."""
    alias = record.get("alias", 0, "name")
    values = alias if not alias.known or alias.present else record.get("records")
    if values.known:
        listed = [values] if values.path[0] == "alias" else list(values.items())
        if all(value.known for value in listed):
            return {value.text() for value in listed}
    targets = record.named_at(str(values.path[0]))
    instances = [one for one in inventory.references(record) if one.address in targets]
    return set(targets) if len(instances) == len(targets) == 1 else set()
