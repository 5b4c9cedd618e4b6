"""How a built-in function of Terraform is declared, and how it is called.

Its parameters have types, to which arguments are converted as Terraform does it: what cannot be
converted, null included, is refused before the function sees it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values
from prodready_infra.sources.terraform.files import Files
from prodready_infra.sources.terraform.kinds import ANY, Type, convert
from prodready_infra.sources.terraform.parse.strings import normal
from prodready_infra.sources.terraform.values import Refusal, Refused, Uncertain

Accepted: TypeAlias = Literal["known", "elements", "unknown"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function and its parameters; the last ``optional`` of them may be left out.

    It ``accepts`` arguments that are known through and through, or those of which elements are
    unknown, because it carries them over unread, or unknown ones. One that takes ``nulls`` does
    so in every place. One that ``reads`` gets the files as its first argument.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Type, ...]
    rest: Type | None
    optional: int
    accepts: Accepted
    nulls: bool
    reads: bool

    def __call__(self, arguments: list[Any], files: Files | None = None) -> Any:
        """The result; unknown where an argument is, or where Terraform would refuse."""
        try:
            converted = self._converted(arguments)
            if isinstance(converted, Unknown):
                return converted
            if self.reads:
                if files is None:
                    return Unknown("there is no folder to read files from")
                converted.insert(0, files)
            return _bounded(self.function(*converted))
        except Refused as reason:
            return Refusal(f"{self.name} refuses its arguments: {reason}")
        except Uncertain as reason:
            return Unknown(f"{self.name} is not evaluated: {reason}")
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError):
            return Unknown(f"{self.name} cannot be applied to these arguments")

    def _converted(self, arguments: list[Any]) -> Any:
        least = len(self.parameters) - self.optional
        if len(arguments) < least or (self.rest is None and len(arguments) > len(self.parameters)):
            raise Refused("there are too few of them, or too many")
        for argument in arguments:
            if argument is None and not self.nulls:
                raise Refused("one of them is null")
        unknown = self._unknown(arguments)
        if unknown is not None:
            return unknown
        wishes = (*self.parameters, *[self.rest] * (len(arguments) - len(self.parameters)))
        return [
            convert(argument, wish)
            for argument, wish in zip(arguments, wishes, strict=False)
            if wish is not None
        ]

    def _unknown(self, arguments: list[Any]) -> Unknown | None:
        refusal = values.refusal_in(arguments)
        if refusal is not None:
            return refusal
        if self.accepts == "unknown":
            return None
        if self.accepts == "known":
            return values.first_unknown(arguments)
        return next((argument for argument in arguments if isinstance(argument, Unknown)), None)


FUNCTIONS: dict[str, Builtin] = {}


def function(  # noqa: PLR0913 - each says another thing about the arguments
    name: str,
    *parameters: Type,
    rest: Type | None = None,
    optional: int = 0,
    accepts: Accepted = "known",
    nulls: bool = False,
    reads: bool = False,
) -> Callable[[F], F]:
    """Registers a function under its name."""

    def register(declared: F) -> F:
        FUNCTIONS[name] = Builtin(name, declared, parameters, rest, optional, accepts, nulls, reads)
        return declared

    return register


def never_known(name: str, reason: str) -> None:
    """Registers a function whose result nobody knows before it runs."""
    FUNCTIONS[name] = Builtin(
        name,
        lambda *_: Unknown(reason),
        (),
        ANY,
        optional=0,
        accepts="unknown",
        nulls=True,
        reads=False,
    )


def _bounded(value: Any) -> Any:
    """A result, unless it has grown to what no configuration needs: doubling is quick."""
    if type(value) is str:
        return normal(value) if len(value) <= values.MAX_TEXT else too_large()
    if isinstance(value, list | dict) and len(value) > values.MAX_ELEMENTS:
        return too_large()
    return value


def too_large() -> Unknown:
    return Unknown("it is too large to evaluate")


def limited(size: int, limit: int = values.MAX_TEXT) -> None:
    """Raises :class:`Uncertain` before something is made that is too large."""
    if size > limit:
        raise Uncertain("it is too large to evaluate")


def whole(number: Any) -> int:
    """A number that has to be a whole one."""
    if type(number) is not int:
        raise Refused("a number is not whole")
    if number.bit_length() > 62:
        raise Uncertain("a number is very large")
    return number
