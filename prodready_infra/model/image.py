"""A reference to a container image, as Dockerfiles, Compose files and Kubernetes write it.

Follows the grammar of the `distribution/reference` library, which Docker and containerd share:
``[registry[:port]/]repository[:tag][@digest]``. Beside it, how Dockerfiles fill in variables.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from prodready_infra.errors import UnknownValue

DOCKER_HUB = "docker.io"

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_REGISTRY = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:[0-9A-Fa-f]{32,}")
_UNRESOLVED = re.compile(r"[$<>\s]|\{\{")


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference taken apart; ``tag`` and ``digest`` are empty when not written.

    ``registry`` and ``repository`` are normalised: ``nginx`` has ``docker.io`` and
    ``library/nginx``.
    """

    text: str
    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """The short name people use: ``nginx``, ``grafana/loki``, ``ghcr.io/org/app``."""
        if self.registry == DOCKER_HUB:
            return self.repository.removeprefix("library/")
        return self.full_name

    @property
    def full_name(self) -> str:
        """Registry and repository, without tag and digest: ``docker.io/library/nginx``."""
        return f"{self.registry}/{self.repository}"

    @property
    def basename(self) -> str:
        """The last part of the repository: ``app`` of ``ghcr.io/org/app``."""
        return self.repository.rpartition("/")[2]

    @property
    def official(self) -> bool:
        """Whether it is one of Docker's official images (``docker.io/library/…``)."""
        return self.registry == DOCKER_HUB and self.repository.startswith("library/")

    @property
    def scratch(self) -> bool:
        """Whether it is the empty image of ``FROM scratch``."""
        return self.text == "scratch"

    @property
    def effective_tag(self) -> str:
        """What a pull asks for: the tag, ``latest`` without one, nothing beside a digest."""
        return "" if self.digest else self.tag or "latest"


def parse_image(text: str) -> Image:
    """The parts of ``text``; raises :class:`UnknownValue` when it is no complete reference."""
    if _UNRESOLVED.search(text):
        raise UnknownValue(f"the image {text!r} holds text that is filled in later")
    rest, _, digest = text.partition("@")
    rest, tag = _split_tag(rest)
    registry, repository = _split_registry(rest)
    complete = (
        _REGISTRY.fullmatch(registry) is not None
        and all(_REPOSITORY.fullmatch(part) for part in repository.split("/"))
        and (_TAG.fullmatch(tag) if ":" in text.partition("@")[0][len(rest) :] else not tag)
        and (_DIGEST.fullmatch(digest) if "@" in text else not digest)
    )
    if not complete:
        raise UnknownValue(f"{text!r} is no image reference")
    return Image(text, registry, repository, tag, digest)


def _split_tag(text: str) -> tuple[str, str]:
    """A colon is a tag's only after the last slash; before it, it is a port's."""
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, "")


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    # Docker's rule: the first part is a host if it could be no user name on Docker Hub.
    if slash and (set(first) & set(".:") or first == "localhost" or first.lower() != first):
        if first in ("docker.io", "index.docker.io"):
            return DOCKER_HUB, rest if "/" in rest else f"library/{rest}"
        return first, rest
    return DOCKER_HUB, text if slash else f"library/{text}"


MAX_NESTING = 40
MAX_EXPANDED = 1 << 16  # "A=$A$A" repeated doubles each time

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")
_MODIFIER = re.compile(r":?[-+?]|##?|%%?|//?")
_LITERAL = re.compile(r"[^'\"$}/\\`]+")
Lookup: TypeAlias = Callable[[str, bool], str | None]


def unquote(text: str, escape: str = "\\") -> str:
    """``text`` without quotes and escapes; variables stay as written."""
    return _Word(text, escape, None).read("", 0)


def well_formed(text: str, escape: str = "\\") -> bool:
    """Whether every quote is closed, and every ``${…}`` is one that Docker knows."""
    word = _Word(text, escape, None)
    word.read("", 0)
    return not word.broken


def expand(text: str, get: Lookup, escape: str = "\\") -> str:
    """``text`` without quotes and with its variables replaced, as BuildKit expands a word.

    ``get(name, plain)`` gives a variable's value or ``None``; ``plain`` tells ``$x`` from
    ``${x:-default}``, which can do without one. Raises :class:`UnknownValue`, as ``get`` may.
    """
    return _Word(text, escape, get).read("", 0)


class _Word:
    """One pass over a word; nested ``${a:-${b}}`` recurses to a limited depth.

    Without ``get`` nothing is replaced. No message quotes the text: it may hold a secret.
    """

    def __init__(self, text: str, escape: str, get: Lookup | None) -> None:
        self.text, self.escape, self.get = text, escape, get
        self.at = 0
        self.broken = False

    def read(self, stop: str, depth: int) -> str:
        """Up to an unquoted ``stop`` character, or to the end."""
        found, length, quoted, text = [], 0, False, self.text
        while self.at < len(text) and (quoted or text[self.at] not in stop):
            start = self.at
            piece = char = text[start]
            self.at += 1
            if char == '"':
                quoted, piece = not quoted, ""
            elif char == "'" and not quoted:
                close = text.find("'", start + 1)
                self.broken |= close < 0
                self.at = (close if close >= 0 else len(text)) + 1
                piece = text[start + 1 : self.at - 1]
            elif char == self.escape:
                following = text[self.at : self.at + 1]
                kept = quoted and following not in ('"', "$", char)
                piece = char + following if kept else following
                self.at += 1
            elif char == "$":
                piece = self.variable(depth)
            elif plain := _LITERAL.match(text, start):
                piece, self.at = plain.group(), plain.end()
            found.append(piece)
            length += len(piece)
            if self.get and length > MAX_EXPANDED:
                raise UnknownValue("a variable's value is too long to be worked out")
        self.broken |= quoted
        return "".join(found)

    def variable(self, depth: int) -> str:
        """What stands for ``$…``, the dollar already read."""
        start = self.at - 1
        if self.get:
            return self.substitute(depth)
        try:
            self.substitute(depth)
        except UnknownValue:
            self.at, self.broken = len(self.text), True
        return self.text[start : self.at]

    def value(self, name: str, *, plain: bool) -> str | None:
        return self.get(name, plain) if self.get else ""

    def substitute(self, depth: int) -> str:
        text = self.text
        if name := _NAME.match(text, self.at):
            self.at = name.end()
            return self.value(name.group(), plain=True) or ""
        if not text.startswith("{", self.at):
            return "$"
        name = _NAME.match(text, self.at + 1)
        self.at = name.end() if name else self.at
        modifier = _MODIFIER.match(text, self.at)
        if not name or depth >= MAX_NESTING or not (modifier or text.startswith("}", self.at)):
            raise UnknownValue("a substitution in it is none that Docker knows")
        if not modifier:
            self.at += 1
            return self.value(name.group(), plain=True) or ""
        self.at = modifier.end()
        return self.modify(name.group(), modifier.group(), depth + 1)

    def modify(self, name: str, modifier: str, depth: int) -> str:
        """``${name:-word}`` and its kin; a ``word`` that is not used need not be known."""
        value, get = self.value(name, plain=False), self.get
        there = bool(value) if modifier.startswith(":") else value is not None
        used = {"-": not there, "+": there, "?": False}.get(modifier[-1], True)
        self.get = get if used else None
        word = self.read("/}" if modifier.startswith("/") else "}", depth)
        other = ""
        if modifier.startswith("/") and self.text.startswith("/", self.at):
            self.at += 1
            other = self.read("}", depth)
        self.get = get
        if not self.text.startswith("}", self.at):
            raise UnknownValue(f"the substitution of {name} is not closed")
        self.at += 1
        if modifier[-1] == "?" and get and not there:
            raise UnknownValue(f"{name} has no value")
        if modifier[-1] == "+":
            return word if there else ""
        if modifier[-1] in "-?":
            return word if used else value or ""
        return _cut(value, modifier, word, other) if value else ""


def _cut(value: str, modifier: str, pattern: str, other: str) -> str:
    if set(pattern) & set("*?\\"):
        raise UnknownValue("a substitution in it uses a pattern, which is not worked out")
    if modifier.startswith("#"):
        return value.removeprefix(pattern)
    if modifier.startswith("%"):
        return value.removesuffix(pattern)
    return value.replace(pattern, other, -1 if modifier == "//" else 1) if pattern else value
