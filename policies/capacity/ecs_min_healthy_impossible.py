"""A deployment of an ECS service may start a task more, or stop one."""

import math
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    setting,
)

_PERCENT = 100
_SCALER = "aws_appautoscaling_target"


@rule(
    id="CAP046",
    title="ECS service cannot be deployed: no task may be stopped, and none started",
    group="resilience",
    kinds=["aws_ecs_service"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html",
    ],
)
def ecs_min_healthy_impossible(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    if service.get("scheduling_strategy").text() == "DAEMON":
        raise NotApplicable("a daemon's tasks are stopped before they are started")
    if service.get("deployment_controller", 0, "type").text("ECS") != "ECS":
        raise NotApplicable("its deployments are not made by ECS")
    if service.get("deployment_configuration", 0, "strategy").text("ROLLING") != "ROLLING":
        raise NotApplicable("a new set of tasks is started beside the old one")
    most = setting(service, "deployment_maximum_percent")
    if most.number() >= 2 * _PERCENT:
        return
    least = setting(service, "deployment_minimum_healthy_percent")
    if least.number() >= _PERCENT >= most.number():
        yield Problem(most, f"{_shown(least)} and {_shown(most)}: no deployment can start")
        return
    desired = service.get("desired_count")
    scaled = service.ignores_changes("desired_count") or inventory.referrers(service, _SCALER)
    if scaled or not desired.present:
        raise UnknownValue("the number of its tasks is set elsewhere")
    tasks = desired.number()
    # ECS rounds the lower limit up and the upper one down.
    stops = tasks > math.ceil(tasks * least.number() / _PERCENT)
    starts = tasks < math.floor(tasks * most.number() / _PERCENT)
    if tasks >= 1 and not stops and not starts:
        yield Problem(
            most,
            f"of {tasks:g}, {_shown(least)} lets none stop and {_shown(most)} none start",
        )


def _shown(limit: Node) -> str:
    name = str(limit.path[-1]).removeprefix("deployment_").removesuffix("_percent")
    return f"{name} {limit.number():g} %"
