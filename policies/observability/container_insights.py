"""The tasks of a cluster are measured one by one."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Problem,
    Resource,
    rule,
)

_NAME = "containerInsights"


# It is billed by the metric, and other agents measure tasks as well: good teams differ.
@rule(
    id="OBS018",
    title="ECS cluster does not measure its tasks",
    group="disputed",
    kinds=["aws_ecs_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html",
    ],
    aliases=["checkov:CKV_AWS_65", "trivy:AWS-0034"],
)
def container_insights(cluster: Resource, inventory: Inventory) -> Iterator[Problem]:
    for one in cluster.get("setting").items():
        if one.get("name").text() == _NAME:
            value = one.get("value")
            if value.text() == "disabled":
                yield Problem(value, "containerInsights is disabled: single tasks are not measured")
            return
    for default in inventory.of_kind("aws_ecs_account_setting_default"):
        same = default.scope == cluster.scope and default.get("name").text() == _NAME
        if same and default.get("value").text() != "disabled":
            return
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
    yield Problem(
        cluster.get("setting"), "containerInsights is not set: single tasks are not measured"
    )
