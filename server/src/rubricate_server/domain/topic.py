"""Topics: what changed last, for those who show it and want to know when to ask again."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

Kind = Literal["projects", "rubrics", "datasets", "experiments", "accounts", "spans", "annotations"]


class Topic(NamedTuple):
    """What changes: all projects, rubrics, datasets, experiments or accounts, or a project's spans or annotations."""

    kind: Kind
    project_id: int | None = None


class TooManyListeners(Exception):
    """Nobody more can listen now."""


class Listener:
    """Who waits for changes. `wake` is called from any thread, once until `take` is called again."""

    def __init__(self, topics: "Topics", wake: Callable[[], None]) -> None:
        self._topics = topics
        self._seen = 0
        self.wake = wake
        self.awake = True

    def take(self) -> dict[Topic, int]:
        """The versions of what changed since the last time; the first time, of all that changed so far."""
        versions, self._seen = self._topics.since(self, self._seen)
        return versions

    def leave(self) -> None:
        """Stop listening; may be called twice."""
        self._topics.forget(self)


class Topics:
    """The version of each topic. All methods may be called from any thread, and none waits.

    Versions only grow, also from one start of the server to the next unless the clock is set back meanwhile: they are
    taken from one counter that begins at the time of the start in microseconds. A topic without a version has not
    changed since then.
    """

    def __init__(self, most_listeners: int = 256) -> None:
        self.started = time.time_ns() // 1000
        self.closed = False
        self._most = most_listeners
        self._last = self.started
        self._versions: dict[Topic, int] = {}
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()

    def bump(self, changed: Iterable[Topic]) -> None:
        """Give the topics a new version, and wake who listens."""
        with self._lock:
            self._last += 1
            # Put at the end, so that what changed last is found from there.
            for topic in changed:
                self._versions.pop(topic, None)
                self._versions[topic] = self._last
            woken = self._rouse()
        for listener in woken:
            listener.wake()

    def version(self, topic: Topic) -> int | None:
        """The version of one topic; None when it has not changed since the start."""
        return self._versions.get(topic)

    def listen(self, wake: Callable[[], None]) -> Listener:
        """Begin to listen. Raises TooManyListeners."""
        listener = Listener(self, wake)
        with self._lock:
            if len(self._listeners) >= self._most:
                raise TooManyListeners(f"{self._most} listen already")
            self._listeners.add(listener)
        return listener

    def since(self, listener: Listener, seen: int) -> tuple[dict[Topic, int], int]:
        """What changed after the version `seen`, and the last version; from now on the listener is woken again."""
        changed = {}
        with self._lock:
            for topic in reversed(self._versions):
                if self._versions[topic] <= seen:
                    break
                changed[topic] = self._versions[topic]
            listener.awake = False
            return changed, self._last

    @property
    def last(self) -> int:
        """The newest version of all: whoever reads from now on sees all changes up to it."""
        return self._last

    def forget(self, listener: Listener) -> None:
        """See Listener.leave."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Wake everybody for the last time: the server stops."""
        with self._lock:
            self.closed = True
            woken = self._rouse()
        for listener in woken:
            listener.wake()

    def _rouse(self) -> list[Listener]:
        sleeping = [listener for listener in self._listeners if not listener.awake]
        for listener in sleeping:
            listener.awake = True
        return sleeping
