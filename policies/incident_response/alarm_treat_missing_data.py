"""An alarm says what it makes of a metric that stops."""

from collections.abc import Iterator

from prodready_infra.sdk import (
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
)
def alarm_treat_missing_data(alarm: Resource) -> Iterator[Problem]:
    treatment = alarm.get("treat_missing_data")
    if treatment.present or any(True for _ in alarm.get("insufficient_data_actions").items()):
        return
    yield Problem(treatment, "treat_missing_data is not set: when the metric stops, nobody is told")
