"""The one thread that writes: all that waits goes into one transaction, and each waiter hears when it is durable."""

import logging
import sqlite3  # noqa: TID251  # the engine
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from rubricate_server.domain.topic import Topic
from rubricate_server.storage.errors import QueueFull, StorageError

log = logging.getLogger(__name__)


Payload = TypeVar("Payload")
Result = TypeVar("Result")
Handler = Callable[[sqlite3.Connection, Sequence[Payload]], Sequence[Result | Exception]]
"""Does the work of all payloads that came together; answers one result, or one refusal, for each."""
OnChange = Callable[[Collection[Topic]], None]


LIGHT_BYTES = 64 << 10
"""Up to this size, work is light: some annotations, a few spans."""
TURN_S = 0.04
"""How long a piece of upkeep holds the writer. Longer pieces write a page of an index less often."""
SHORT_TURN_S = 0.01
"""The same while somebody waits."""


class Turn:
    """A piece of upkeep's time with the writer. Work of many parts looks after each whether the turn is over."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted
        self._began = time.perf_counter()

    def is_over(self) -> bool:
        """Whether to stop and let others write."""
        held_s = time.perf_counter() - self._began
        return held_s > TURN_S or (held_s > SHORT_TURN_S and self._is_wanted())


@dataclass(slots=True, eq=False)
class _Waiting:
    handler: Handler[Any, Any]
    payload: Any
    weight: int
    done: Future[Any]


class Writer:
    """Group commit over one SQLite connection.

    `max_pending_bytes` bounds what may wait; above it `call` raises QueueFull. `group_bytes` bounds one transaction,
    so that nobody waits for a long one. Light work, such as an annotation, does not wait for all the heavy work before
    it: while both wait, every other transaction is for light work alone. Upkeep has transactions of its own, never two
    in a row while others wait, and hears when its turn is over. `on_change` is told what each transaction changed, when
    that is durable and before those who wrote it are answered.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        max_pending_bytes: int = 256 << 20,
        group_bytes: int = 2 << 20,
        on_change: OnChange | None = None,
    ) -> None:
        self._on_change = on_change
        self._connection = connection
        self._max_pending_bytes = max_pending_bytes
        self._group_bytes = group_bytes
        self._heavy: deque[_Waiting] = deque()
        self._light: deque[_Waiting] = deque()
        self._light_was_alone = False
        self._upkeep: deque[_Waiting] = deque()
        self._upkeep_was_last = False
        self._pending_bytes = 0
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="rubricate-writer", daemon=True)
        self._thread.start()

    def call(self, handler: Handler[Payload, Result], payload: Payload, weight: int = 1024) -> Result:
        """Have `handler` write `payload`; returns when it is durable. `weight` is its size in bytes, about."""
        return self._enqueue(handler, payload, weight, self._light if weight <= LIGHT_BYTES else self._heavy)

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Have a single piece of work done in the next transaction."""
        result: Result = self.call(_one_by_one, work)
        return result

    def keep_up(self, work: Callable[[sqlite3.Connection, Turn], Result]) -> Result:
        """Have a piece of upkeep done, in a transaction of its own. It should end soon after its turn is over."""

        def within_turn(connection: sqlite3.Connection) -> Result:
            return work(connection, Turn(self._is_wanted))

        result: Result = self._enqueue(_one_by_one, within_turn, 0, self._upkeep)
        return result

    def _is_wanted(self) -> bool:
        return bool(self._heavy or self._light or self._closing)

    def _enqueue(
        self, handler: Handler[Payload, Result], payload: Payload, weight: int, queue: deque[_Waiting]
    ) -> Result:
        waiting = _Waiting(handler, payload, weight, Future())
        with self._wake:
            if self._closing:
                raise StorageError("The store is closing; nothing was written.")
            if self._pending_bytes and self._pending_bytes + weight > self._max_pending_bytes:
                raise QueueFull(f"{self._pending_bytes >> 20} MiB wait to be written; try again in a moment.")
            self._pending_bytes += weight
            queue.append(waiting)
            self._wake.notify()
        result: Result = waiting.done.result()
        return result

    def close(self) -> None:
        """Write what is waiting, fold the log into the database, close the connection."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            outcomes = self._commit(group)
            for waiting, outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, BaseException):
                    waiting.done.set_exception(outcome)
                else:
                    waiting.done.set_result(outcome)
        try:
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        except sqlite3.Error as error:  # the log stays beside the file then, and the next start reads it
            log.warning("the write-ahead log could not be folded into the database: %s", error)
        self._connection.close()

    def _next_group(self) -> list[_Waiting]:
        with self._wake:
            while not self._heavy and not self._light and not self._upkeep and not self._closing:
                self._wake.wait()
            group: list[_Waiting] = []
            self._upkeep_was_last = bool(self._upkeep) and not (self._upkeep_was_last and (self._heavy or self._light))
            if self._upkeep_was_last:
                return [self._upkeep.popleft()]
            self._take(group, self._light)
            self._light_was_alone = bool(group and self._heavy) and not self._light_was_alone
            if not self._light_was_alone:
                self._take(group, self._heavy)
            return group

    def _take(self, group: list[_Waiting], queue: deque[_Waiting]) -> None:
        weight = sum(waiting.weight for waiting in group)
        while queue and (not group or weight + queue[0].weight <= self._group_bytes):
            waiting = queue.popleft()
            weight += waiting.weight
            self._pending_bytes -= waiting.weight
            group.append(waiting)

    def _commit(self, group: list[_Waiting]) -> list[Any]:
        """One outcome for each: a result, or the exception that says why nothing of it was written."""
        connection = self._connection
        outcomes: dict[_Waiting, Any] = {}
        by_handler: dict[Handler[Any, Any], list[_Waiting]] = {}
        for waiting in group:
            by_handler.setdefault(waiting.handler, []).append(waiting)
        try:
            connection.execute("begin immediate")
            for handler, batch in by_handler.items():
                outcomes.update(zip(batch, self._attempt(handler, batch), strict=True))
            connection.execute("commit")
            self._tell()
        except Exception as error:  # the boundary of the writer: each waiter must hear of it
            self._roll_back()
            log.error("a transaction of %d writes failed: %s", len(group), error)
            return [_failure(error)] * len(group)
        return [outcomes[waiting] for waiting in group]

    def _attempt(self, handler: Handler[Any, Any], batch: list[_Waiting]) -> Sequence[Any]:
        """All together; where that fails, one by one, so that only the culprit pays."""
        connection = self._connection
        connection.execute("savepoint attempt")
        try:
            results = handler(connection, [waiting.payload for waiting in batch])
        except Exception as error:  # as above: it becomes the answer of whoever asked
            if not connection.in_transaction:  # SQLite gave up the whole transaction, as it does on a full disk
                raise
            connection.execute("rollback to attempt")
            connection.execute("release attempt")
            if len(batch) == 1:
                return [_failure(error) if isinstance(error, sqlite3.Error) else error]
            return [self._attempt(handler, [waiting])[0] for waiting in batch]
        connection.execute("release attempt")
        return results

    def _tell(self) -> None:
        changed = getattr(self._connection, "changed", None)  # of a WritingConnection
        if not changed:
            return
        try:
            if self._on_change is not None:
                self._on_change(changed)
        except Exception:  # what is durable is durable, whoever cannot be told
            log.exception("a listener failed")
        changed.clear()

    def _roll_back(self) -> None:
        getattr(self._connection, "changed", set()).clear()
        try:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
        except sqlite3.Error as error:  # the writer must live on: it is the only one
            log.error("a transaction could not be rolled back: %s", error)


def _failure(error: Exception) -> StorageError:
    failure = StorageError(f"Nothing was written: {error}")
    failure.__cause__ = error
    return failure


def _one_by_one(connection: sqlite3.Connection, work: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
    return [piece(connection) for piece in work]
