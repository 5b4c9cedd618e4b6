"""What stands in a stream outlasts a weekend on which its consumer is down."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule, setting


@rule(
    id="DAT026",
    title="stream loses what nobody has read for a day or two",
    group="advice",
    kinds=["aws_kinesis_stream"],
    references=[
        "https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html",
    ],
)
def kinesis_retention(
    stream: Resource, inventory: Inventory, *, hours: int = 72
) -> Iterator[Problem]:
    retention = setting(stream, "retention_period")
    if retention.known and retention.number() >= hours:
        return
    for archive in inventory.referrers(stream, "aws_kinesis_firehose_delivery_stream"):
        raise NotApplicable(f"{archive.address} stores what comes through it")
    written = stream.get("retention_period").present
    if retention.number() < hours:
        state = "is" if written else "is not set, by default"
        yield Problem(
            retention, f"retention_period {state} {retention.number():g} hours, less than {hours}"
        )
