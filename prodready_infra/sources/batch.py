"""What every source returns, and how it says what it could not read."""

from dataclasses import dataclass, field

from prodready_infra.errors import InputError
from prodready_infra.model.resource import Resource
from prodready_infra.model.stage import Stage
from prodready_infra.sources.comments import Comment


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not judged, and why; no error of anybody's.

    ``gap`` when what stands there might hold what a rule misses elsewhere.
    """

    path: str
    message: str
    gap: bool = True


@dataclass(slots=True)
class Batch:
    """The resources of some files, the problems met on the way, and what was passed over.

    ``judged`` holds the paths of files from which something was read for the rules.
    """

    resources: list[Resource] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    def add(self, other: "Batch") -> None:
        self.resources += other.resources
        self.stages += other.stages
        self.problems += other.problems
        self.notes += other.notes
        self.judged += other.judged
        self.comments += other.comments
