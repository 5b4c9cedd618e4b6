"""The instructions of a Dockerfile → its build stages, and the variables that hold in them."""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from prodready_infra.errors import InputError, UnknownValue
from prodready_infra.model.image import Image, Lookup, expand, parse_image
from prodready_infra.model.node import Unknown
from prodready_infra.model.stage import Instruction, Stage
from prodready_infra.sources.docker.parse import DockerComment, ParsedFile, parse

Value: TypeAlias = str | Unknown | None
Place: TypeAlias = tuple[int, int]

# Set by the builder from the platforms at hand (docs.docker.com, "Automatic platform ARGs").
_PLATFORM = frozenset(
    f"{side}{part}"
    for side in ("TARGET", "BUILD")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)


@dataclass(frozen=True, slots=True, eq=False)
class DockerfileResult:
    """What a Dockerfile holds. ``problems`` are what a builder would refuse, with their place."""

    path: str
    stages: tuple[Stage, ...]
    problems: tuple[InputError, ...]
    comments: tuple[DockerComment, ...]
    instructions: tuple[Instruction, ...]
    directives: dict[str, str]


def read_dockerfile(text: str, path: str) -> DockerfileResult:
    """The stages of the Dockerfile ``text``; never raises."""
    parsed = parse(text, path)
    global_args: dict[str, Value] = {}
    groups: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in parsed.instructions:
        if instruction.name == "FROM":
            groups.append((instruction, []))
        elif groups:
            groups[-1][1].append(instruction)
        elif instruction.name == "ARG":
            _declare(instruction, global_args)
        else:
            _refuse(parsed, instruction, f"{_said(instruction)} stands before the first FROM")
    if not groups:
        parsed.problems.append(InputError("has no FROM instruction", path, 1))
    return DockerfileResult(
        path=path,
        stages=_stages(parsed, groups, global_args),
        problems=tuple(sorted(parsed.problems, key=lambda problem: (problem.line, problem.column))),
        comments=tuple(parsed.comments),
        instructions=tuple(parsed.instructions),
        directives=parsed.directives,
    )


def _said(instruction: Instruction) -> str:
    return instruction.name if instruction.name.isalpha() else "this"


def _refuse(parsed: ParsedFile, instruction: Instruction, message: str) -> None:
    place = instruction.source.place(instruction.start)
    parsed.problems.append(InputError(message, parsed.path, *place))


def _declare(instruction: Instruction, global_args: dict[str, Value]) -> None:
    """An ARG before the first FROM; later pairs see the earlier ones."""
    for pair in instruction.pairs:
        if pair.value is not None:
            get = _global_lookup(global_args)
            global_args[pair.key] = _expanded(pair.raw, get, instruction.source.escape)
        else:
            global_args.setdefault(pair.key, _builders(pair.key))


def _builders(name: str) -> Unknown | None:
    return Unknown(f"{name} is set by the builder") if name in _PLATFORM else None


def _expanded(text: str, get: Lookup, escape: str) -> str | Unknown:
    try:
        return expand(text, get, escape)
    except UnknownValue as unknown:
        return Unknown(unknown.reason)


def _known(name: str, value: Value, *, plain: bool) -> str | None:
    if isinstance(value, Unknown):
        raise UnknownValue(value.reason)
    if value is None and plain:
        raise UnknownValue(f"ARG {name} has no default")
    return value


def _global_lookup(global_args: dict[str, Value]) -> Lookup:
    def get(name: str, plain: bool) -> str | None:  # noqa: FBT001
        if name not in global_args and plain and name not in _PLATFORM:
            raise UnknownValue(f"ARG {name} is not declared before the first FROM")
        return _known(name, global_args.get(name, _builders(name)), plain=plain)

    return get


def _stages(
    parsed: ParsedFile,
    groups: list[tuple[Instruction, list[Instruction]]],
    global_args: dict[str, Value],
) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    named: dict[str, Stage] = {}
    variables = _Variables(global_args)
    for index, (header, body) in enumerate(groups):
        words = [word.text for word in header.words]
        has_name = len(words) == 3 and words[1].lower() == "as"
        if words and not has_name and len(words) != 1:
            _refuse(parsed, header, "FROM takes an image, and perhaps AS with a name")
        text = words[0] if words else ""
        wanted = _expanded(text, _global_lookup(global_args), header.source.escape)
        parent = None if isinstance(wanted, Unknown) else named.get(wanted.lower())
        stage = Stage(
            index=index,
            name=words[2].lower() if has_name else "",
            header=header,
            base=parent.base if parent else _image(text, wanted),
            base_text=text,
            platform=header.flag("platform") or "",
            parent=parent,
            instructions=tuple(body),
            final=index == len(groups) - 1,
            lookup=variables,
        )
        stages.append(stage)
        if stage.name:
            named[stage.name] = stage
    return tuple(stages)


def _image(written: str, wanted: str | Unknown) -> Image | Unknown:
    if isinstance(wanted, Unknown):
        return wanted
    if not wanted:
        return Unknown(f"{written} is empty" if written else "FROM names no image")
    try:
        return parse_image(wanted)
    except UnknownValue as unknown:
        return Unknown(unknown.reason)


@dataclass(slots=True)
class _Table:
    """The values that one stage gives its variables, each with the place from which it holds."""

    env: dict[str, list[tuple[Place, Value]]] = field(default_factory=dict)
    args: dict[str, list[tuple[Place, Value]]] = field(default_factory=dict)


class _Variables:
    """Looks up a variable in a stage and its ancestors: ENV goes before ARG.

    An ARG holds in the stages built on its own, too. Tables are made when first asked for.
    """

    def __init__(self, global_args: dict[str, Value]) -> None:
        self._global_args = global_args
        self._tables: dict[int, _Table] = {}

    def __call__(self, stage: Stage, place: Place, name: str, plain: bool) -> str | None:  # noqa: FBT001
        lineage = list(stage.lineage())
        for ancestor in reversed(lineage):
            if ancestor.index not in self._tables:
                self._fill(ancestor)
        tables = [self._tables[ancestor.index] for ancestor in lineage]
        for entries in (*(table.env for table in tables), *(table.args for table in tables)):
            known = entries.get(name, ())
            position = bisect_left(known, place, key=lambda entry: entry[0])
            if position:
                return _known(name, known[position - 1][1], plain=plain)
        if isinstance(stage.base, Image) and stage.base.scratch and name != "PATH":
            return None
        raise UnknownValue(f"{name} may be set by the base image")

    def _fill(self, stage: Stage) -> None:
        table = self._tables[stage.index] = _Table()
        first, order = stage.header.index, 0
        for instruction in stage.executed:
            # A trigger of the parent stands further up, but takes effect at this stage's FROM.
            index = max(instruction.index, first)
            begin = (index, order + 1 if index == first else 0)
            for pair in instruction.pairs if instruction.name in ("ENV", "ARG") else ():
                order += 1
                place = (index, order)
                is_env = instruction.name == "ENV"
                get = partial(self, stage, begin if is_env else place)
                value = (
                    self._inherited(pair.key)
                    if pair.value is None
                    else _expanded(pair.raw, get, instruction.source.escape)
                )
                known = (table.env if is_env else table.args).setdefault(pair.key, [])
                if value is not None or not known:
                    known.append((place, value))

    def _inherited(self, name: str) -> Value:
        """An ARG without default takes over what the ARG before the first FROM has."""
        return self._global_args.get(name, _builders(name))
