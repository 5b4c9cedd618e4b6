"""A load balancer lets requests finish when it drops a target, and does not wait for ever."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule

DEFAULT = 300  # of the load balancer's API, and of the provider: aws_lb_target_group, 5.100


@rule(
    id="SAF013",
    title="target group drains its targets for too long, or not at all",
    group="weakness",
    kinds=["aws_lb_target_group", "aws_alb_target_group"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/load-balancer-connection-draining.html",
    ],
)
def target_group_deregistration_delay(
    group: Resource, *, minimum: int = 1, maximum: int = 120
) -> Iterator[Problem]:
    if group.get("target_type").text() == "lambda":
        raise NotApplicable("its target is a Lambda function, which is not drained")
    delay = group.get("deregistration_delay")
    seconds = delay.number(DEFAULT)
    if minimum <= seconds <= maximum:
        return
    if group.get("protocol").text("HTTP").upper() not in ("HTTP", "HTTPS"):
        raise NotApplicable("it balances connections, which may last as long as clients like")
    if seconds == 0:
        yield Problem(delay, "deregistration_delay is 0: requests under way are cut off")
    elif seconds < minimum:
        yield Problem(delay, f"deregistration_delay is {seconds:g} s, less than {minimum}")
    elif delay.present:
        yield Problem(delay, f"deregistration_delay is {seconds:g} s, more than {maximum}")
    else:
        yield Problem(
            delay, f"deregistration_delay is not set: the default is {DEFAULT} s, over {maximum}"
        )
