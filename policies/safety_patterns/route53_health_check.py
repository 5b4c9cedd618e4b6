"""DNS that chooses between several answers does not choose one that is down."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

_POLICIES = (
    "failover_routing_policy",
    "weighted_routing_policy",
    "latency_routing_policy",
    "multivalue_answer_routing_policy",
)
# Its one hosted zone; the names tell it where the target is made elsewhere.
_CLOUDFRONT = ("Z2FDTNDATAQYW2", "cloudfront", "cdn")
_ASKED = ("A", "AAAA", "CNAME")


@rule(
    id="SAF113",
    title="DNS record is answered although its target is down",
    group="weakness",
    kinds=["aws_route53_record"],
    references=[
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html",
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias-common.html",
    ],
)
def route53_health_check(record: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = _policy(record)
    if not policy:
        raise NotApplicable("it has no routing policy that passes over what is down")
    if record.get("type").text() not in _ASKED:
        raise NotApplicable("it is no address of a service")
    if _is_given_a_check(record):
        return
    if policy == "failover_routing_policy":
        if record.get(policy, 0, "type").text().upper() != "PRIMARY":
            raise NotApplicable("it is the last resort, which is answered in any case")
    else:
        _raise_if_alone(record, inventory)
    alias = record.get("alias", 0)
    if not alias.present:
        yield Problem(record.get("health_check_id"), f"{_short(policy)} record has no health check")
        return
    target = alias.get("name").identity() + alias.get("zone_id").identity()
    named = inventory.references(record, "aws_cloudfront_distribution")
    if named or any(sign in target for sign in _CLOUDFRONT):
        # https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
        raise NotApplicable("the health of a CloudFront distribution cannot be evaluated")
    if not alias.get("evaluate_target_health").flag():
        yield Problem(
            alias.get("evaluate_target_health"),
            f"{_short(policy)} record does not evaluate the health of its target",
        )


def _policy(record: Resource) -> str:
    for name in _POLICIES:
        value = record.get(name)
        if value.present and value.value is not False:
            return name
    return ""


def _short(policy: str) -> str:
    return policy.partition("_")[0]


def _is_given_a_check(record: Resource) -> bool:
    check = record.get("health_check_id")
    if check.known:
        return bool(check)
    # The id of a health check that is still to be made is known after apply only.
    return bool(record.named_at(str(check.path[0]))) or check.present


def _raise_if_alone(record: Resource, inventory: Inventory) -> None:
    """The others of its set may be in the stacks of other regions, or there may be none."""
    if not _has_weight(record):
        raise NotApplicable("its weight is 0: it is answered only when all others are down")
    others = [one for one in inventory.index(_sets)[_set(record)] if one is not record]
    if not others:
        raise UnknownValue("this scan holds no other record of its set")
    if not any(_has_weight(other) for other in others):
        raise NotApplicable("the others of its set have no weight: it is answered in any case")


def _has_weight(record: Resource) -> bool:
    return record.get("weighted_routing_policy", 0, "weight").number(1) != 0


def _set(record: Resource) -> tuple[str, ...]:
    names = (record.get(key).identity() for key in ("zone_id", "name", "type"))
    return (record.scope, *names)


def _sets(inventory: Inventory) -> dict[tuple[str, ...], list[Resource]]:
    found: dict[tuple[str, ...], list[Resource]] = defaultdict(list)
    for record in inventory.of_kind("aws_route53_record"):
        found[_set(record)].append(record)
    return found
