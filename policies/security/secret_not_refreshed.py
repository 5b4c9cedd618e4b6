"""A Secret that is read from its store once keeps a key that was revoked there."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule

_KINDS = ("external-secrets.io/ExternalSecret", "external-secrets.io/ClusterExternalSecret")
_NEVER = re.compile(r"0+(?:ns|us|µs|ms|s|m|h)?(?:0+(?:ns|us|µs|ms|s|m|h))*")


@rule(
    id="SEC034",
    title="ExternalSecret is never read from its store again",
    group="advice",
    kinds=_KINDS,
    references=[
        "https://external-secrets.io/latest/api/externalsecret/",
    ],
)
def secret_not_refreshed(resource: Resource) -> Iterator[Problem]:
    spec = resource.get("spec")
    if resource.kind == _KINDS[1]:
        spec = spec.get("externalSecretSpec")
    rows = (*spec.get("data").items(), *spec.get("dataFrom").items())
    if any(row.get("sourceRef", "generatorRef").present for row in rows):
        raise NotApplicable("a generator would make another value each time it is asked")
    policy, interval = spec.get("refreshPolicy"), spec.get("refreshInterval")
    # The default is Periodic, each hour.
    if policy.text() == "CreatedOnce" and spec.get("target", "creationPolicy").text() == "Orphan":
        raise NotApplicable("it hands its Secret over to somebody else, who renews it")
    if policy.text() in ("CreatedOnce", "OnChange"):
        yield Problem(policy, f"refreshPolicy is {policy.text()}: a rotated value never arrives")
    elif _NEVER.fullmatch(interval.text("1h")):
        yield Problem(
            interval, f"refreshInterval is {interval.text()}: a rotated value never arrives"
        )
    elif spec.get("target", "immutable").flag():
        at = spec.get("target", "immutable")
        yield Problem(at, "its Secret is immutable: a rotated value never arrives")
