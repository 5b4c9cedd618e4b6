"""Every exception this project raises on purpose.

ProdreadyError            one worded sentence for the user; exit code 2
├── UsageError            an option, an argument or a configuration file is wrong
├── InputError            a scanned file cannot be read or parsed
└── PolicyError           a policy file cannot be loaded

Signal                    no error: how a rule's evaluation ends early
├── UnknownValue          the rule needs a value that the input does not determine
└── NotApplicable         the rule has nothing to ask of this subject
"""


class ProdreadyError(Exception):
    """A mistake outside this program, worded for the person who can mend it.

    ``path``, ``line`` and ``column`` (1-based, 0 when not known) say where it stands.
    """

    def __init__(self, message: str, path: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class UsageError(ProdreadyError):
    """An option, an argument or a configuration file is wrong."""


class InputError(ProdreadyError):
    """A scanned file cannot be read or parsed."""


class PolicyError(ProdreadyError):
    """A policy file cannot be loaded."""


class Signal(Exception):
    """Ends one evaluation of a rule with an outcome other than pass or fail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownValue(Signal):
    """The rule needs a value that the input does not determine: verdict ``unknown``."""


class NotApplicable(Signal):
    """The rule has nothing to ask of this subject: verdict ``not-applicable``."""
