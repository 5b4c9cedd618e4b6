"""What a generated module is made of, and the inputs that many of them share."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Variable:
    """An input; its first sample is its default, unless it is required.

    ``wire`` names the sibling module and the output that feed it where both are there.
    """

    name: str
    type: str
    samples: tuple[str, ...]
    wire: tuple[str, str] | None = None
    required: bool = False


@dataclass(frozen=True, eq=False)
class Module:
    """One module: what it takes, what it does, what it gives."""

    name: str
    variables: tuple[Variable, ...]
    main: str
    outputs: dict[str, str] = field(default_factory=dict)


def number(name: str, *samples: int) -> Variable:
    return Variable(name, "number", tuple(map(str, samples)))


def string(name: str, *samples: str) -> Variable:
    return Variable(name, "string", tuple(f'"{sample}"' for sample in samples))


def flag(name: str, *, default: bool) -> Variable:
    return Variable(name, "bool", ("true", "false") if default else ("false", "true"))


def names(name: str, *samples: str) -> Variable:
    return Variable(name, "list(string)", tuple(f'["{sample}"]' for sample in samples))


def _required(name: str, type_: str, sample: str, *wire: str) -> Variable:
    source = (wire[0], wire[1]) if wire else None
    return Variable(name, type_, (sample,), source, required=True)


SUBNETS = _required("subnet_ids", "list(string)", '["subnet-a", "subnet-b"]')
VPC = _required("vpc_id", "string", '"vpc-main"')
KEY = _required("kms_key_arn", "string", '"alias/main"', "key", "arn")
GROUPS = _required("security_group_id", "string", '"sg-main"', "firewall", "id")
TOPIC = _required("topic_arn", "string", '"arn:aws:sns:eu-west-1::ops"', "topic", "arn")
