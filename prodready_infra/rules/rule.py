"""What a rule is: metadata, and a generator function over one kind of subject."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from prodready_infra.errors import PolicyError
from prodready_infra.findings import Category
from prodready_infra.model.container import Container, Role
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.stage import Stage
from prodready_infra.model.workload import Workload


class Lifecycle(StrEnum):
    """How settled a rule is; an experimental one runs only when it is selected by name."""

    EXPERIMENTAL = "experimental"
    STABLE = "stable"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found: where it stands and what is wrong, in one clause.

    ``at`` may be an absent node: the report then points at its nearest existing ancestor.
    ``related`` are further places that belong to the story, each with its label.
    A ``sensitive`` problem stands at a secret: no source line of it is ever shown.
    """

    at: Node
    message: str
    related: tuple[tuple[Node, str], ...] = ()
    sensitive: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.at, Node) and isinstance(self.message, str)):
            raise TypeError("a problem is a node and a text")  # here the rule's own line is told


Subject = Resource | Workload | Container | Stage | Inventory
SUBJECTS: dict[type, str] = {
    Resource: "resource",
    Workload: "workload",
    Container: "container",
    Stage: "build stage",
    Inventory: "inventory",
}
# A rule is any generator function whose parameters ``@rule`` accepts; no type says that better.
Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One readiness question about one kind of subject.

    ``group`` names the row of the severity table in ``policies/profiles.toml`` that decides
    how much a failure matters at each tier. ``options`` maps each option to its default.
    ``aliases`` are the names that other tools know it by, such as ``checkov:CKV_K8S_9``.
    """

    id: str
    slug: str
    title: str
    group: str
    subject: type
    kinds: frozenset[str]
    roles: frozenset[Role]
    check: Check
    wants_inventory: bool
    options: dict[str, Any]
    references: tuple[str, ...]
    aliases: tuple[str, ...]
    since: str
    lifecycle: Lifecycle
    file: Path

    @property
    def category(self) -> Category:
        return next(c for c in Category if c.prefix == self.id[:3])

    @property
    def page(self) -> Path:
        """The Markdown page beside the rule."""
        return self.file.with_suffix(".md")

    def problems(
        self, subject: Subject, inventory: Inventory, options: dict[str, Any]
    ) -> Iterable[Problem]:
        """Asks the question of one subject."""
        if self.wants_inventory:
            return self.check(subject, inventory=inventory, **options)
        return self.check(subject, **options)


def rule(  # noqa: PLR0913 - each is one fact that a rule states about itself
    *,
    id: str,  # noqa: A002 - the word everybody uses for it
    title: str,
    group: str,
    kinds: Iterable[str] = (),
    roles: Iterable[Role] = ("app",),
    references: Iterable[str] = (),
    aliases: Iterable[str] = (),
    since: str = "0.1",
    lifecycle: Lifecycle = Lifecycle.STABLE,
) -> Callable[[Check], Rule]:
    """Declares a rule: decorates a generator function that yields a Problem for each defect.

    The type of the function's first parameter is its subject, and the engine makes the loop:
    each Resource, Workload or Container of the given ``kinds`` (containers only of the given
    ``roles``), each Stage, or the Inventory once. A parameter named ``inventory`` receives the
    inventory; keyword-only parameters with defaults are options that a user can set. The
    function's name is the rule's slug, and says what is wrong.
    """

    def declare(check: Check) -> Rule:
        code = check.__code__
        file = Path(code.co_filename)
        annotations = check.__annotations__
        parameters = code.co_varnames[: code.co_argcount]
        subject = annotations.get(parameters[0]) if parameters else None
        if subject not in SUBJECTS:
            known = ", ".join(kind.__name__ for kind in SUBJECTS)
            raise PolicyError(f"the first parameter must be one of {known}", str(file))
        extra = set(parameters[1:]) - {"inventory"}
        if extra:
            raise PolicyError(
                f"options must be keyword-only: {', '.join(sorted(extra))}", str(file)
            )
        options = dict(check.__kwdefaults__ or {})
        names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        without_default = set(names) - set(options)
        if without_default:
            raise PolicyError(f"option '{min(without_default)}' has no default", str(file))
        return Rule(
            id=id,
            slug=check.__name__.replace("_", "-"),
            title=title,
            group=group,
            subject=subject,
            kinds=frozenset(kinds),
            roles=frozenset(roles),
            check=check,
            wants_inventory="inventory" in parameters[1:],
            options=options,
            references=tuple(references),
            aliases=tuple(aliases),
            since=since,
            lifecycle=lifecycle,
            file=file,
        )

    return declare
