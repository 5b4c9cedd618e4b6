"""A function answers while the API gateway that asked it still waits."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    setting,
)

# The attribute that says what an integration calls, and the one that says how.
_INTEGRATIONS = {
    "aws_api_gateway_integration": ("uri", "type"),
    "aws_apigatewayv2_integration": ("integration_uri", "integration_type"),
}
# Whose functions often run for minutes, and hand no answer on.
_OTHER_CALLERS = (
    "aws_cloudwatch_event_target",
    "aws_lambda_event_source_mapping",
    "aws_s3_bucket_notification",
    "aws_scheduler_schedule",
    "aws_sfn_state_machine",
    "aws_sns_topic_subscription",
)
# Of HTTP APIs; WebSocket APIs wait a second less, which the slack covers:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_LONGEST_OF_V2 = 30_000


@rule(
    id="SAF091",
    title="function may run on after API Gateway has given its caller an error",
    group="weakness",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    ],
)
def lambda_timeout_vs_apigw(
    function: Resource, inventory: Inventory, *, slack: int = 1
) -> Iterator[Problem]:
    waiting = list(_waiting(function, inventory))
    if not waiting:
        raise NotApplicable("no proxy integration of API Gateway waits for its answer")
    for other in inventory.referrers(function, *_OTHER_CALLERS):
        raise NotApplicable(f"{other.address} calls it too, and may need the longer time")
    timeout = setting(function, "timeout")
    seconds = timeout.number()
    for integration in waiting:
        patience = _patience(integration)
        # Everybody writes 30 for the gateway's 29.
        if seconds > patience.number() / 1000 + slack:
            if not _surely_calls(integration, function):
                raise UnknownValue(f"{integration.address} may call it, or another")
            yield Problem(
                timeout,
                f"timeout is {seconds:g} s, but API Gateway answers 504 after"
                f" {patience.number() / 1000:g} s",
                ((patience, "this waits for its answer"),),
            )
            return


def _waiting(function: Resource, inventory: Inventory) -> Iterator[Resource]:
    """The integrations that call it or an alias of it, and hand its answer on."""
    callees = [function, *inventory.referrers(function, "aws_lambda_alias")]
    for callee in callees:
        for integration in inventory.referrers(callee, *_INTEGRATIONS):
            called, how = _INTEGRATIONS[integration.kind]
            # Other types may call the function without waiting for it.
            if integration.named_at(called) and integration.get(how).text() == "AWS_PROXY":
                yield integration


def _surely_calls(integration: Resource, function: Resource) -> bool:
    """Whether it is there at all, and for this one of several instances."""
    if "[*]" in function.address:
        return True
    its_own = function.key in ("", "[0]") or integration.address.endswith(function.key)
    return its_own and "[*]" not in integration.address


def _patience(integration: Resource) -> Node:
    limit = setting(integration, "timeout_milliseconds")
    return limit if limit.present else Node(_LONGEST_OF_V2, limit.path, limit.origin)
