"""A step of a workflow that waits for somebody else has an end."""

import json
import re
from collections.abc import Iterator
from typing import Any

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
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
    try:
        workflow: Any = json.loads(definition.text())
    except ValueError:
        workflow = None
    if not isinstance(workflow, dict) or not isinstance(workflow.get("States"), dict):
        raise UnknownValue("definition is no state machine in JSON")
    waiting = [state for state in _states(workflow) if _waits(state[1])]
    if not waiting:
        raise NotApplicable("no step waits for an answer from outside")
    if "TimeoutSeconds" in workflow:
        return
    endless = [name for name, state in waiting if not any(bound in state for bound in _BOUNDS)]
    if endless:
        more = f" and {len(endless) - 1} more" if len(endless) > 1 else ""
        yield Problem(definition, f"step '{endless[0]}'{more} waits without TimeoutSeconds")


def _states(workflow: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state by its name, those of branches and of iterations too."""
    waiting = [workflow]
    while waiting:
        states = _mapping(_mapping(waiting.pop()).get("States"))
        for name, written in states.items():
            state = _mapping(written)
            yield name, state
            branches = state.get("Branches")
            waiting += branches if isinstance(branches, list) else []
            waiting += [state.get("ItemProcessor"), state.get("Iterator")]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _waits(state: dict[str, Any]) -> bool:
    """Whether a step lasts until somebody outside says so: a Lambda function ends by itself."""
    called = str(state.get("Resource", ""))
    by_others = called.endswith(".waitForTaskToken") or ":activity:" in called
    return state.get("Type") == "Task" and (by_others or bool(_ENDLESS_JOB.search(called)))
