"""A dead-letter queue is another queue, of the same type as its source."""

import json
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_QUEUE = "aws_sqs_queue"
_REDRIVE = "aws_sqs_queue_redrive_policy"


@rule(
    id="SAF115",
    title="dead-letter queue cannot take messages of its source",
    group="resilience",
    kinds=[_QUEUE, _REDRIVE],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
)
def dlq_is_same_type(source: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = source.get("redrive_policy")
    if policy.known and not policy.text():
        raise NotApplicable("it has no redrive_policy")
    targets = [] if policy.known else _named_in(source, "redrive_policy", inventory)
    if source.kind == _REDRIVE:
        queues = _named_in(source, "queue_url", inventory)
        if len(queues) != 1:
            raise UnknownValue("which queue it is for is not known")
        queue = queues[0]
    else:
        queue = source
    if targets:
        yield from _declared(queue, targets, policy)
    else:
        yield from _written_out(queue, policy)


def _declared(queue: Resource, targets: list[Resource], policy: Node) -> Iterator[Problem]:
    if len(targets) > 1:
        raise UnknownValue("its redrive_policy names more than one queue")
    target = targets[0]
    if target.address == queue.address:
        yield Problem(policy, "the queue is its own dead-letter queue: nothing is ever put aside")
        return
    ordered = queue.get("fifo_queue").flag()
    if ordered != target.get("fifo_queue").flag():
        yield Problem(
            policy,
            f"the source is {_type(fifo=ordered)}, its dead-letter queue is not",
            ((target.node, "the dead-letter queue"),),
        )


def _written_out(queue: Resource, policy: Node) -> Iterator[Problem]:
    name = _queue_name(policy.text())
    if not name:
        raise UnknownValue("its redrive_policy names no queue")
    if queue.get("name").known and queue.get("name").text() == name:
        yield Problem(policy, f"'{name}' is its own dead-letter queue: nothing is ever put aside")
        return
    ordered = queue.get("fifo_queue").flag()
    if ordered != name.endswith(".fifo"):
        yield Problem(
            policy, f"the source is {_type(fifo=ordered)}, its dead-letter queue '{name}' is not"
        )


def _queue_name(text: str) -> str:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    arn = policy.get("deadLetterTargetArn") if isinstance(policy, dict) else None
    return arn.rpartition(":")[2] if isinstance(arn, str) else ""


def _type(*, fifo: bool) -> str:
    return "a FIFO queue" if fifo else "a standard queue"


def _named_in(resource: Resource, attribute: str, inventory: Inventory) -> list[Resource]:
    """The queues that one attribute names."""
    named = {r.target for r in resource.references if r.node.path[0] == attribute}
    queues = inventory.references(resource, _QUEUE) if named else []
    return [queue for queue in queues if any(_is_instance(queue, target) for target in named)]


def _is_instance(resource: Resource, address: str) -> bool:
    return resource.address == address or resource.address.startswith(f"{address}[")
