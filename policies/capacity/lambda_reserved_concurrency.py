"""A function has a share of the account's concurrency of its own."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_UNRESERVED = -1  # the default: documentation of aws_lambda_function, provider 5.100


@rule(
    id="CAP076",
    title="function shares the account's concurrency with all others",
    group="disputed",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    ],
    aliases=["checkov:CKV_AWS_115"],
)
def lambda_reserved_concurrency(function: Resource) -> Iterator[Problem]:
    reserved = function.get("reserved_concurrent_executions")
    share = reserved.number(_UNRESERVED)
    if share == 0:
        raise NotApplicable("it is switched off: it may not run at all")
    if share == _UNRESERVED:
        state = "-1" if reserved.present else "not set"
        yield Problem(reserved, f"reserved_concurrent_executions is {state}: it has no own share")
