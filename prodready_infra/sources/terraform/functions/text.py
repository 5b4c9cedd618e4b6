"""Functions on strings.

https://developer.hashicorp.com/terraform/language/functions/join and its neighbours
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from prodready_infra.sources.terraform.functions import patterns
from prodready_infra.sources.terraform.kinds import NUMBER, STRING, list_of
from prodready_infra.sources.terraform.registry import function, limited, whole
from prodready_infra.sources.terraform.values import MAX_TEXT, Refused, Uncertain

# Characters that are a user-perceived character each, whatever stands beside them.
_PLAIN = re.compile(
    "[\n\t\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027"
    "\u2030-\u203b\u203d-\u2048\u20a0-\u20bf\u2190-\u2193\u2200-\u22ff\u3041-\u3096\u30a1-\u30fa"
    "\u4e00-\u9fff\uac00-\ud7a3\U0001f600-\U0001f64f]*"
)
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACE = re.compile(f"^[{_SPACES}]+|[{_SPACES}]+\\Z")
# Characters whose other case is several; on its own each of them stays as it is.
_CASELESS = frozenset("ßŉǰΐΰևẖẗẘẙẚﬀﬁﬂﬃﬄﬅﬆ")


def characters(text: str) -> str:
    """A text whose characters, as a person counts them, are its code points."""
    if _PLAIN.fullmatch(text) is None:
        raise Uncertain("how many characters its text has is not known")
    return text


def _cased(text: str, convert: Callable[[str], str]) -> str:
    """As Go does it, character by character."""
    if text.isascii():
        return convert(text)
    return "".join(_one_cased(character, convert) for character in text)


def _one_cased(character: str, convert: Callable[[str], str]) -> str:
    other = convert(character)
    if len(other) == 1 or character in _CASELESS:
        return other if len(other) == 1 else character
    if character == "İ":
        return "i"
    raise Uncertain(f"the other case of '{character}' is not known")


@function("lower", STRING)
def _lower(text: str) -> str:
    return _cased(text, str.lower)


@function("upper", STRING)
def _upper(text: str) -> str:
    return _cased(text, str.upper)


@function("title", STRING)
def _title(text: str) -> str:
    written, before = [], " "
    for character in text:
        inside = before.isalnum() or before == "_" or not (before.isascii() or before.isspace())
        written.append(character if inside else _cased(character, str.title))
        before = character
    return "".join(written)


@function("join", STRING, list_of(STRING), rest=list_of(STRING))
def _join(separator: str, *lists: list[Any]) -> str:
    items = [item for part in lists for item in part]
    if None in items:
        raise Refused("an element is null")
    limited(len(separator) * len(items))
    return separator.join(items)


@function("split", STRING, STRING)
def _split(separator: str, text: str) -> Any:
    return list_value(text.split(separator) if separator else list(text))


def list_value(items: list[str]) -> Any:
    from prodready_infra.sources.terraform.values import ListValue

    return ListValue(items, STRING)


@function("replace", STRING, STRING, STRING)
def _replace(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        return patterns.replaced(old[1:-1], text, new)
    limited(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


@function("trimspace", STRING)
def _trimspace(text: str) -> str:
    return _SPACE.sub("", text)


@function("trim", STRING, STRING)
def _trim(text: str, cutset: str) -> str:
    return text.strip(cutset) if cutset else text


@function("trimprefix", STRING, STRING)
def _trimprefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


@function("trimsuffix", STRING, STRING)
def _trimsuffix(text: str, suffix: str) -> str:
    return text.removesuffix(suffix)


@function("chomp", STRING)
def _chomp(text: str) -> str:
    return re.sub(r"(?:\r\n?|\n)*\Z", "", text[-MAX_TEXT:])


@function("indent", NUMBER, STRING)
def _indent(spaces: Any, text: str) -> str:
    width = whole(spaces)
    if width < 0:
        raise Uncertain("the indentation is negative")
    limited(width * (text.count("\n") + 1))
    return text.replace("\n", "\n" + " " * width)


@function("startswith", STRING, STRING)
def _startswith(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


@function("endswith", STRING, STRING)
def _endswith(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


@function("strcontains", STRING, STRING)
def _strcontains(text: str, part: str) -> bool:
    return part in text


@function("strrev", STRING)
def _strrev(text: str) -> str:
    return characters(text)[::-1]


@function("substr", STRING, NUMBER, NUMBER)
def _substr(text: str, offset: Any, length: Any) -> str:
    content, start, count = characters(text), whole(offset), whole(length)
    if start < 0 and not count:
        raise Uncertain("it ought to be empty, and is not in every version")
    start = start if start >= 0 else max(len(content) + start, 0)
    return content[start:] if count < 0 else content[start : start + count]


@function("urlencode", STRING)
def _urlencode(text: str) -> str:
    return quote_plus(text, safe="")


@function("regex", STRING, STRING)
def _regex(pattern: str, text: str) -> Any:
    found = next(patterns.matches(pattern, text), None)
    if found is None:
        raise Refused("nothing matches the pattern")
    return found


@function("regexall", STRING, STRING)
def _regexall(pattern: str, text: str) -> Any:
    from prodready_infra.sources.terraform.values import ListValue

    return ListValue(list(patterns.matches(pattern, text)), patterns.type_of_match(pattern))
