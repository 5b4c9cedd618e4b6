"""A log group keeps its logs long enough to investigate with, and not for ever."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule

_SUBSCRIPTION = "aws_cloudwatch_log_subscription_filter"


# Neither end of it is an incident: "advice".
@rule(
    id="OBS002",
    title="logs are deleted too soon to investigate with, or never",
    group="advice",
    kinds=["aws_cloudwatch_log_group"],
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    ],
)
def log_group_retention(
    group: Resource, inventory: Inventory, *, minimum: int = 30
) -> Iterator[Problem]:
    # https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group
    if group.get("log_group_class").identity() == "DELIVERY":
        raise NotApplicable("logs of the class DELIVERY are only passed on")
    retention = group.get("retention_in_days")
    days = retention.number()
    if days == 0:  # by default: the provider's documentation, as above
        state = "is 0" if retention.present else "is not set"
        yield Problem(
            retention, f"retention_in_days {state}: logs, and their cost, pile up for ever"
        )
    elif days < minimum and not _is_passed_on(group, inventory):
        count = "1 day" if days == 1 else f"{days:g} days"
        yield Problem(retention, f"retention_in_days is {count}, less than {minimum}")


def _is_passed_on(group: Resource, inventory: Inventory) -> bool:
    """Whether a subscription carries the logs elsewhere, where they can be kept for longer."""
    if inventory.referrers(group, _SUBSCRIPTION):
        return True
    name = group.get("name").identity()
    return bool(name) and name in inventory.index(_subscriptions)


def _subscriptions(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for subscription in inventory.of_kind(_SUBSCRIPTION):
        found[subscription.get("log_group_name").identity()].append(subscription)
    return found
