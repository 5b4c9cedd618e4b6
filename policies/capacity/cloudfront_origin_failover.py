"""A distribution has a second origin to ask when the first fails."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


@rule(
    id="CAP060",
    title="CloudFront distribution has no origin to fail over to",
    group="disputed",
    kinds=["aws_cloudfront_distribution"],
    references=[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html",
    ],
    aliases=["checkov:CKV_AWS_310"],
)
def cloudfront_origin_failover(distribution: Resource) -> Iterator[Problem]:
    groups = distribution.get("origin_group")
    for group in groups.items():
        if len(list(group.get("member").items())) > 1:
            return
    yield Problem(groups, "no origin_group of two members: what an origin answers is final")
