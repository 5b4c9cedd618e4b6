"""A load balancer cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule, setting


@rule(
    id="SAF080",
    title="load balancer can be deleted by a single command",
    group="advice",
    kinds=["aws_alb", "aws_lb"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
    ],
    aliases=["checkov:CKV_AWS_150"],
)
def lb_deletion_protection(balancer: Resource) -> Iterator[Problem]:
    protection = setting(balancer, "enable_deletion_protection")
    if not protection.flag():
        written = balancer.get("enable_deletion_protection")
        state = "false" if written.present else "not set"
        yield Problem(written, f"enable_deletion_protection is {state}: one command deletes it")
