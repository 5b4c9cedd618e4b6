"""A dead-letter queue is another queue, of the same type as its source."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    QUEUE,
    REDRIVE_POLICY,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    dead_letter_name,
    rule,
)


@rule(
    id="SAF115",
    title="dead-letter queue cannot take messages of its source",
    group="resilience",
    kinds=[QUEUE, REDRIVE_POLICY],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
)
def dlq_is_same_type(source: Resource, inventory: Inventory) -> Iterator[Problem]:
    policy = source.get("redrive_policy")
    if policy.known and not policy.text():
        raise NotApplicable("it has no redrive_policy")
    targets = [] if policy.known else inventory.references(source, QUEUE, at="redrive_policy")
    if source.kind == REDRIVE_POLICY:
        queues = inventory.references(source, QUEUE, at="queue_url")
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
    name = dead_letter_name(policy)
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


def _type(*, fifo: bool) -> str:
    return "a FIFO queue" if fifo else "a standard queue"
