"""Messages in a dead-letter queue last until somebody has looked at them."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

_QUEUE = "aws_sqs_queue"
_REDRIVE = "aws_sqs_queue_redrive_policy"
_DAY = 86400
_LONGEST = 14 * _DAY


@rule(
    id="SAF116",
    title="dead letters expire before anybody looks at them",
    group="weakness",
    kinds=[_QUEUE],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
)
def dlq_retention(queue: Resource, inventory: Inventory, *, days: int = 7) -> Iterator[Problem]:
    sources = _sources(queue, inventory)
    if not sources:
        raise NotApplicable("no queue here puts its messages aside in it")
    retention = setting(queue, "message_retention_seconds")
    kept = retention.number()
    if kept >= _LONGEST:
        return
    state = "is" if queue.get("message_retention_seconds").present else "is not set, which means"
    if kept < days * _DAY:
        yield Problem(
            retention, f"message_retention_seconds {state} {_days(kept)}, less than {days} days"
        )
        return
    for source in sources:
        # In a FIFO queue the clock starts anew, in others it goes on from the first send.
        if source.kind != _QUEUE or source.get("fifo_queue").flag():
            continue
        waited = setting(source, "message_retention_seconds").number()
        if kept <= waited:
            yield Problem(
                retention,
                f"message_retention_seconds {state} {_days(kept)}, no longer than in the source",
                ((source.node, f"keeps messages for {_days(waited)}"),),
            )
            return


def _sources(queue: Resource, inventory: Inventory) -> list[Resource]:
    """The queues, or policies of queues, whose redrive policy names this one."""
    found = [
        other
        for other in inventory.referrers(queue, _QUEUE, _REDRIVE)
        if other is not queue and _names(other, queue)
    ]
    key = _key(queue)
    if not key:
        return found
    # Of several of each, made for the same keys, that of its own key is meant.
    return [other for other in found if _key(other) == key] or found


def _key(resource: Resource) -> str:
    return resource.address.rpartition(f"{resource.kind}.{resource.name}")[2]


def _names(source: Resource, queue: Resource) -> bool:
    if source.get("redrive_policy").known and not source.get("redrive_policy"):
        return False
    return any(
        reference.node.path[0] == "redrive_policy"
        and (queue.address == reference.target or queue.address.startswith(f"{reference.target}["))
        for reference in source.references
    )


def _days(seconds: float) -> str:
    days = seconds / _DAY
    return f"{days:g} day" if days == 1 else f"{days:.3g} days"
