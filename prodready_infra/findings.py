"""The words of a judgement: categories, severities, outcomes, locations and verdicts."""

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """The seven categories of a readiness report; ``prefix`` starts the ids of their rules."""

    OBSERVABILITY = "Observability"
    SAFETY_PATTERNS = "Safety Patterns"
    RUNBOOKS = "Runbooks"
    DATA_SAFETY = "Data Safety"
    SECURITY = "Security"
    CAPACITY = "Capacity"
    INCIDENT_RESPONSE = "Incident Response"

    @property
    def prefix(self) -> str:
        return self.name[:3]

    @property
    def folder(self) -> str:
        """Name of the folder below ``policies/`` that holds this category's rules."""
        return self.name.lower()


class Outcome(StrEnum):
    """What one rule says of one subject."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


class Severity(StrEnum):
    """How much a failed rule matters to a service of a given tier."""

    BLOCKER = "blocker"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"

    @property
    def priority(self) -> str:
        """``P0``, ``P1`` or ``P2``; a rule that is off has none."""
        return _PRIORITY[self]

    @property
    def rank(self) -> int:
        """0 for the gravest, growing."""
        return _RANK[self]


_PRIORITY = {
    Severity.BLOCKER: "P0",
    Severity.WARNING: "P1",
    Severity.INFO: "P2",
    Severity.OFF: "",
}
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Location:
    """A span of text in one file.

    Lines and columns count from 1, columns in characters; ``end_column`` is exclusive.
    ``path`` is relative to the working directory where it can be, with forward slashes.
    ``label`` says what stands there when that is not obvious.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a failure is accepted, and where that stands."""

    reason: str
    location: Location
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's word on one subject.

    A failing subject has one verdict for each problem found in it. ``locations`` and
    ``provenance`` are empty for a pass: nobody reads them, and they are costly to compute.
    ``root`` is the folder of the Terraform root module that makes the subject.
    """

    rule: str
    outcome: Outcome
    severity: Severity
    address: str
    kind: str
    source: str
    path: str
    message: str = ""
    locations: tuple[Location, ...] = ()
    provenance: tuple[Location, ...] = ()
    fingerprint: str = ""
    sensitive: bool = False
    suppressed_by: Suppression | None = None
    root: str = ""
