"""An upgrade of EKS nodes does not drain all of them at once."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_ALL = 100


@rule(
    id="CAP057",
    title="upgrade of an EKS node group drains all of its nodes at once",
    group="weakness",
    kinds=["aws_eks_node_group"],
    references=[
        "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html",
    ],
)
def eks_max_unavailable(group: Resource) -> Iterator[Problem]:
    config = group.get("update_config", 0)
    percent = config.get("max_unavailable_percentage")
    number = config.get("max_unavailable")
    if not percent.present and (not number.present or number.number() <= 1):
        return
    most = group.get("scaling_config", 0, "max_size")
    if most.known and most.number(default=2) <= 1:
        raise NotApplicable("it has one node at most")
    if percent.present:
        if percent.number() >= _ALL:
            yield _problem(percent, f"max_unavailable_percentage is {percent.text()}")
    elif number.number() >= most.number():
        yield _problem(
            number, f"max_unavailable is {number.text()}, of {most.text()} nodes at most"
        )


def _problem(at: Node, what: str) -> Problem:
    return Problem(at, f"{what}: every pod is evicted in the same minutes")
