"""How a built-in function of Terraform is declared, and how it reads its arguments."""

from collections.abc import Callable
from typing import Any

from prodready_infra.model.node import Unknown
from prodready_infra.sources.terraform import values

Function = Callable[[list[Any]], Any]
FUNCTIONS: dict[str, Function] = {}


def known(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function that is only called with arguments known through and through."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(arguments: list[Any]) -> Any:
            unknown = values.first_unknown(arguments)
            return unknown if unknown is not None else attempt(name, function, arguments)

        FUNCTIONS[name] = call
        return function

    return register


def shallow(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function that carries elements over unread: only they may be unknown."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(arguments: list[Any]) -> Any:
            for argument in arguments:
                if type(argument) is Unknown:
                    return argument
            return attempt(name, function, arguments)

        FUNCTIONS[name] = call
        return function

    return register


def attempt(name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError):
        return Unknown(f"{name} cannot be applied to these arguments")


def as_text(value: Any) -> str:
    text = values.to_string(value)
    if type(text) is not str:
        raise TypeError
    return text


def as_number(value: Any) -> Any:
    number = values.to_number(value)
    if not values.is_number(number):
        raise TypeError
    return number


def as_list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def as_dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return value
