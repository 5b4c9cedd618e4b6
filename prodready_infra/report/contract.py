"""The report: what every format renders, and what other tools read as JSON.

The dataclasses are the contract. ``to_data`` and ``from_data`` turn them into JSON values and
back, and ``schema`` into the JSON Schema that is checked in as ``schemas/report.schema.json``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

FORMAT = "prodready/v1"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A span of text; lines and columns count from 1, ``end_column`` is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verdict is about; ``source`` is kubernetes, terraform or docker.

    ``root`` is the folder of the Terraform root module that makes it, empty for all else.
    """

    address: str
    kind: str
    source: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The suppression that accepts a failure."""

    reason: str
    path: str
    line: int
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One verdict. ``sensitive`` ones stand at a secret: show no source line of them."""

    rule: str
    id: str
    category: str
    outcome: str
    severity: str
    priority: str
    resource: Subject
    message: str
    locations: tuple[Place, ...]
    provenance: tuple[Place, ...]
    remediation: str
    fingerprint: str
    sensitive: bool = False
    suppressed_by: Accepted | None = None


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a report says of a rule that did not pass everywhere."""

    slug: str
    id: str
    title: str
    category: str
    why: str
    fix: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules that were asked; ``digest`` changes with any of them."""

    profile: str
    tier: int
    asked: int
    digest: str
    rules: tuple[RuleInfo, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """This program."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class InputProblem:
    """A file that could not be read or parsed; ``line`` and ``column`` are 0 when not known."""

    path: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class InputNote:
    """Something that was not judged, and why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was scanned; ``resources`` counts them by source."""

    paths: tuple[str, ...]
    files: int
    resources: Mapping[str, int]
    problems: tuple[InputProblem, ...]
    notes: tuple[InputNote, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what was asked could be decided: ``ratio`` is decided ÷ (decided + unknown).

    ``unasked`` counts the resources of kinds that no rule asks about.
    """

    decided: int
    unknown: int
    ratio: float
    files_judged: int
    files_failed: int
    left_out: int
    unasked: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that was judged; ``assumed`` when no service file describes it."""

    name: str
    tier: int
    profile: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class SuppressionDefect:
    """A suppression that is wrong, expired or accepts nothing."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Verdicts by outcome and open findings by severity; suppressed ones are not open."""

    outcomes: Mapping[str, int]
    findings: Mapping[str, int]
    suppressed: int
    suppression_defects: tuple[SuppressionDefect, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One run. Passing verdicts are left out of ``verdicts`` unless they were asked for."""

    version: str
    tool: Tool
    ruleset: Ruleset
    inputs: Inputs
    coverage: Coverage
    services: tuple[Service, ...]
    verdicts: tuple[Entry, ...]
    summary: Summary

    @property
    def findings(self) -> tuple[Entry, ...]:
        """The open failures: what a person has to look at."""
        return tuple(e for e in self.verdicts if e.outcome == "fail" and not e.suppressed_by)


_AS_IS = frozenset({str, int, float, bool, NoneType})


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def to_data(value: Any) -> Any:
    """JSON values of a report or of a part of it."""
    kind: Any = type(value)
    if kind in _AS_IS:
        return value
    if kind is tuple:
        return [to_data(element) for element in value]
    if kind is dict:
        return {key: to_data(element) for key, element in value.items()}
    return {name: to_data(getattr(value, name)) for name in _field_names(kind)}


def from_data(kind: type[T], data: Any) -> T:
    """The inverse of :func:`to_data`; raises ``KeyError`` or ``TypeError`` on foreign data."""
    return _read(kind, data)  # type: ignore[no-any-return]


def _read(kind: Any, data: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        wanted = next(argument for argument in arguments if argument is not NoneType)
        return None if data is None else _read(wanted, data)
    if origin is tuple:
        return tuple(_read(arguments[0], element) for element in data)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {name: _read(hint, data[name]) for name, hint in hints.items() if name in data}
        return kind(**known)  # type: ignore[operator]
    return data


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report."""
    definitions: dict[str, Any] = {}
    root = _schema(Report, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://prodready-infra.dev/schemas/report-v1.json",
        "title": "prodready-infra report",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


_PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _PRIMITIVES:
        return {"type": _PRIMITIVES[kind]}
    if origin is UnionType:
        return {"anyOf": [_schema(argument, definitions) for argument in arguments]}
    if kind is NoneType:
        return {"type": "null"}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = get_type_hints(kind)
        definitions[name] = {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {key: _schema(hint, definitions) for key, hint in hints.items()},
            "required": list(hints),
            "additionalProperties": False,
        }
        if kind is Entry:
            definitions[name]["properties"]["outcome"]["enum"] = [
                "pass", "fail", "unknown", "not-applicable", "error",
            ]  # fmt: skip
    return {"$ref": f"#/$defs/{name}"}
