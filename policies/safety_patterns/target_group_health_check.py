"""The health check of a target group asks the application, and takes an error for an error."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_WEB = ("HTTP", "HTTPS")


@rule(
    id="SAF121",
    title="health check of a target group says little about the application",
    group="advice",
    kinds=["aws_alb_target_group", "aws_lb_target_group"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
    ],
    aliases=["checkov:CKV_AWS_261"],
)
def target_group_health_check(group: Resource) -> Iterator[Problem]:
    if group.get("target_type").text("instance") in ("lambda", "alb"):
        raise NotApplicable("its target is a function or a load balancer, no server")
    check = group.get("health_check", 0)
    protocol = group.get("protocol").text("HTTP").upper()
    if check.get("protocol").text(protocol).upper() not in _WEB or protocol not in _WEB:
        raise NotApplicable("it is not checked by HTTP")
    if group.get("protocol_version").text("HTTP1").upper() == "GRPC":
        raise NotApplicable("gRPC has a health check of its own")
    if not check.get("enabled").flag(default=True):
        raise NotApplicable("it is not checked at all")
    path, matcher = check.get("path"), check.get("matcher")
    # "/" by default: documentation of aws_lb_target_group. Written out, somebody has chosen it.
    if not path.present:
        yield Problem(
            path, "path is not set, which means '/': a page for visitors, no health check"
        )
    # 404 is what a path that is gone, or another application, answers.
    elif matcher.present and _accepts(matcher.text(), 404):
        yield Problem(matcher, f"matcher '{matcher.text()}' takes 404 for healthy")


def _accepts(matcher: str, status: int) -> bool:
    for least, most in re.findall(r"(\d{3})(?:-(\d{3}))?", matcher):
        if int(least) <= status <= int(most or least):
            return True
    return False
