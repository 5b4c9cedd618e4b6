"""An alarm says what it makes of a metric that stops."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    Problem,
    Resource,
    rule,
)


# Not set is "missing", which suits many metrics: good teams differ.
@rule(
    id="INC012",
    title="alarm does not say what missing data mean",
    group="disputed",
    kinds=["aws_cloudwatch_metric_alarm"],
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def alarm_treat_missing_data(alarm: Resource) -> Iterator[Problem]:
    treatment = alarm.get("treat_missing_data")
    if not treatment.present:
        yield Problem(
            treatment, "treat_missing_data is not set: when the metric stops, no action runs"
        )
