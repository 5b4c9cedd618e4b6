"""A record that a function cannot handle neither stops its shard nor vanishes."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

_STREAMS = ("aws_kinesis_stream", "aws_kinesis_stream_consumer", "aws_dynamodb_table")
_SERVICES = ("kinesis", "dynamodb")
_ELSEWHERE = ("self_managed_event_source", "amazon_managed_kafka_event_source_config", "queues")
_LIMITS = ("maximum_retry_attempts", "maximum_record_age_in_seconds")


@rule(
    id="SAF118",
    title="one bad record of a stream blocks its shard, or vanishes",
    group="weakness",
    kinds=["aws_lambda_event_source_mapping"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html",
    ],
)
def event_source_failure(mapping: Resource, inventory: Inventory) -> Iterator[Problem]:
    _raise_unless_stream(mapping, inventory)
    # Both are -1 by default, which is for ever: documentation of the API,
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    limits = [mapping.get(name) for name in _LIMITS]
    if all(limit.known and limit.number(-1) < 0 for limit in limits):
        yield Problem(
            limits[0], "a record that fails is tried until it expires, and its shard waits"
        )
        return
    failure = mapping.get("destination_config", 0, "on_failure", 0)
    if failure.present:
        return
    for limit in limits:
        if limit.number(-1) >= 0:
            yield Problem(
                mapping.get("destination_config"),
                "no on_failure destination: records given up on are skipped without a trace",
                ((limit, "gives up here"),),
            )
            return


def _raise_unless_stream(mapping: Resource, inventory: Inventory) -> None:
    if any(mapping.get(name).present for name in _ELSEWHERE):
        raise NotApplicable("its source is no stream of Kinesis or DynamoDB")
    if inventory.references(mapping, *_STREAMS, at="event_source_arn"):
        return
    source = mapping.get("event_source_arn")
    if source.known:
        if source.text().split(":")[2:3] not in [[service] for service in _SERVICES]:
            raise NotApplicable("its source is no stream of Kinesis or DynamoDB")
    elif not mapping.get("starting_position").present:
        raise NotApplicable("its source is a queue")
    else:
        raise UnknownValue("whether its source is Kinesis, DynamoDB or Kafka is not known")
