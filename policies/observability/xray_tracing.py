"""A request can be followed through functions, gateways and state machines."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)

# Where each kind says it, and what it says when it is on.
_TRACES: dict[str, tuple[tuple[str | int, ...], str]] = {
    "aws_api_gateway_stage": (("xray_tracing_enabled",), "true"),
    "aws_lambda_function": (("tracing_config", 0, "mode"), "Active"),
    "aws_sfn_state_machine": (("tracing_configuration", 0, "enabled"), "true"),
}


# Tracing with OpenTelemetry or a vendor's agent is as good, and does not show here.
@rule(
    id="OBS016",
    title="requests are not traced with X-Ray",
    group="disputed",
    kinds=sorted(_TRACES),
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-xray.html",
    ],
    aliases=["checkov:CKV_AWS_73", "checkov:CKV_AWS_284", "trivy:AWS-0066", "trivy:AWS-0003"],
)
def xray_tracing(resource: Resource) -> Iterator[Problem]:
    keys, on = _TRACES[resource.kind]
    tracing = resource.get(*keys)
    if tracing.text() != on:
        name = ".".join(key for key in keys if isinstance(key, str))
        state = f"is {tracing.text()}" if tracing.present else "is not set"
        yield Problem(tracing, f"{name} {state}: traces are not started here")
