"""The syntax tree of a Terraform file: what ``parse`` makes of HCL, and ``evaluate`` reads.

A file in Terraform's JSON syntax has the same tree. Every element carries ``start`` and ``end``:
byte offsets into the UTF-8 text of its file, the end exclusive. Lines and columns are computed
from them when somebody asks. Parentheses and comments leave no element. Follows the HCL native
syntax specification.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(slots=True)
class Literal:
    """A number, a boolean, null, or a string without interpolation.

    A number is a fraction where no ``float`` is written in the same digits.
    """

    value: str | int | float | Fraction | bool | None
    start: int
    end: int


@dataclass(slots=True)
class Template:
    """A quoted string or heredoc with interpolations; a heredoc's indentation is already cut.

    ``"${x}"`` with nothing around it is no template: it is the expression ``x`` itself.
    """

    parts: Sequence["Expression"]
    start: int
    end: int


@dataclass(slots=True)
class TemplateIf:
    """``%{ if condition }…%{ else }…%{ endif }`` inside a template."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    start: int
    end: int


@dataclass(slots=True)
class Root:
    """The identifier that a traversal starts from: ``var``, ``local``, ``aws_vpc``, ``each``…"""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Attr:
    """``operand.name``"""

    operand: "Expression"
    name: str
    start: int
    end: int


@dataclass(slots=True)
class Index:
    """``operand[key]``; the legacy ``operand.0`` has an integer literal as its key."""

    operand: "Expression"
    key: "Expression"
    start: int
    end: int


@dataclass(slots=True)
class Splat:
    """``operand[*].a.b`` (``full``) or ``operand.*.a.b``.

    ``body`` is applied to each element, which it reads as the :class:`Root` named ``*``.
    """

    operand: "Expression"
    body: "Expression"
    full: bool
    start: int
    end: int


@dataclass(slots=True)
class Call:
    """``name(arguments…)``; ``expand`` when the last argument is followed by ``...``."""

    name: str
    arguments: Sequence["Expression"]
    expand: bool
    start: int
    end: int


@dataclass(slots=True)
class Unary:
    """``-operand`` or ``!operand``"""

    operator: str
    operand: "Expression"
    start: int
    end: int


@dataclass(slots=True)
class Binary:
    """``left operator right``"""

    operator: str
    left: "Expression"
    right: "Expression"
    start: int
    end: int


@dataclass(slots=True)
class Conditional:
    """``condition ? then : otherwise``"""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    start: int
    end: int


@dataclass(slots=True)
class Tuple:
    """``[items…]``"""

    items: Sequence["Expression"]
    start: int
    end: int


@dataclass(slots=True)
class Object:
    """``{ key = value }``; a bare identifier as key is already a string literal."""

    items: Sequence[tuple["Expression", "Expression"]]
    start: int
    end: int


@dataclass(slots=True)
class For:
    """``[for k, v in collection : value if condition]``, or with ``key`` the object form.

    ``%{ for v in collection }…%{ endfor }`` is one with ``joined``: its strings are put together.
    """

    key_name: str
    value_name: str
    collection: "Expression"
    key: "Expression | None"
    value: "Expression"
    condition: "Expression | None"
    grouped: bool
    joined: bool
    start: int
    end: int


@dataclass(slots=True)
class Invalid:
    """Text that is no expression; evaluates to unknown, the file has a syntax error beside it."""

    start: int
    end: int


Expression: TypeAlias = (
    Literal
    | Template
    | TemplateIf
    | Root
    | Attr
    | Index
    | Splat
    | Call
    | Unary
    | Binary
    | Conditional
    | Tuple
    | Object
    | For
    | Invalid
)


@dataclass(slots=True)
class Attribute:
    """``name = value``; ``start`` is that of the name.

    ``file`` is set where it is not the file of the block around it: an override file's.
    """

    name: str
    value: Expression
    start: int
    end: int
    file: "File | None" = None


@dataclass(slots=True)
class Block:
    """``type "label" { … }``; ``header_end`` is the end of the last label (or of the type).

    ``file`` is set where it is not the file of the block around it, and holds for all in it.
    """

    type: str
    labels: tuple[str, ...]
    body: "Body"
    start: int
    end: int
    header_end: int
    file: "File | None" = None


@dataclass(slots=True)
class Body:
    """What stands between braces, or in a whole file, in source order."""

    attributes: dict[str, Attribute]
    blocks: list[Block]


@dataclass(slots=True)
class SyntaxProblem:
    """Text that is no HCL. ``message`` is a clause such as ``expected a closing brace``."""

    message: str
    start: int
    end: int


@dataclass(slots=True)
class File:
    """One parsed file. What could be read stands in ``body`` even when there are problems."""

    path: str
    text: bytes
    body: Body
    problems: list[SyntaxProblem]
