"""Upkeep of the store in the background: deleted projects, small blocks, free space."""

import logging
import threading

from rubricate_server.storage.contract import Maintenance

log = logging.getLogger(__name__)

PAUSE_S = 0.002
"""Between steps while there is more to do. Writers need none: they come before the next step anyway."""
IDLE_S = 1.0
"""Between looks when there was nothing to do."""


class Upkeep:
    """A thread that does one bounded step of maintenance after another."""

    def __init__(self, maintenance: Maintenance) -> None:
        self._maintenance = maintenance
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rubricate-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause = IDLE_S
        while not self._stopping.wait(pause):
            try:
                pause = PAUSE_S if self._maintenance.step() else IDLE_S
            except Exception:  # the boundary of the job: it must go on when the disk is full for a while
                log.exception("A step of upkeep failed; the next try is in %g s", 10 * IDLE_S)
                pause = 10 * IDLE_S
