"""Queues of SQS: what their redrive policies say, and where their dead letters go.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

import json
from collections import defaultdict
from typing import Any

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource, same_instances

QUEUE = "aws_sqs_queue"
REDRIVE_POLICY = "aws_sqs_queue_redrive_policy"


def redrive_policy(queue: Resource, inventory: Inventory) -> Node:
    """The redrive policy of a queue: that of a resource of its own, or what the queue says."""
    for policy in inventory.referrers(queue, REDRIVE_POLICY, at="queue_url"):
        return policy.get("redrive_policy")
    return queue.get("redrive_policy")


def max_receive_count(policy: Node) -> float:
    """After how many attempts a redrive policy puts a message aside.

    Raises :class:`UnknownValue` where the policy is no JSON, or the number is not known.
    """
    read = _read(policy)
    if read is None:
        raise UnknownValue("redrive_policy is not an object in JSON")
    return Node(read.get("maxReceiveCount"), policy.path, policy.origin).number()


def dead_letter_name(policy: Node) -> str:
    """The name of the queue whose ARN a redrive policy writes out; empty where it does not.

    Raises :class:`UnknownValue` where the policy is not known.
    """
    arn = (_read(policy) or {}).get("deadLetterTargetArn")
    return arn.rpartition(":")[2] if isinstance(arn, str) else ""


def sources_of(queue: Resource, inventory: Inventory) -> list[Resource]:
    """The queues, or redrive policies of queues, that put their dead letters into this one.

    Only those that refer to it; of several made for the same keys, that of its own key.
    """
    found = inventory.referrers(queue, QUEUE, REDRIVE_POLICY, at="redrive_policy")
    policies = [(other, other.get("redrive_policy")) for other in found if other is not queue]
    sources = [other for other, policy in policies if not policy.known or policy]
    return same_instances(queue, sources)


def named_as_dead_letter(queue: Resource, inventory: Inventory) -> bool:
    """Whether a redrive policy of its root module writes out an ARN that ends in its name."""
    name = queue.get("name").identity()
    return bool(name) and name in inventory.index(_named_as_dead_letter)[queue.scope]


def _named_as_dead_letter(inventory: Inventory) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source in inventory.of_kind(QUEUE, REDRIVE_POLICY, "aws_sns_topic_subscription"):
        policy = source.get("redrive_policy")
        if type(policy.value) is str:
            found[source.scope].add(dead_letter_name(policy))
    return found


def _read(policy: Node) -> dict[str, Any] | None:
    try:
        read = json.loads(policy.text())
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
