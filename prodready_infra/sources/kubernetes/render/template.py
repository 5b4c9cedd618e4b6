"""Where a rendered object stands in the template and the values it was made from.

A template is no YAML, so that a place in it can only be found as a person would: from key to key,
downwards, as far as the template spells them out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prodready_infra.findings import Location
from prodready_infra.model.node import Path, Unknown
from prodready_infra.sources.kubernetes.yaml import YamlDocument

_KEY = re.compile(r"""^(\s*)((?:-\s+)*)["']?([\w./-]+)["']?\s*:(?:\s|$)""")
_BORDER = re.compile(r"^---(?:\s|$)")
_VALUE = re.compile(r"\.Values\.([A-Za-z_][\w.]*)")
_ENDS = re.compile(r"\{\{-?\s*(?:end|else|if|range|define|with)\b")
_ACTION = re.compile(r"\{\{.*?\}\}")
_KIND = "kind"
_UNSETTLED = re.compile(r"/v\d+(?:alpha|beta)\d+$")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that starts with a key: how deep it stands, and whether it starts a list's item."""

    number: int
    indent: int
    key: str
    item: bool


@dataclass(frozen=True)
class Template:
    """The text of a template, by lines, and the values files that filled it, the decisive first."""

    path: str
    text: str
    values: Sequence["ValuesFile"] = ()

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def segments(self) -> list[tuple[int, int]]:
        """The documents between ``---`` lines: first line and the one behind the last, from 0."""
        borders = [n for n, line in enumerate(self.lines) if _BORDER.match(line)]
        starts = [0, *(n + 1 for n in borders)]
        return list(zip(starts, [*borders, len(self.lines)], strict=True))

    def keys(self, start: int, end: int) -> list[_Line]:
        found = []
        for number in range(start, end):
            match = _KEY.match(self.lines[number])
            if match:
                indent = len(match[1]) + len(match[2])
                found.append(_Line(number, indent, match[3], bool(match[2])))
        return found

    def segment(self, kind: str, index: int) -> tuple[int, int]:
        """The part that declares an object of the kind; of several the one at its position."""
        declares = re.compile(rf"""^kind:\s*["']?{re.escape(kind)}["']?\s*(?:#.*)?$""")
        fitting = [
            (start, end)
            for start, end in self.segments
            if any(declares.match(line) for line in self.lines[start:end])
        ]
        if fitting:
            return fitting[min(index, len(fitting) - 1)]
        return (0, len(self.lines))

    def passage(self, number: int) -> list[str]:
        """A line with a key and what belongs to it: a ``with`` above, and actions below."""
        first = number - (number > 0 and "{{- with " in self.lines[number - 1])
        last = number + 1
        while last < len(self.lines) and self.lines[last].lstrip().startswith("{{"):
            if _ENDS.search(self.lines[last]):
                break
            last += 1
        return self.lines[first:last]

    def find(self, segment: tuple[int, int], value: Any, path: Path) -> int:
        """The line of the deepest ancestor of ``path`` that the template spells out."""
        keys = self.keys(*segment)
        at = next((i for i, line in enumerate(keys) if line.key == _KIND and not line.indent), -1)
        best = keys[at].number if at >= 0 else segment[0]
        position, indent = 0, -1
        for step in path:
            alone = type(value) is list and len(value) == 1
            value = _below(value, step)
            if isinstance(step, int):
                found = _item(keys, self.lines, position, indent, value)
            else:
                found = _key(keys, position, indent, step)
            if found is None:
                if isinstance(step, int) and alone:
                    continue  # its keys follow all the same
                break
            position, indent = found + (not isinstance(step, int)), keys[found].indent
            best = keys[found].number
            if isinstance(step, int):
                indent -= 1  # its other keys stand as deep as the first
        return best


def _below(value: Any, step: str | int) -> Any:
    if type(value) is dict:
        return value.get(step)
    if type(value) is list and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _key(keys: list[_Line], position: int, indent: int, wanted: str) -> int | None:
    """The next line with the key, before the block that is being read ends."""
    closest: int | None = None
    for at in range(position, len(keys)):
        line = keys[at]
        if line.indent <= indent:
            break
        if line.key == wanted and (closest is None or line.indent < keys[closest].indent):
            closest = at
    return closest


def _item(
    keys: list[_Line], lines: list[str], position: int, indent: int, value: Any
) -> int | None:
    """The item of a list that has the same name."""
    name = value.get("name") if type(value) is dict else None
    if not isinstance(name, str):
        return None
    fitting: list[int] = []
    for at in range(position, len(keys)):
        if keys[at].indent < indent:
            break
        if keys[at].item and keys[at].key == "name":
            said = lines[keys[at].number].partition("name")[2].partition(":")[2]
            if _written(said) == name:
                return at
            if "{{" in said and re.fullmatch(_as_pattern(_written(said)), name):
                fitting.append(at)
    return fitting[0] if len(fitting) == 1 else None


def _written(value: str) -> str:
    return value.partition(" #")[0].strip().strip("'\"")


def _as_pattern(value: str) -> str:
    """What a text with template actions may become."""
    return ".*".join(map(re.escape, _ACTION.split(value)))


@dataclass(frozen=True)
class ValuesFile:
    """A file of values: what it gives, and where that stands."""

    path: str
    text: str

    @cached_property
    def _document(self) -> YamlDocument:
        return YamlDocument(self.text, self.path, 1)

    @cached_property
    def _value(self) -> Any:
        return self._document.load()

    def get(self, keys: Sequence[str]) -> Any:
        """The value that the file gives, or ``None``."""
        value = self._value
        for key in keys:
            value = value.get(key) if type(value) is dict else None
        return value

    def locate(self, keys: Sequence[str]) -> Location | None:
        """Where the file sets the value, or ``None`` when it does not."""
        if self.get(keys) is None:
            return None
        place = self._document.locate(tuple(keys))
        label = f".Values.{'.'.join(keys)}"
        return Location(place.path, place.line, place.column, place.line, place.end_column, label)


class Rendered(YamlDocument):
    """One object that a template became; ``path`` is the file that stands for its release.

    ``index`` tells it from earlier ones of its kind in the template. It is not ``certain`` when it
    was rendered with values for a test: what it would hold in production is another matter.
    """

    def __init__(self, text: str, path: str, template: Template, *, certain: bool = True) -> None:
        super().__init__(text, path, 1)
        self.template = template
        self.index = 0
        self.certain = certain
        self._loaded: Any = None

    def load(self) -> Any:
        self._loaded = super().load()
        return self._loaded if self.certain else _without_data(self._loaded)

    @property
    def version_chosen(self) -> bool:
        """Whether the template asks what the cluster offers, and takes an older API elsewhere."""
        version = self._loaded.get("apiVersion") if type(self._loaded) is dict else None
        if not isinstance(version, str) or not _UNSETTLED.search(version):
            return False
        text = self.template.text
        literal = re.search(rf"^apiVersion:\s*{re.escape(version)}\s*$", text, re.MULTILINE)
        return ".Capabilities" in text or literal is None

    @cached_property
    def _segment(self) -> tuple[int, int]:
        kind = self._loaded.get("kind") if type(self._loaded) is dict else ""
        return self.template.segment(str(kind), self.index)

    def _line(self, path: Path) -> int:
        return self.template.find(self._segment, self._loaded, path)

    def locate(self, path: Path) -> Location:
        number = self._line(path)
        text = self.template.lines[number] if number < len(self.template.lines) else ""
        start = len(text) - len(text.lstrip()) + 1
        line = number + 1
        return Location(self.template.path, line, start, line, max(len(text.rstrip()), start) + 1)

    def provenance(self, path: Path) -> tuple[Location, ...]:
        """The values that the template's line names, or those below it up to the next key."""
        number = self._line(path)
        lines = self.template.passage(number)
        found = []
        for match in _VALUE.finditer("\n".join(lines)):
            keys = match[1].split(".")
            places = (file.locate(keys) for file in self.template.values)
            place = next((place for place in places if place is not None), None)
            if place is not None:
                found.append(place)
        return tuple(found)


def _without_data(value: Any) -> Any:
    """A ConfigMap or a Secret whose content is that of a test."""
    if type(value) is not dict or value.get("kind") not in ("ConfigMap", "Secret"):
        return value
    unknown = Unknown("the chart was rendered with values for its tests")
    return {k: unknown if k in ("data", "stringData") else v for k, v in value.items()}
