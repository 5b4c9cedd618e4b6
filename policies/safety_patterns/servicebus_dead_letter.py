"""Messages of a service bus that expire unread are put aside, not deleted."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
)

# The longest duration there is, which is the default:
# https://learn.microsoft.com/en-us/azure/service-bus-messaging/message-expiration
_ENDLESS = "P10675199D"
_WITHIN_A_DAY = re.compile(r"PT(?:1?\d|2[0-3])H.*|PT[^H]+", re.ASCII)


@rule(
    id="SAF130",
    title="messages of a service bus vanish when they expire",
    group="advice",
    kinds=["azurerm_servicebus_queue", "azurerm_servicebus_subscription"],
    references=[
        "https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-dead-letter-queues",
        "https://learn.microsoft.com/en-us/azure/service-bus-messaging/message-expiration",
    ],
)
def servicebus_dead_letter(queue: Resource) -> Iterator[Problem]:
    kept = queue.get("dead_lettering_on_message_expiration")
    if kept.flag():
        return
    lifetime = queue.get("default_message_ttl")
    if lifetime.text(_ENDLESS).startswith(_ENDLESS):
        raise NotApplicable("its messages do not expire by themselves")
    if _WITHIN_A_DAY.fullmatch(lifetime.text()):
        raise NotApplicable("its messages are worth nothing on the next day")
    yield Problem(kept, f"messages are deleted after {lifetime.text()}, handled or not")
