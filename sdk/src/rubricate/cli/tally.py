"""What `rubricate import` says at its end."""

from collections import Counter
from collections.abc import Iterator

REASONS_SHOWN = 10


class Tally:
    """What was taken, and what not."""

    def __init__(self) -> None:
        self.new: Counter[str] = Counter()
        self.there: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.reasons: list[str] = []

    def add(self, what: str, received: int, new: int, refused: int = 0, reason: str = "") -> None:
        """So many of a kind were sent, so many were new, so many refused."""
        self.new[what] += new
        self.refused[what] += refused
        self.there[what] += received - new - refused
        if reason:
            self.reasons += [each for each in reason.splitlines() if each not in self.reasons]

    def told(self) -> Iterator[str]:
        """A line a kind, then why things were refused."""
        for what in self.new:
            line = f"{what}: {self.new[what]:,} new, {self.there[what]:,} there already"
            yield line + (f", {self.refused[what]:,} REFUSED" if self.refused[what] else "")
        yield from (f"  {reason}" for reason in self.reasons[:REASONS_SHOWN])
