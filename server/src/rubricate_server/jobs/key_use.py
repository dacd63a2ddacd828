"""Keeping in the background when keys were last used, and forgetting sessions that have ended."""

import logging
import threading
import time

from rubricate_server.actions.credentials import Credentials
from rubricate_server.storage.contract import AccountStore

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""Between writes: a key that is used a thousand times a second is written down once a minute."""


class KeyUse:
    """A thread that writes down uses of keys, once a minute and when it stops."""

    def __init__(self, credentials: Credentials, accounts: AccountStore) -> None:
        self._credentials = credentials
        self._accounts = accounts
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rubricate-key-use", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Write down what is known, and end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            stopping = self._stopping.wait(EVERY_S)
            try:
                self._credentials.keep_use()
                self._accounts.forget_sessions(time.time_ns() // 1000)
            except Exception:  # the boundary of the job: it must go on when the disk is full for a while
                log.exception("Keeping when keys were used failed; the next try is in %g s", EVERY_S)
            if stopping:
                return
