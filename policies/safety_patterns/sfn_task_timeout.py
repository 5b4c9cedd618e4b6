"""A step of a workflow that waits for somebody else has an end."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    json_of,
    rule,
)

_BOUNDS = (
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
)

# Jobs that may run for ever. Those of Athena, CodeBuild, Glue and SageMaker have an end by default,
# and a nested workflow is judged by its own steps.
_ENDLESS_JOB = re.compile(r":states:::(?:batch|ecs|eks|elasticmapreduce|emr-containers):.*\.sync")


@rule(
    id="SAF096",
    title="workflow waits for ever for a step that does not answer",
    group="weakness",
    kinds=["aws_sfn_state_machine"],
    references=[
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html",
    ],
)
def sfn_task_timeout(machine: Resource) -> Iterator[Problem]:
    if machine.get("type").text("STANDARD") == "EXPRESS":
        raise NotApplicable("an express workflow ends after five minutes")
    definition = machine.get("definition")
    workflow = json_of(definition)
    waiting = [state for state in _states(workflow) if _waits(state[1])]
    if not waiting:
        raise NotApplicable("no step waits for an answer from outside")
    if workflow.get("TimeoutSeconds").present:
        return
    endless = [
        name for name, state in waiting if not any(state.get(bound).present for bound in _BOUNDS)
    ]
    if endless:
        more = f" and {len(endless) - 1} more" if len(endless) > 1 else ""
        yield Problem(definition, f"step '{endless[0]}'{more} waits without TimeoutSeconds")


def _states(workflow: Node) -> Iterator[tuple[str, Node]]:
    """Every state by its name, those of branches and of iterations too."""
    waiting = [workflow]
    while waiting:
        for name, state in waiting.pop().get("States").entries():
            yield name, state
            waiting += state.get("Branches").items()
            waiting += [state.get("ItemProcessor"), state.get("Iterator")]


def _waits(state: Node) -> bool:
    """Whether a step lasts until somebody outside says so: a Lambda function ends by itself."""
    if state.get("Type").text() != "Task":
        return False
    # What is not written out is the ARN of a function or an activity; those of services are.
    called = state.get("Resource").identity()
    if not state.get("Resource").known and "activity" not in called:
        return False
    by_others = called.endswith(".waitForTaskToken") or "activity" in called
    return by_others or bool(_ENDLESS_JOB.search(called))
