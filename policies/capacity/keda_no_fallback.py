"""A ScaledObject must not stand still when its metrics do, nor because of a forgotten pause."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, UnknownValue, rule

# Triggers that ask a monitoring system, or somebody's own service, about load that arrives by
# another way and goes on arriving while they are down. A broker that is down hands out no work.
MONITORS = frozenset(
    {
        *("aws-cloudwatch", "azure-app-insights", "azure-log-analytics", "azure-monitor"),
        *("datadog", "dynatrace", "external", "external-push", "gcp-stackdriver", "graphite"),
        *("influxdb", "loki", "metrics-api", "new-relic", "predictkube", "prometheus"),
        *("splunk", "splunk-observability", "sumologic"),
    }
)
_PAUSES = ("paused", "paused-replicas", "paused-scale-out")
_AVERAGE = "AverageValue"


@rule(
    id="CAP021",
    title="ScaledObject stands still: paused, or no fallback for lost metrics",
    group="advice",
    kinds=["keda.sh/ScaledObject"],
    references=[
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#fallback",
        "https://keda.sh/docs/latest/concepts/scaling-deployments/#pausing-autoscaling",
    ],
)
def keda_no_fallback(scaled: Resource) -> Iterator[Problem]:
    for word in _PAUSES:
        key = f"autoscaling.keda.sh/{word}"
        value = scaled.get("metadata", "annotations", key)
        if value.present and value.text().lower() != "false":
            yield Problem(value, f"{key} is '{value.text()}': it does not grow until that is gone")
            return
    spec = scaled.get("spec")
    triggers = list(spec.get("triggers").items())
    if not triggers:
        raise UnknownValue("it lists no triggers: it is a part of a manifest")
    if spec.get("fallback").present:
        return
    kinds = [trigger.get("type").text() for trigger in triggers]
    if not MONITORS.issuperset(kinds):
        raise NotApplicable("a trigger of it does not depend on a monitoring system")
    # KEDA has no fallback for other metric types: it reckons with a value for each pod.
    if all(trigger.get("metricType").text(_AVERAGE) != _AVERAGE for trigger in triggers):
        raise NotApplicable(f"no trigger has the metricType {_AVERAGE}, which a fallback needs")
    wanted = " or ".join(dict.fromkeys(kinds))
    yield Problem(
        triggers[0].get("type"),
        f"no fallback: its replicas stay as they are when {wanted} gives no number",
    )
