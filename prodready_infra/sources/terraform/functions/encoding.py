"""Functions that encode and decode: JSON, CSV, base64.

https://developer.hashicorp.com/terraform/language/functions/jsonencode and its neighbours
"""

import base64
import binascii
import json
import re
from typing import Any

from prodready_infra.model.node import Encoded
from prodready_infra.sources.terraform import numbers, values
from prodready_infra.sources.terraform.kinds import ANY, STRING, Type
from prodready_infra.sources.terraform.parse.strings import normal
from prodready_infra.sources.terraform.registry import function, never_known
from prodready_infra.sources.terraform.values import ListValue, Refused, Uncertain

_ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "latin-1",
    "us-ascii": "ascii",
}
_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=[,\n]|\Z)|([^",\n]*)(?=[,\n]|\Z)')


# JSON


def json_text(value: Any) -> str:
    """As Terraform writes it: keys in order, no blanks, ``<``, ``>`` and ``&`` escaped."""
    written: list[str] = []
    _write_json(value, written)
    text = "".join(written)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _write_json(value: Any, written: list[str]) -> None:
    if isinstance(value, list | dict) and value:
        keys: Any = sorted(value) if isinstance(value, dict) else range(len(value))
        written.append("{" if isinstance(value, dict) else "[")
        for place, key in enumerate(keys):
            label = f"{_json_string(key)}:" if isinstance(value, dict) else ""
            written.append(f",{label}" if place else label)
            _write_json(value[key], written)
        written.append("}" if isinstance(value, dict) else "]")
    elif values.is_number(value):
        text = values.to_string(value)
        if type(text) is not str:
            raise Uncertain(text.reason)
        written.append(text)
    elif type(value) is str:
        written.append(_json_string(value))
    else:
        written.append(json.dumps(value))


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@function("jsonencode", ANY, accepts="elements", nulls=True)
def _jsonencode(value: Any) -> Any:
    unknown = values.first_unknown(value)
    if unknown is None:
        return json_text(value)
    return unknown if isinstance(unknown, values.Refusal) else Encoded(unknown.reason, value)


@function("jsondecode", STRING)
def _jsondecode(text: str) -> Any:
    try:
        found = json.loads(
            text.strip(" \t\r\n"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError:
        raise Refused("it is no JSON") from None
    return _normalized(found) if "\\u" in text else found


def _normalized(value: Any) -> Any:
    if isinstance(value, list):
        return [_normalized(item) for item in value]
    if isinstance(value, dict):
        return {key: _normalized(item) for key, item in value.items()}
    return normal(_whole_characters(value)) if type(value) is str else value


def _whole_characters(text: str) -> str:
    if re.search("[\ud800-\udfff]", text):
        raise Uncertain("it has half a character in it")
    return text


def _number(text: str) -> Any:
    try:
        return numbers.parsed(text)
    except OverflowError:
        raise Uncertain("it has a number that is too large, or the negative zero") from None


def _no_constant(_: str) -> Any:
    raise Refused("it is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {normal(_whole_characters(key)): value for key, value in pairs}


# Base 64


@function("base64encode", STRING)
def _base64encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded_base64(text: str) -> bytes:
    """Go's standard encoding: line breaks mean nothing, everything else has to be right."""
    compact = text.replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("it is not base64") from None


@function("base64decode", STRING)
def _base64decode(text: str) -> str:
    try:
        return decoded_base64(text).decode()
    except UnicodeDecodeError:
        raise Refused("what it encodes is not UTF-8") from None


@function("textencodebase64", STRING, STRING)
def _textencodebase64(text: str, encoding: str) -> str:
    try:
        return base64.b64encode(text.encode(_encoding(encoding))).decode()
    except UnicodeEncodeError:
        raise Uncertain("it has characters that the encoding has not") from None


@function("textdecodebase64", STRING, STRING)
def _textdecodebase64(text: str, encoding: str) -> str:
    content = decoded_base64(text)
    try:
        return content.decode(_encoding(encoding))
    except UnicodeDecodeError:
        raise Uncertain("what it encodes is not of that encoding") from None


def _encoding(name: str) -> str:
    if name.lower() not in _ENCODINGS:
        raise Uncertain("the encoding is not known")
    return _ENCODINGS[name.lower()]


never_known("base64gzip", "how Terraform compresses it is not known")


# CSV


@function("csvdecode", STRING)
def _csvdecode(text: str) -> Any:
    """As Go's ``encoding/csv`` reads it."""
    if "\r" in text.replace("\r\n", ""):
        raise Uncertain("it has carriage returns of its own")
    header, *rows = _rows(text.replace("\r\n", "\n")) or [[]]
    if not header:
        raise Refused("it has no header")
    if len(set(header)) < len(header):
        raise Refused("two columns have one name")
    if any(len(row) != len(header) for row in rows):
        raise Refused("a row has not as many fields as the header")
    names = tuple(sorted(header))
    kind = Type("object", (STRING,) * len(names), names)
    records = [dict(sorted(zip(header, row, strict=True))) for row in rows]
    return ListValue(records, kind)


def _rows(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    place = 0
    while place < len(text):
        if text[place] == "\n":
            place += 1
            continue
        row: list[str] = []
        while True:
            match = _FIELD.match(text, place)
            if match is None:
                raise Refused("it has a quote that is not closed, or within a field")
            row.append(match[2] if match[1] is None else match[1].replace('""', '"'))
            place = match.end()
            if not text.startswith(",", place):
                break
            place += 1
        rows.append(row)
        place += 1
    return rows
