"""How often a block stands for something: ``count`` and ``for_each``.

https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
"""

from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.context import Context
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.syntax import Body

MAX_INSTANCES = 256


class Repetition:
    """The instances that ``count`` or ``for_each`` makes of a block.

    The only one has the key ``None``; ``unknown`` stands for instances nobody can count, and
    there is then one symbolic instance whose key is ``...``.
    No more than ``MAX_INSTANCES`` are made.
    """

    def __init__(self, body: Body, context: Context) -> None:
        self.unknown: Unknown | None = None
        self.instances: list[tuple[Any, Context]] = []
        count, for_each = body.attributes.get("count"), body.attributes.get("for_each")
        if count is not None:
            self._count(values.to_number(evaluate(count.value, context)), context)
        elif for_each is not None:
            inner = context.iterating("each", for_each.value)
            self._for_each(evaluate(for_each.value, context), inner)
        else:
            self.instances.append((None, context))

    def _symbolic(self, unknown: Unknown, **bound: Any) -> None:
        self.unknown = unknown
        self.instances.append((..., bound.pop("context").bind(**bound)))

    def _count(self, number: Any, context: Context) -> None:
        if type(number) is not int:
            unknown = number if isinstance(number, Unknown) else Unknown("count is no whole number")
            self._symbolic(unknown, context=context, count={"index": unknown})
            return
        for index in range(min(number, MAX_INSTANCES)):
            self.instances.append((index, context.bind(count={"index": index})))

    def _for_each(self, collection: Any, context: Context) -> None:
        if isinstance(collection, list):
            pairs = [(values.to_string(item), item) for item in collection]
            unknown = values.first_unknown([key for key, _ in pairs])
        elif isinstance(collection, dict):
            unknown, pairs = None, list(collection.items())
        else:
            null = Unknown("for_each is null")
            unknown = collection if isinstance(collection, Unknown) else null
            pairs = []
        if unknown is not None:
            each = {"key": unknown, "value": unknown}
            self._symbolic(unknown, context=context, each=each)
            return
        for key, value in pairs[:MAX_INSTANCES]:
            self.instances.append((key, context.bind(each={"key": key, "value": value})))


def instance_suffix(key: Any) -> str:
    """``[0]``, ``["name"]``, ``[*]``, or nothing, as in a resource's address."""
    if key is None:
        return ""
    if key is ...:
        return "[*]"
    return f'["{key}"]' if type(key) is str else f"[{key}]"
