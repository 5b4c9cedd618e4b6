"""An instance does not slow down when its CPU credits are used up."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_TYPES = {
    "aws_instance": "instance_type",
    "aws_launch_template": "instance_type",
    "aws_launch_configuration": "instance_type",
    "aws_db_instance": "instance_class",
    "aws_elasticache_cluster": "node_type",
    "aws_elasticache_replication_group": "node_type",
}
_BURSTABLE = re.compile(r"(?:db\.|cache\.)?t(?P<generation>\d)")


@rule(
    id="CAP078",
    title="instance slows down to a fraction when its CPU credits are used up",
    group="disputed",
    kinds=_TYPES,
    references=[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html",
    ],
)
def burstable_in_prod(instance: Resource) -> Iterator[Problem]:
    size = instance.get(_TYPES[instance.kind])
    if not size.present:
        raise NotApplicable("it names no type of instance")
    burstable = _BURSTABLE.match(size.text())
    if burstable is None:
        return
    allowed = instance.get("credit_specification", 0, "cpu_credits")
    if not _is_unlimited(instance, burstable["generation"], allowed):
        yield Problem(size, f"{size.path[-1]} is {size.text()}: it is throttled without credits")


def _is_unlimited(instance: Resource, generation: str, allowed: Node) -> bool:
    """Whether it may go on at full speed, for money; from the third generation by default."""
    if "elasticache" in instance.kind:
        return False
    return allowed.text("standard" if generation < "3" else "unlimited") == "unlimited"
