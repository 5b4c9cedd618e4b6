"""An API has a limit of its own to the requests it takes."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_V2 = "aws_apigatewayv2_stage"
_SETTINGS, _PLAN = "aws_api_gateway_method_settings", "aws_api_gateway_usage_plan"


@rule(
    id="CAP077",
    title="API stage takes as many requests as the account allows",
    group="disputed",
    kinds=["aws_api_gateway_stage", _V2],
    references=[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html",
    ],
)
def apigw_throttling(stage: Resource, inventory: Inventory) -> Iterator[Problem]:
    if stage.kind == _V2:
        rate = stage.get("default_route_settings", 0, "throttling_rate_limit")
        routes = [part.get("throttling_rate_limit") for part in stage.get("route_settings").items()]
        if any(limit.number() > 0 for limit in (rate, *routes)):
            return
        yield Problem(rate, "default_route_settings sets no throttling_rate_limit")
        return
    for settings in inventory.referrers(stage, _SETTINGS):
        # -1 is the default, and lets everything pass.
        if settings.get("settings", 0, "throttling_rate_limit").number(-1) > 0:
            return
    if inventory.referrers(stage, _PLAN):
        raise NotApplicable("a usage plan throttles its callers")
    for settings in inventory.of_kind(_SETTINGS):
        if settings.scope == stage.scope and not inventory.references(settings, stage.kind):
            raise UnknownValue(f"{settings.address} may be for this stage")
    yield Problem(stage.node, "no aws_api_gateway_method_settings of it sets throttling_rate_limit")
