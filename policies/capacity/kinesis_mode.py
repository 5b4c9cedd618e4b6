"""A Kinesis stream takes more records when more come."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


@rule(
    id="CAP074",
    title="Kinesis stream has a fixed number of shards",
    group="disputed",
    kinds=["aws_kinesis_stream"],
    references=[
        "https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html",
    ],
)
def kinesis_mode(stream: Resource) -> Iterator[Problem]:
    # PROVISIONED by default: documentation of aws_kinesis_stream, provider 5.100.
    mode = stream.get("stream_mode_details", 0, "stream_mode")
    if mode.text("PROVISIONED") != "ON_DEMAND":
        shards = stream.get("shard_count")
        state = f"stays at {shards.number():g}" if shards.present else "is fixed"
        yield Problem(shards, f"shard_count {state}: producers are throttled above it")
