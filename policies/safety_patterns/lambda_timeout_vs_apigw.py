"""A function answers while the API gateway that asked it still waits."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

# The attribute that says what an integration calls, and the one that says how.
_INTEGRATIONS = {
    "aws_api_gateway_integration": ("uri", "type"),
    "aws_apigatewayv2_integration": ("integration_uri", "integration_type"),
}
# Of HTTP APIs; WebSocket APIs wait a second less, which the slack covers:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_LONGEST_OF_V2 = 30_000


@rule(
    id="SAF091",
    title="function may run on after API Gateway has given its caller an error",
    group="timeouts",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def lambda_timeout_vs_apigw(
    function: Resource, inventory: Inventory, *, slack: int = 1
) -> Iterator[Problem]:
    waiting = list(_waiting(function, inventory))
    if not waiting:
        raise NotApplicable("no proxy integration of API Gateway waits for its answer")
    timeout = setting(function, "timeout")
    seconds = timeout.number()
    for integration in waiting:
        patience = _patience(integration)
        # Everybody writes 30 for the gateway's 29.
        if seconds > patience.number() / 1000 + slack:
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
            if _names_at(called, integration) and integration.get(how).text() == "AWS_PROXY":
                yield integration


def _names_at(attribute: str, integration: Resource) -> bool:
    return any(reference.node.path[0] == attribute for reference in integration.references)


def _patience(integration: Resource) -> Node:
    limit = setting(integration, "timeout_milliseconds")
    return limit if limit.present else Node(_LONGEST_OF_V2, limit.path, limit.origin)
