"""A load balancer spreads its traffic over the targets of all zones."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
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
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def lb_cross_zone(balancer: Resource) -> Iterator[Problem]:
    name = _ATTRIBUTES[balancer.kind]
    kind = balancer.get("load_balancer_type").text("application")
    if balancer.kind == "aws_lb" and kind == "application":
        raise NotApplicable("an application load balancer does it always")
    node = balancer.get(name)
    if not setting(balancer, name).flag():
        state = "false" if node.present else "not set"
        yield Problem(node, f"{name} is {state}: a zone with few targets takes as much as others")
