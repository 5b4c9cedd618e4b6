"""Messages in a dead-letter queue last until somebody has looked at them."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    QUEUE,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
    sources_of,
)

_DAY = 86400
_LONGEST = 14 * _DAY


@rule(
    id="SAF116",
    title="dead letters expire before anybody looks at them",
    group="weakness",
    kinds=[QUEUE],
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
)
def dlq_retention(queue: Resource, inventory: Inventory, *, days: int = 7) -> Iterator[Problem]:
    sources = sources_of(queue, inventory)
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
        if source.kind != QUEUE or source.get("fifo_queue").flag():
            continue
        waited = setting(source, "message_retention_seconds").number()
        if kept <= waited:
            yield Problem(
                retention,
                f"message_retention_seconds {state} {_days(kept)}, no longer than in the source",
                ((source.node, f"keeps messages for {_days(waited)}"),),
            )
            return


def _days(seconds: float) -> str:
    days = seconds / _DAY
    return f"{days:g} day" if days == 1 else f"{days:.3g} days"
