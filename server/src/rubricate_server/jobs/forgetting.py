"""Forgetting in the background which annotations were deleted, once that can be undone no longer."""

import logging
import threading
import time

from rubricate_server.storage.contract import AnnotationStore

log = logging.getLogger(__name__)

FIRST_S = 10.0
"""Before the first look, so that starting is not made slower."""
IDLE_S = 600.0
"""Between looks: a removal outlives its days by so much at most."""

_DAY_US = 86_400 * 1_000_000


class Forgetting:
    """A thread that forgets removals which are older than some days; with 0 days, none ever."""

    def __init__(self, annotations: AnnotationStore, days: float) -> None:
        self._annotations = annotations
        self._days = days
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rubricate-forgetting", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._days:
            self._thread.start()

    def stop(self) -> None:
        """Finish the round at hand and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = FIRST_S
        while not self._stopping.wait(pause):
            self.forget(time.time_ns() // 1000)
            pause = IDLE_S

    def forget(self, now_us: int) -> None:
        """Forget what is too old by now."""
        try:
            forgotten = self._annotations.forget(now_us - int(self._days * _DAY_US))
        except Exception:  # the boundary of the job: it must go on when the disk is full for a while
            log.exception("Forgetting deleted annotations failed; the next try is in %g s", IDLE_S)
            return
        if forgotten:
            log.info("forgot %d annotations that were deleted more than %g days ago", forgotten, self._days)
