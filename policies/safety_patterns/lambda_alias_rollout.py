"""A new version of a function takes over through an alias, which can be turned back."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, expect_no_module, rule

# Those that pass requests on, and could be given an alias.
_CALLERS = (
    "aws_api_gateway_integration",
    "aws_apigatewayv2_integration",
    "aws_lambda_event_source_mapping",
    "aws_lambda_function_url",
    "aws_lb_target_group_attachment",
)


@rule(
    id="SAF134",
    title="new code of a Lambda function takes over all at once",
    group="disputed",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html",
    ],
)
def lambda_alias_rollout(function: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(function, "aws_lambda_alias"):
        return
    callers = inventory.referrers(function, *_CALLERS)
    if not callers:
        raise NotApplicable("nothing here passes requests on to it")
    expect_no_module(function, inventory, "is given the function")
    yield Problem(
        function.get("publish"),
        "no alias: requests go to the newest code at once, and no version stays to go back to",
        ((callers[0].node, "calls the function itself"),),
    )
