"""A workflow says somewhere what becomes of a step that fails."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Node, NotApplicable, Problem, Resource, json_of, rule

_MACHINE = "aws_sfn_state_machine"
_HANDLERS = ("Retry", "Catch")


@rule(
    id="SAF144",
    title="workflow neither retries nor catches a step that fails",
    group="advice",
    kinds=[_MACHINE],
    references=[
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html",
    ],
)
def sfn_retry_catch(machine: Resource, inventory: Inventory) -> Iterator[Problem]:
    if machine.get("type").text("STANDARD") == "EXPRESS":
        raise NotApplicable("an express workflow is short: its caller starts it again")
    definition = machine.get("definition")
    states = list(_states(json_of(definition)))
    tasks = [name for name, state in states if state.get("Type").text() == "Task"]
    if not tasks:
        raise NotApplicable("no step does any work outside of the workflow")
    # One is enough: whoever thought of errors may well have left the other steps as they are,
    # such as the step that tells somebody of the error.
    if any(_handles(state) for _, state in states):
        return
    callers = inventory.referrers(machine, _MACHINE)
    if any(caller is not machine for caller in callers):
        raise NotApplicable("another workflow runs it, and may try again")
    first = f"step '{tasks[0]}'"
    many = f"{first} and {len(tasks) - 1} more have" if len(tasks) > 1 else f"{first} has"
    yield Problem(definition, f"{many} neither Retry nor Catch: one error ends the workflow")


def _handles(state: Node) -> bool:
    return any(any(True for _ in state.get(handler).items()) for handler in _HANDLERS)


def _states(workflow: Node) -> Iterator[tuple[str, Node]]:
    """Every state by its name, those of branches and of iterations too."""
    waiting = [workflow]
    while waiting:
        for name, state in waiting.pop().get("States").entries():
            yield name, state
            waiting += state.get("Branches").items()
            waiting += [state.get("ItemProcessor"), state.get("Iterator")]
