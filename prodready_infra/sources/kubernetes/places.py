"""Where the values of a composed YAML document stand, kept small: PyYAML's nodes take much more.

Lines and columns count from 0 here, as PyYAML's marks do.
"""

from typing import Any

from yaml.nodes import MappingNode, ScalarNode

# A place is (line, column, end line, end column, children): children of a mapping are a dict from
# each key to (the key's line, column and length, its place), those of a sequence a list.
Place = tuple[int, int, int, int, Any]
_MERGE = "<<"


def places_of(node: Any) -> Place:
    """The places of a document; a node that aliases name is kept once."""
    return _place(node, {})


def _place(node: Any, seen: dict[int, Place]) -> Place:
    known = seen.get(id(node))
    if known is not None:
        return known
    start = node.start_mark
    kind = type(node)
    if kind is ScalarNode:
        mark = node.end_mark
        if node.style in ("|", ">"):
            return (start.line, start.column, *_end_of_block(node), None)
        return (start.line, start.column, mark.line, mark.column, None)
    children: Any
    if kind is MappingNode:
        children = {}
        for key, value in node.value:
            if type(key) is ScalarNode:
                at = key.start_mark
                entry = (at.line, at.column, len(key.value), _place(value, seen))
                if key.value == _MERGE:
                    children.setdefault(_MERGE, []).append(entry[3])
                else:
                    children[key.value] = entry
        last = node.value[-1][1] if node.value else None
    else:
        children = [_place(value, seen) for value in node.value]
        last = node.value[-1] if node.value else None
    if last is None or node.flow_style:
        end = (node.end_mark.line, node.end_mark.column)
    else:  # a block collection's own mark stands behind blank lines
        inner = _place(last, seen)
        end = (inner[2], inner[3])
    place = (start.line, start.column, *end, children)
    seen[id(node)] = place
    return place


def _end_of_block(node: Any) -> tuple[int, int]:
    return node.start_mark.line + len(node.value.splitlines()), node.end_mark.column


def child(place: Place, step: str | int) -> tuple[tuple[int, int, int] | None, Place] | None:
    """The key (line, column, length; ``None`` in a sequence) and the place at one step."""
    children = place[4]
    if type(children) is list:
        if isinstance(step, int) and -1 < step < len(children):
            return None, children[step]
        return None
    if type(children) is not dict:
        return None
    entry = children.get(step) if step != _MERGE else None
    if entry is not None:
        return entry[:3], entry[3]
    for source in reversed(children.get(_MERGE, [])):
        options = source[4] if type(source[4]) is list else [source]
        for option in options:
            found = child(option, step)
            if found is not None:
                return found
    return None
