"""A load balancer gives up on a backend that hangs, before its clients do."""

from collections.abc import Iterator

from prodready_infra.sdk import GOOGLE_BACKENDS, NotApplicable, Problem, Resource, rule

_AWS = ("aws_lb", "aws_alb")
_CLASSIC = "aws_elb"
_AZURE = "azurerm_application_gateway"
_OF_REQUESTS = ("HTTP", "HTTPS", "HTTP2", "H2C", "GRPC")


@rule(
    id="SAF094",
    title="load balancer waits for many minutes for a backend that hangs",
    group="disputed",
    kinds=[*_AWS, _CLASSIC, *GOOGLE_BACKENDS, _AZURE],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        "https://cloud.google.com/load-balancing/docs/backend-service",
        "https://learn.microsoft.com/en-us/azure/application-gateway/configuration-http-settings",
    ],
)
def lb_backend_timeout(balancer: Resource, *, maximum: int = 300) -> Iterator[Problem]:
    if not _takes_requests(balancer):
        raise NotApplicable("it balances connections, not requests")
    if balancer.kind == _AZURE:
        parts = balancer.get("backend_http_settings").items()
        waits = [part.get("request_timeout") for part in parts]
    else:
        waits = [
            balancer.get("timeout_sec" if balancer.kind in GOOGLE_BACKENDS else "idle_timeout")
        ]
    for wait in waits:
        # All defaults are a minute or less.
        if wait.number() > maximum:
            yield Problem(wait, f"{wait.path[-1]} is {wait.number():g} s, more than {maximum}")


def _takes_requests(balancer: Resource) -> bool:
    if balancer.kind in _AWS:
        return balancer.get("load_balancer_type").text("application") == "application"
    if balancer.kind in GOOGLE_BACKENDS:
        return balancer.get("protocol").text("HTTP") in _OF_REQUESTS
    return True
