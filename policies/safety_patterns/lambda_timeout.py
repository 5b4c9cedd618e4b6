"""A Lambda function has a timeout that somebody chose, and no caller gives up long before it."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule

# Those who wait five seconds at most (Cognito, CloudFront): the default of three suits them.
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-lambda-triggers.html
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
_IMPATIENT = ("aws_cognito_user_pool", "aws_cloudfront_distribution")
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
    title="Lambda function has no timeout of its own, or one that outlasts its callers",
    group="timeouts",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    ],
)
def lambda_timeout(
    function: Resource, inventory: Inventory, *, longest: int = 900
) -> Iterator[Problem]:
    timeout = function.get("timeout")
    if not timeout.present:
        if inventory.referrers(function, *_IMPATIENT) or _runs_at_the_edge(function, inventory):
            raise NotApplicable("its caller waits for five seconds at most")
        # The provider's default: documentation of aws_lambda_function, 5.100.
        yield Problem(timeout, "timeout is not set: the default cuts every run off after 3 s")
        return
    if timeout.number() >= longest:
        for caller in _waiting(function, inventory):
            yield Problem(
                timeout,
                f"timeout is {timeout.text()} s, but clients wait for its answer",
                ((caller.node, "this passes its answer on, and gives up long before"),),
            )
            return


def _runs_at_the_edge(function: Resource, inventory: Inventory) -> bool:
    """Whether CloudFront runs it, though the distribution may stand elsewhere."""
    roles = inventory.references(function, "aws_iam_role")
    return any("edgelambda." in role.get("assume_role_policy").identity() for role in roles)


def _waiting(function: Resource, inventory: Inventory) -> Iterator[Resource]:
    for caller in inventory.referrers(function, *_WAITING):
        how = caller.get("integration_type" if "v2" in caller.kind else "type").identity()
        # Other integrations may call the function without waiting for it.
        if not caller.kind.endswith("_integration") or how == "AWS_PROXY":
            yield caller
