"""How often somebody may try to sign in."""

import math
import time
from collections.abc import Callable
from typing import Final

WINDOW_S: Final = 300.0
MOST_REMEMBERED: Final = 10_000


class Patience:
    """Counts failures by key: `most` in five minutes, then one has to wait. May be called from any thread.

    What is remembered is bounded: whoever tries ten thousand names makes it forget the oldest ones.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._failures: dict[str, list[float]] = {}

    def wait_s(self, key: str, most: int | None = None) -> int:
        """Seconds until another try; 0: now. `most` takes the place of the number of all keys."""
        most = self._most if most is None else most
        recent = self._recent(key)
        if len(recent) < most:
            return 0
        return max(1, math.ceil(recent[-most] + WINDOW_S - self._clock()))

    def failed(self, key: str) -> None:
        """Count a failure."""
        recent = [*self._recent(key), self._clock()]
        self._failures.pop(key, None)  # to the end: the oldest is the first
        self._failures[key] = recent
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.pop(next(iter(self._failures)), None)

    def succeeded(self, key: str) -> None:
        """Forget the failures."""
        self._failures.pop(key, None)

    def _recent(self, key: str) -> list[float]:
        since = self._clock() - WINDOW_S
        return [moment for moment in self._failures.get(key, ()) if moment > since]
