"""What a Terraform and the evaluator make of the same expressions, and where they differ."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.evaluate import evaluate
from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.functions.encoding import json_text
from prodready_infra.sources.terraform.instance import Instance
from prodready_infra.sources.terraform.kinds import ANY, UNSURE, Type, type_of
from prodready_infra.sources.terraform.overrides import declare
from prodready_infra.sources.terraform.parse import parse
from tests.terraform_programs import Program

REFUSED = "refused"
UNKNOWN = "unknown"
NO_FUNCTION = "no such function"
_NO_FUNCTION = "Call to unknown function"


@dataclass(frozen=True)
class Answer:
    """A value as JSON writes it, with its type; or neither, for the reason that ``what`` is."""

    what: str
    text: str = ""
    kind: Any = None


@dataclass
class Comparison:
    """Every expression lies in one of these."""

    agreed: int = 0
    refused: int = 0
    undecided: int = 0
    needless: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of what Terraform knows, what the evaluator knows too."""
        return self.agreed / max(self.agreed + len(self.needless), 1)

    def __str__(self) -> str:
        known = f"{self.agreed} agree ({self.share:.2%} of what Terraform knows)"
        lines = [
            f"{known}, {self.refused} are refused by both, {self.undecided} known to neither",
            *(f"DIFFERS  {line}" for line in self.wrong),
            *(f"unknown  {line}" for line in self.needless),
        ]
        return "\n".join(lines)


# Terraform


def answers_of(program: Program, expressions: Sequence[str], folder: Path) -> list[Answer]:
    """What Terraform makes of expressions in a folder, each of which has a file of its own.

    A plan names the files that are refused, if there are any, and computes them all otherwise.
    """
    refused: dict[int, Answer] = {}
    (folder / "none.tf").write_text("locals {}\n")
    for number, text in enumerate(expressions):
        (folder / f"e{number}.tf").write_text(
            f"locals {{\n  e{number} = [\n{text}\n]\n}}\n"
            f'output "e{number}" {{\n  value = [local.e{number}, jsonencode(local.e{number})]\n'
            "  sensitive = true\n}\n"
        )
    while found := _diagnosed(program, folder):
        for number, summary in found.items():
            refused[number] = Answer(NO_FUNCTION if summary == _NO_FUNCTION else REFUSED)
            (folder / f"e{number}.tf").unlink()
    done = program.run(folder, "show", "-json", "plan")
    assert done.returncode == 0, done.stderr
    outputs = json.loads(done.stdout)["planned_values"].get("outputs", {})
    return [
        refused.get(number) or _answer(outputs[f"e{number}"]) for number in range(len(expressions))
    ]


def _diagnosed(program: Program, folder: Path) -> dict[int, str]:
    """What is wrong with the expressions, as far as one run says so."""
    done = program.run(folder, "plan", "-json", "-out=plan", "-refresh=false", "-input=false")
    events = map(json.loads, done.stdout.splitlines())
    found = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    errors = [item for item in found if item["severity"] == "error"]
    assert bool(errors) == (done.returncode != 0), done.stdout + done.stderr
    named: dict[int, str] = {}
    for item in errors:
        match = re.fullmatch(r"e(\d+)\.tf", item.get("range", {}).get("filename", ""))
        assert match is not None, item
        if named.get(int(match[1])) != _NO_FUNCTION:
            named[int(match[1])] = item["summary"]
    return named


def _answer(output: Mapping[str, Any]) -> Answer:
    if "value" not in output:
        return Answer(UNKNOWN)
    text = output["value"][1]
    return Answer("known", text[1:-1], output["type"][1][0][1][0])


# The evaluator


@dataclass(frozen=True)
class Found:
    """What the evaluator makes of an expression.

    Whether Terraform refuses all of it is in ``doubt`` where something on the way was not known:
    what was not needed for the value may be refused all the same. So it is where there are
    variables: Terraform validates with unknown ones first, and refuses more then.
    """

    value: Any
    doubt: bool


def values_of(expressions: Sequence[str], folder: Path, around: str = "") -> list[Found]:
    """What the evaluator makes of them, beside the declarations ``around`` them."""
    file = parse(around.encode(), "main.tf")
    assert not file.problems
    instance = Instance(declare(str(folder), [file]), files=Files(str(folder), str(folder)))
    found = []
    for text in expressions:
        read = parse(f"e = [\n{text}\n]\n".encode(), "e.tf")
        if read.problems or "e" not in read.body.attributes:
            found.append(Found(Unknown("it has a syntax error"), doubt=True))
            continue
        with _unknowns() as made:
            value = evaluate(read.body.attributes["e"].value, instance.context)
        doubt = "var." in text or any(type(unknown) is Unknown for unknown in made)
        found.append(Found(value[0] if isinstance(value, list) else value, doubt))
    return found


@contextmanager
def _unknowns() -> Iterator[list[Unknown]]:
    """All that is made inside."""
    made: list[Unknown] = []
    create = Unknown.__init__

    def noted(self: Unknown, *arguments: Any) -> None:
        create(self, *arguments)
        made.append(self)

    with patch.object(Unknown, "__init__", noted):
        yield made


def compared(
    expressions: Sequence[str], answers: Sequence[Answer], found: Sequence[Found]
) -> Comparison:
    result = Comparison()
    for text, answer, ours in zip(expressions, answers, found, strict=True):
        value = ours.value
        unknown = values.first_unknown(value)
        if answer.what == NO_FUNCTION:
            continue
        if answer.what == "known":
            if unknown is None and _agrees(value, answer):
                result.agreed += 1
            elif unknown is None or isinstance(unknown, values.Refusal):
                shown = _shown(value) if unknown is None else f"refused: {unknown.reason}"
                theirs = f"{answer.text} {json.dumps(answer.kind)}"
                result.wrong.append(f"{text}\n    {shown}\n    {theirs}")
            else:
                result.needless.append(f"{text}  # {unknown.reason}")
        elif unknown is None and not ours.doubt:
            result.wrong.append(f"{text}\n    {_shown(value)}\n    {answer.what}")
        elif answer.what == UNKNOWN:
            result.undecided += 1
        else:
            result.refused += 1
    return result


def _shown(value: Any) -> str:
    try:
        return f"{json_text(value)} {type_of(value)}"
    except values.Uncertain:
        return f"{value!r} {type_of(value)}"


def _agrees(value: Any, answer: Answer) -> bool:
    if not _is_of(type_of(value), answer.kind):
        return False
    try:
        return json_text(value) == answer.text
    except values.Uncertain:  # the digits of a fraction: its value is known all the same
        return _close(values.plain(value), json.loads(answer.text))


def _close(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_close(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        pairs = zip(ours, theirs, strict=False)
        return len(ours) == len(theirs) and all(_close(a, b) for a, b in pairs)
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return abs(ours - theirs) <= 1e-12 * abs(theirs)
    return bool(type(ours) is type(theirs) and ours == theirs)


def _is_of(kind: Type, theirs: Any) -> bool:
    """Whether a type is the one that Terraform's JSON writes so; nulls and nothing have any."""
    if kind in (ANY, UNSURE):
        return True
    if isinstance(theirs, str):
        return kind.name == theirs
    name, inner = theirs[:2]
    if kind.name != name:
        return False
    if name == "object":
        return set(kind.names) == set(inner) and all(
            _is_of(item, inner[key]) for key, item in zip(kind.names, kind.items, strict=True)
        )
    items = inner if name == "tuple" else [inner]
    return len(items) == len(kind.items) and all(map(_is_of, kind.items, items))
