"""Plain data to YAML text: as much of YAML as the generated manifests need, without a library."""

import json
import re
from collections.abc import Iterator, Mapping

Data = Mapping[str, "Data"] | list["Data"] | str | int | bool
Object = dict[str, Data]

# What may stand without quotes and still be read as a string. Anything doubtful gets quotes.
_PLAIN = re.compile(r"[A-Za-z/][\w./@,()-]*(?:[: ][\w./@,()-]+)*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def documents(objects: list[Object]) -> str:
    """One multi-document stream."""
    return "---\n".join(text(obj) for obj in objects)


def text(obj: Mapping[str, Data]) -> str:
    return "\n".join(_mapping(obj)) + "\n"


def _mapping(data: Mapping[str, Data]) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{_scalar(key)}:", value)


def _entry(head: str, value: Data) -> Iterator[str]:
    """``head`` with its value behind it, or below it when the value needs lines of its own."""
    if isinstance(value, str) and "\n" in value:
        yield f"{head} |-"
        yield from (f"  {line}" if line else "" for line in value.split("\n"))
    elif isinstance(value, Mapping) and value:
        yield head
        yield from (f"  {line}" for line in _mapping(value))
    elif isinstance(value, list) and value:
        yield head
        for item in value:
            yield from _item(item)
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Data) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        lines = list(_mapping(value))
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])
    else:
        yield from _entry("-", value)


def _scalar(value: Data) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)
