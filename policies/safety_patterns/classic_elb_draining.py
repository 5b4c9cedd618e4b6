"""A classic load balancer lets requests finish when an instance leaves."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
    setting,
)


@rule(
    id="SAF119",
    title="classic load balancer cuts requests off when an instance leaves",
    group="weakness",
    kinds=["aws_elb"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html",
    ],
)
def classic_elb_draining(balancer: Resource) -> Iterator[Problem]:
    draining = setting(balancer, "connection_draining")
    if not draining.flag():
        state = "is false" if balancer.get("connection_draining").present else "is not set"
        yield Problem(draining, f"connection_draining {state}: requests under way are cut off")
