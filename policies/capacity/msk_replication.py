"""A topic of MSK can be written to while one of its brokers restarts."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, Resource, UnknownValue, rule

_FACTOR, _INSYNC = "default.replication.factor", "min.insync.replicas"


@rule(
    id="CAP081",
    title="Kafka topics stop taking writes when one broker restarts",
    group="weakness",
    kinds=["aws_msk_configuration"],
    references=[
        "https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html",
        "https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html",
    ],
)
def msk_replication(configuration: Resource) -> Iterator[Problem]:
    properties = configuration.get("server_properties")
    written = _properties(properties.text())
    if _FACTOR not in written:
        # MSK makes as many copies as the cluster has zones, and AWS refuses a cluster of one zone.
        raise NotApplicable(f"it leaves {_FACTOR} as MSK has it")
    factor = _whole(properties, written, _FACTOR)
    if factor == 1:
        yield Problem(properties, f"{_FACTOR} is 1: a topic fails with the one broker that has it")
    elif _INSYNC in written:
        insync = _whole(properties, written, _INSYNC)
        if insync >= factor:
            yield Problem(
                properties,
                f"{_INSYNC} is {insync} of {factor} copies: no write while a broker restarts",
            )


def _properties(text: str) -> dict[str, str]:
    """The lines of a file of Java properties; the last of several for one key counts."""
    lines = (line.strip().partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines if not name.startswith("#")}


def _whole(node: Node, written: dict[str, str], name: str) -> int:
    if not (written[name].isascii() and written[name].isdecimal()):
        raise UnknownValue(f"{name} in {node.path[-1]} is '{written[name]}', no number")
    return int(written[name])
