"""What is kept of the verdicts of a run: those that somebody reads, and how many there were."""

from collections import Counter
from dataclasses import dataclass, field

from prodready_infra.findings import Location, Outcome, Verdict

_UNREAD = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})


@dataclass(slots=True)
class Tally:
    """Verdicts worth showing, and counts of all: most pass or do not apply, and need no memory.

    ``kinds`` are those that any rule asked about.
    """

    include_passes: bool = False
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    shown: list[Verdict] = field(default_factory=list)
    _said: set[tuple[str, str, Location]] = field(default_factory=set)

    def add(self, verdict: Verdict) -> None:
        self.kinds.add(verdict.kind)
        if self._is_echo(verdict):
            return
        self.outcomes[str(verdict.outcome)] += 1
        if self.keeps(verdict):
            self.shown.append(verdict)

    def add_others(self, outcomes: Counter[str], kinds: set[str]) -> None:
        """Counts verdicts that nobody reads."""
        self.outcomes += outcomes
        self.kinds |= kinds

    def keeps(self, verdict: Verdict) -> bool:
        """Whether somebody reads a verdict."""
        return self.include_passes or verdict.outcome not in _UNREAD

    def _is_echo(self, verdict: Verdict) -> bool:
        """Whether the same was said of the place: several charts or overlays may build from it."""
        if verdict.source == "terraform" or not verdict.locations:  # instances of one block differ
            return False
        if verdict.path == verdict.locations[0].path:
            return False
        word = (verdict.rule, verdict.message, verdict.locations[0])
        if word in self._said:
            return True
        self._said.add(word)
        return False
