"""An API gateway waits for its backend for a time that somebody has chosen."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_HOW = {"aws_api_gateway_integration": "type", "aws_apigatewayv2_integration": "integration_type"}
_OVER_HTTP = ("HTTP", "HTTP_PROXY")


@rule(
    id="SAF097",
    title="API gateway waits for its backend as long as it can",
    group="disputed",
    kinds=_HOW,
    references=[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html",
    ],
)
def apigw_integration_timeout(integration: Resource) -> Iterator[Problem]:
    if integration.get(_HOW[integration.kind]).text() not in _OVER_HTTP:
        raise NotApplicable("what it calls ends by itself, or is a service of AWS")
    limit = integration.get("timeout_milliseconds")
    if not limit.present:
        yield Problem(limit, "timeout_milliseconds is not set: it waits for half a minute")
