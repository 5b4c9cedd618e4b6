"""A Lambda function does not go on long after whoever waits for its answer has given up."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, rule

# Those who pass the answer on to a client, and have given up after a minute or less.
_WAITING = (
    "aws_alb_target_group_attachment",
    "aws_api_gateway_authorizer",
    "aws_api_gateway_integration",
    "aws_apigatewayv2_authorizer",
    "aws_apigatewayv2_integration",
    "aws_appsync_datasource",
    "aws_lb_target_group_attachment",
)


@rule(
    id="SAF012",
    title="Lambda function may run on long after its callers gave up",
    group="timeouts",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    ],
)
def lambda_timeout(
    function: Resource, inventory: Inventory, *, longest: int = 900
) -> Iterator[Problem]:
    # Unset it is three seconds: those who wait hear of it at once.
    timeout = function.get("timeout")
    if timeout.number() >= longest:
        for caller in _waiting(function, inventory):
            yield Problem(
                timeout,
                f"timeout is {timeout.text()} s, but clients wait for its answer",
                ((caller.node, "this passes its answer on, and gives up long before"),),
            )
            return


def _waiting(function: Resource, inventory: Inventory) -> Iterator[Resource]:
    for caller in inventory.referrers(function, *_WAITING):
        how = caller.get("integration_type" if "v2" in caller.kind else "type").identity()
        # Other integrations may call the function without waiting for it.
        if not caller.kind.endswith("_integration") or how == "AWS_PROXY":
            yield caller
