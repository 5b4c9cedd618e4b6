"""Label selectors, with the semantics of the Kubernetes API and a third answer: not known.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
"""

from dataclasses import dataclass
from typing import Literal

from prodready_infra.errors import UnknownValue
from prodready_infra.model.node import Node
from prodready_infra.model.resource import text_map

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label; all of a selector's must hold."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def holds(self, labels: dict[str, str]) -> bool:
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        if self.operator == "In":
            return labels.get(self.key) in self.values
        return labels.get(self.key) not in self.values


@dataclass(frozen=True, slots=True)
class Selector:
    """A LabelSelector. Without requirements it selects everything; ``None`` stands for nothing."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: dict[str, str]) -> bool:
        return all(requirement.holds(labels) for requirement in self.requirements)

    def required_pairs(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Labels of which one of the given values must be present, to look candidates up by."""
        return tuple((r.key, r.values) for r in self.requirements if r.operator == "In")


def equality_selector(node: Node) -> Selector | None:
    """The map of labels that Services and ReplicationControllers use; empty selects nothing."""
    labels = text_map(node)
    return Selector(_equalities(labels)) if labels else None


def label_selector(node: Node) -> Selector | None:
    """A ``LabelSelector`` object: absent selects nothing, ``{}`` everything."""
    if not node.present:
        return None
    requirements = _equalities(text_map(node.get("matchLabels")))
    return Selector(requirements + tuple(map(_requirement, node.get("matchExpressions").items())))


def _equalities(labels: dict[str, str]) -> tuple[Requirement, ...]:
    return tuple(Requirement(key, "In", frozenset({value})) for key, value in labels.items())


def _requirement(node: Node) -> Requirement:
    operator = node.get("operator").text()
    values = frozenset(value.text() for value in node.get("values").items())
    for known in ("In", "NotIn", "Exists", "DoesNotExist"):
        if operator == known:
            return Requirement(node.get("key").text(), known, values)
    raise UnknownValue(f"'{operator}' is no operator of a label selector")
