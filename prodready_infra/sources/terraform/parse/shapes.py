"""What Terraform expects in each of its own blocks, which JSON by itself does not tell.

A name is that of a block, with so many labels, or of an argument. Most arguments are templates;
some Terraform takes literally, for it reads them before anything can be evaluated, and some are
expressions without quotes in the native syntax.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TEMPLATE = "template"
LITERAL = "literal"
REFERENCE = "reference"


@dataclass(frozen=True)
class Shape:
    """One kind of body.

    ``arguments`` are those that are not read as the ``others``. In a ``dynamic`` one there may
    be blocks of types that only a provider knows.
    """

    blocks: Mapping[str, tuple[int, "Shape"]] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    others: str = TEMPLATE
    dynamic: bool = False
    only_blocks: bool = False


def _references(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, REFERENCE)


def _literals(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, LITERAL)


_PLAIN = Shape()
_DYNAMIC_BLOCKS: dict[str, tuple[int, Shape]] = {}
_PROVIDED = Shape(_DYNAMIC_BLOCKS, dynamic=True)
_DYNAMIC_BLOCKS["dynamic"] = (
    1,
    Shape({"content": (0, _PROVIDED)}, _references("iterator")),
)
_CONDITIONS = {"precondition": (0, _PLAIN), "postcondition": (0, _PLAIN)}
_LIFECYCLE = Shape(_CONDITIONS, _references("ignore_changes", "replace_triggered_by"))
_PROVISIONER = Shape({"connection": (0, _PLAIN)}, _literals("when", "on_failure"))
_RESOURCE = Shape(
    {
        **_DYNAMIC_BLOCKS,
        "lifecycle": (0, _LIFECYCLE),
        "provisioner": (1, _PROVISIONER),
        "connection": (0, _PLAIN),
    },
    _references("depends_on", "provider"),
    dynamic=True,
)
_VARIABLE = Shape({"validation": (0, _PLAIN)}, _references("type"), LITERAL)
_OUTPUT = Shape(_CONDITIONS, _references("depends_on") | _literals("description"))
_MODULE = Shape({}, _references("depends_on", "providers") | _literals("source", "version"))
_CLOUD = Shape({"workspaces": (0, _PLAIN)})
_REQUIRED = Shape({}, {}, LITERAL)
_SETTINGS = Shape(
    {
        "backend": (1, _PLAIN),
        "cloud": (0, _CLOUD),
        "required_providers": (0, _REQUIRED),
        "provider_meta": (1, _PLAIN),
    },
    {},
    LITERAL,
)
_CHECK = Shape({"data": (2, _RESOURCE), "assert": (0, _PLAIN)})
_MOVED = Shape({}, _references("from", "to"))
_IMPORT = Shape({}, _references("to", "provider"))
_REMOVED = Shape({"lifecycle": (0, _PLAIN), "provisioner": (1, _PROVISIONER)}, _references("from"))

FILE = Shape(
    {
        "terraform": (0, _SETTINGS),
        "provider": (1, Shape(_DYNAMIC_BLOCKS, _literals("alias", "version"), dynamic=True)),
        "variable": (1, _VARIABLE),
        "locals": (0, _PLAIN),
        "output": (1, _OUTPUT),
        "module": (1, _MODULE),
        "resource": (2, _RESOURCE),
        "data": (2, _RESOURCE),
        "ephemeral": (2, _RESOURCE),
        "check": (1, _CHECK),
        "moved": (0, _MOVED),
        "import": (0, _IMPORT),
        "removed": (0, _REMOVED),
    },
    only_blocks=True,
)
VALUES = Shape({}, {}, LITERAL)
