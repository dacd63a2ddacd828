"""Deleting old traces in the background, as retention policies say."""

import logging
import threading
import time

from rubricate_server.actions.retire import retire_traces
from rubricate_server.storage.contract import RetentionRule, Storage

log = logging.getLogger(__name__)

PAUSE_S = 0.1
"""Between rounds while there is more to delete, so that writers come through."""


class Retention:
    """A thread that deletes what is kept no longer.

    `default` is for projects without a policy; `idle_s` is between looks when there was nothing to delete.
    """

    def __init__(self, storage: Storage, default: RetentionRule, idle_s: float) -> None:
        self._storage = storage
        self._default = default
        self._idle_s = idle_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rubricate-retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the round at hand and end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause = PAUSE_S
        while not self._stopping.wait(pause):
            pause = self._round()

    def _round(self) -> float:
        """Delete a bounded number; how long to wait for the next round."""
        try:
            deleted = retire_traces(self._storage, self._default, time.time_ns())
        except Exception:  # the boundary of the job: it must go on when the disk is full for a while
            log.exception("Deleting old traces failed; the next try is in %g s", self._idle_s)
            return self._idle_s
        if deleted:
            log.info("deleted %d traces that retention keeps no longer", deleted)
        return PAUSE_S if deleted else self._idle_s
