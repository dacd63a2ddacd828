"""A line on stderr that tells people how far a long transfer is.

A few lines of our own rather than tqdm: nothing to install, and the same for everybody.
"""

import sys
import time
from types import TracebackType
from typing import Self

from rubricate import environment

DELAY_S = 0.5
"""What takes less is over before anybody has read the line."""
WIDTH = 30


class Progress:
    """How far a transfer is. It shows itself on a terminal only, and only if the transfer takes a while.

    `total` is None where nobody knows it; then there is a count and no bar. `wanted=False`, or RUBRICATE_PROGRESS=0,
    keeps it silent.
    """

    def __init__(self, doing: str, total: int | None = None, *, wanted: bool = True) -> None:
        self._doing = doing
        self._total = total
        self._shown = wanted and _has_a_reader() and environment.wants_progress()
        self._begun = time.monotonic()
        self._width = 0

    def at(self, done: int) -> None:
        """So many are done. The last step is not shown: the line goes away then."""
        if not self._shown or done == self._total or time.monotonic() - self._begun < DELAY_S:
            return
        line = f"{self._doing}: {done:,}"
        if self._total:
            filled = WIDTH * min(done, self._total) // self._total
            line = f"{self._doing}: {'█' * filled}{'░' * (WIDTH - filled)} {done:,} of {self._total:,}"
        self._write("\r" + line.ljust(self._width))
        self._width = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # Closed, or too old for these letters: no reason to end a transfer.
            self._shown = False


def _has_a_reader() -> bool:
    return bool(sys.stderr and sys.stderr.isatty())  # None without a console, as under pythonw.
