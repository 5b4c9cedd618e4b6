"""What names of stores say of what they hold."""

import re
from collections.abc import Iterable

from prodready_infra.errors import NotApplicable

# What is kept for a while, or can be made again.
_PASSING = frozenset({"cache", "log", "logging", "logs", "scratch", "temp", "temporary", "tmp"})


def expect_lasting(*names: str, also: Iterable[str] = (), within: Iterable[str] = ()) -> None:
    """Raises :class:`NotApplicable` where a word of a name says that a store holds passing things.

    ``also`` are further words that say so; those of ``within`` do in the midst of a longer one.
    """
    words = {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}
    telling = words & {*_PASSING, *also}
    telling |= {part for part in within for word in words if part in word}
    if telling:
        raise NotApplicable(f"its name says that what it holds is not precious: {min(telling)}")
