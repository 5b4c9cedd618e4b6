"""A task on Fargate asks for no more time to stop than Fargate gives."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    json_of,
    rule,
)

_LONGEST = 120


@rule(
    id="SAF142",
    title="container asks for more time to stop than Fargate gives",
    group="weakness",
    kinds=["aws_ecs_task_definition"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    ],
)
def ecs_stop_timeout(task: Resource, inventory: Inventory) -> Iterator[Problem]:
    # How long a target is drained does not matter: ECS takes the task out of the load balancer
    # first, and sends the signal after that.
    definitions = task.get("container_definitions")
    given = [c for c in json_of(definitions).items() if c.get("stopTimeout").value is not None]
    if not given:
        raise NotApplicable("no container of it says how long it takes to stop")
    if not _runs_on_fargate(task, inventory):
        raise NotApplicable("nothing here says that it runs on Fargate, which limits the time")
    doubts = []
    for container in given:
        timeout = container.get("stopTimeout")
        try:
            seconds = timeout.number()
        except UnknownValue as signal:
            doubts.append(signal)
            continue
        if seconds > _LONGEST:
            yield Problem(
                definitions,
                f"stopTimeout of '{container.get('name').identity()}' is {seconds:g} s,"
                f" but Fargate allows {_LONGEST} at most",
            )
    if doubts:
        raise doubts[0]


def _runs_on_fargate(task: Resource, inventory: Inventory) -> bool:
    needs = {need.text().upper() for need in task.get("requires_compatibilities").items()}
    services = inventory.referrers(task, "aws_ecs_service", at="task_definition")
    # An unset count of services may be none at all.
    return "FARGATE" in needs or any(
        service.get("launch_type").text() == "FARGATE" and service.surely_beside(task)
        for service in services
    )
