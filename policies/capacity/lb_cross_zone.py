"""A load balancer spreads its traffic over the targets of all zones."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

_ATTRIBUTES = {
    "aws_elb": "cross_zone_load_balancing",
    "aws_lb": "enable_cross_zone_load_balancing",
}

_LISTENERS = ("aws_alb_listener", "aws_lb_listener")
_TARGETS = ("aws_alb_target_group", "aws_lb_target_group")


@rule(
    id="CAP059",
    title="load balancer sends traffic to targets of its own zone only",
    group="disputed",
    kinds=_ATTRIBUTES,
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-disable-crosszone-lb.html",
    ],
    aliases=["checkov:CKV_AWS_138", "checkov:CKV_AWS_152"],
)
def lb_cross_zone(balancer: Resource, inventory: Inventory) -> Iterator[Problem]:
    name = _ATTRIBUTES[balancer.kind]
    kind = balancer.get("load_balancer_type").text("application")
    if balancer.kind == "aws_lb" and kind == "application":
        raise NotApplicable("an application load balancer does it always")
    if _decided_by_groups(balancer, inventory):
        return
    node = balancer.get(name)
    if not setting(balancer, name).flag():
        state = "false" if node.present else "not set"
        yield Problem(node, f"{name} is {state}: a zone with few targets takes as much as others")


def _decided_by_groups(balancer: Resource, inventory: Inventory) -> bool:
    """Whether all target groups behind its listeners switch it on themselves."""
    groups = [
        group
        for listener in inventory.referrers(balancer, *_LISTENERS)
        for group in inventory.references(listener, *_TARGETS)
    ]
    return bool(groups) and all(
        group.get("load_balancing_cross_zone_enabled").text() == "true" for group in groups
    )
