"""A queue hides a message for as long as the function that works on it may need."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from prodready_infra.sdk import (
    QUEUE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_instances,
    setting,
)

_FUNCTION, _ALIAS = "aws_lambda_function", "aws_lambda_alias"
_QUALIFIER = re.compile(r":(?:\$LATEST|[\w-]+)$")


@rule(
    id="SAF090",
    title="queue shows a message again while its function may still work on it",
    group="weakness",
    kinds=["aws_lambda_event_source_mapping"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
    ],
)
def sqs_visibility_vs_lambda_timeout(
    mapping: Resource, inventory: Inventory, *, factor: int = 6
) -> Iterator[Problem]:
    queues = _queues(mapping, inventory)
    functions = _functions(mapping, inventory)
    if not mapping.get("enabled").flag(default=True):
        raise NotApplicable("it is switched off")
    window = mapping.get("maximum_batching_window_in_seconds").number()
    found = [_shortage(queue, f, window, factor) for queue, f in product(queues, functions)]
    problems = [problem for problem in found if problem is not None]
    # Which of several instances it reads from is seen only where the answer is one for all.
    if problems and len(problems) < len(found):
        raise UnknownValue("which of the queues and functions it names is not known")
    yield from problems[:1]


def _shortage(queue: Resource, function: Resource, window: float, factor: int) -> Problem | None:
    visibility, timeout = (
        setting(queue, "visibility_timeout_seconds"),
        setting(function, "timeout"),
    )
    seconds, longest = visibility.number(), timeout.number()
    batching = f" and {window:g} s of batching" if window else ""
    written = queue.get("visibility_timeout_seconds").present
    state = f"is {seconds:g} s" if written else f"is not set: {seconds:g} s by default"
    if seconds < longest + window:
        flaw = f"shorter than one run of up to {longest:g} s{batching}"
    elif seconds < factor * longest:
        flaw = f"less than {factor} times the function's {longest:g} s"
    else:
        return None
    return Problem(
        visibility,
        f"visibility_timeout_seconds {state}, {flaw}",
        ((timeout, "the function that works on its messages"),),
    )


def _queues(mapping: Resource, inventory: Inventory) -> list[Resource]:
    arn = mapping.get("event_source_arn")
    # Streams need it, queues do not allow it.
    if mapping.get("starting_position").present:
        raise NotApplicable("it reads a stream")
    named = _named_at("event_source_arn", mapping, inventory)
    if named:
        queues = [one for one in named if one.kind == QUEUE]
        if not queues and not any(one.kind == "module" for one in named):
            raise NotApplicable(f"it reads from {named[0].address}")
        return queues or _unread(arn)
    if not arn.present:
        raise NotApplicable("it reads from servers of its own")
    if ":sqs:" not in arn.text():
        raise NotApplicable("it does not read from a queue")
    name = arn.text().rpartition(":")[2]
    return _by_name(mapping, inventory, QUEUE, name)


def _functions(mapping: Resource, inventory: Inventory) -> list[Resource]:
    named = _named_at("function_name", mapping, inventory)
    for alias in [one for one in named if one.kind == _ALIAS]:
        named += inventory.references(alias, _FUNCTION)
    functions = [one for one in named if one.kind == _FUNCTION]
    if functions:
        return functions
    arn, _, name = mapping.get("function_name").text().rpartition(":function:")
    return _by_name(mapping, inventory, _FUNCTION, _QUALIFIER.sub("", name) if arn else name)


def _named_at(attribute: str, resource: Resource, inventory: Inventory) -> list[Resource]:
    """What an attribute refers to; of several instances the one with the same key."""
    return same_instances(resource, inventory.references(resource, at=attribute))


def _by_name(mapping: Resource, inventory: Inventory, kind: str, name: str) -> list[Resource]:
    found = inventory.index(_names).get((mapping.scope, kind, name))
    if not found:
        raise UnknownValue(f"'{name}' is not in this scan")
    return found


def _unread(node: Node) -> list[Resource]:
    node.text()
    raise UnknownValue("the module that makes it is not in this scan")


def _names(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for kind, attribute in ((QUEUE, "name"), (_FUNCTION, "function_name")):
        for resource in inventory.of_kind(kind):
            found[resource.scope, kind, resource.get(attribute).identity()].append(resource)
    return found
