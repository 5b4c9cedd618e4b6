"""Small questions about expressions that name files and hold texts."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodready_infra.model.gap import Gap
from prodready_infra.sources.terraform.blocks import BlockOrigin
from prodready_infra.sources.terraform.context import Context
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.syntax import Call, Expression

_ARITY = {
    "file": 1,
    "jsondecode": 1,
    "jsonencode": 1,
    "templatefile": 2,
    "yamldecode": 1,
    "yamlencode": 1,
}


def argument_of(expression: Expression, names: Sequence[str]) -> Expression | None:
    """The first argument of a call of one of the functions."""
    if not isinstance(expression, Call) or expression.name not in names or expression.expand:
        return None
    return expression.arguments[0] if len(expression.arguments) == _ARITY[expression.name] else None


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the scan; ``root`` is the folder that Terraform runs in."""

    known: frozenset[str]
    root: str

    def named(self, expression: Expression, context: Context, function: str = "file") -> str:
        """The file of the scan that a call of a function reads, or nothing."""
        inner = argument_of(expression, (function,))
        value = evaluate(inner, context) if inner is not None else None
        return self.find(value) if type(value) is str else ""

    def find(self, path: str) -> str:
        """The file that a path means, from where Terraform runs or from where this program does."""
        return next((place for place in paths_of(path, self.root) if place in self.known), "")


def paths_of(path: str, root: str) -> Iterator[str]:
    """What a path may mean: from the folder of the root module, or from where this runs."""
    if path and not os.path.isabs(path):
        for start in dict.fromkeys(("", root)):
            yield os.path.normpath(os.path.join(start, path)).replace(os.sep, "/")


def gap_at(origin: BlockOrigin, message: str) -> Gap:
    """Something that a block makes, and that was not read."""
    return Gap(f"{origin.path}:{origin.header().line}", message)
