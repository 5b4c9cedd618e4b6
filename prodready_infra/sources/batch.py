"""What every source returns."""

from dataclasses import dataclass, field

from prodready_infra.errors import InputError
from prodready_infra.model.gap import Gap
from prodready_infra.model.resource import Resource
from prodready_infra.model.stage import Stage
from prodready_infra.sources.comments import Comment


@dataclass(slots=True)
class Batch:
    """The resources of some files, the problems met on the way, and what was passed over.

    ``judged`` holds the paths of files from which something was read for the rules, ``variables``
    the names of those that Terraform's root modules declare, ``sensitive`` what variables hold
    that are marked so.
    """

    resources: list[Resource] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    sensitive: set[str] = field(default_factory=set)

    def add(self, other: "Batch") -> None:
        self.resources += other.resources
        self.stages += other.stages
        self.problems += other.problems
        self.gaps += other.gaps
        self.judged += other.judged
        self.comments += other.comments
        self.variables |= other.variables
        self.sensitive |= other.sensitive
