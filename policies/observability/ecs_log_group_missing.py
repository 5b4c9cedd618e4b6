"""The log group that a task writes to exists before the task starts."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    json_of,
    rule,
)

_GROUP = "aws_cloudwatch_log_group"


@rule(
    id="OBS012",
    title="task writes to a log group that is not declared, and does not start",
    group="weakness",
    kinds=["aws_ecs_task_definition"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html",
    ],
)
def ecs_log_group_missing(task: Resource, inventory: Inventory) -> Iterator[Problem]:
    definitions = task.get("container_definitions")
    if not definitions.known and inventory.references(task, _GROUP):
        return
    wanted = list(dict.fromkeys(_groups_wanted(json_of(definitions))))
    if not wanted:
        raise NotApplicable("no container of it writes to a log group that must exist")
    declared = inventory.of_kind(_GROUP)
    names = {group.get("name").identity() for group in declared}
    for name in wanted:
        if name not in names:
            _raise_if_made_elsewhere(name, task, declared)
            yield Problem(
                definitions, f"log group '{name}' is not declared: the task cannot start without it"
            )


def _groups_wanted(containers: Node) -> Iterator[str]:
    for container in containers.items():
        logging = container.get("logConfiguration")
        options = logging.get("options")
        made = options.get("awslogs-create-group").text().lower() == "true"
        if logging.get("logDriver").text() == "awslogs" and not made:
            name = options.get("awslogs-group").text()
            yield from [name] if name else []


def _raise_if_made_elsewhere(wanted: str, task: Resource, declared: list[Resource]) -> None:
    beside = [group.get("name") for group in declared if group.scope == task.scope]
    names = [name.text() for name in beside]  # unknown: it may be this one
    if not all(names):
        raise UnknownValue("the name of a log group beside it is known after apply")
    # A group for something else, such as a flow log, does not tell where those of tasks are made.
    folder = wanted.rpartition("/")[0]
    if not folder or all(name.rpartition("/")[0] != folder for name in names):
        raise UnknownValue(f"no log group like '{wanted}' is declared beside it")
