"""One bad message of a batch does not bring back the good ones."""

from collections.abc import Iterator

from prodready_infra.sdk import QUEUE, Inventory, NotApplicable, Problem, Resource, rule

_REPORT = "ReportBatchItemFailures"


@rule(
    id="SAF131",
    title="one bad message makes Lambda handle its whole batch again",
    group="advice",
    kinds=["aws_lambda_event_source_mapping"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    ],
)
def batch_item_failures(mapping: Resource, inventory: Inventory) -> Iterator[Problem]:
    _raise_unless_sqs(mapping, inventory)
    # 10 by default for SQS: documentation of aws_lambda_event_source_mapping.
    size = mapping.get("batch_size").number(10)
    if size == 1:
        raise NotApplicable("it is given one message at a time")
    types = mapping.get("function_response_types")
    if not any(kind.text() == _REPORT for kind in types.items()):
        yield Problem(
            types, f"no {_REPORT}: one failure brings back all of up to {size:g} messages"
        )


def _raise_unless_sqs(mapping: Resource, inventory: Inventory) -> None:
    if inventory.references(mapping, QUEUE, at="event_source_arn"):
        return
    source = mapping.get("event_source_arn")
    if not source.present or source.text().split(":")[2:3] != ["sqs"]:
        raise NotApplicable("its source is no SQS queue")
