"""The engines that must pass the battery in `contract/`.

An engine joins with one entry in ENGINES. It runs everything; a test that it cannot pass is left out by name, with
the reason in words, and only here: an engine does not excuse itself.
"""

import sqlite3  # noqa: TID251  # to hold the engine's lock from outside
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rubricate_server.storage.contract import Storage
from rubricate_server.storage.sqlite.store import DATABASE, open_storage


class OpenStorage(Protocol):
    """Opens the store in a directory; an engine that is a server keeps a database of that directory's own."""

    def __call__(self, directory: Path, *, max_pending_bytes: int = ...) -> Storage: ...


class Held(Protocol):
    """While it lasts, no write of the store in that directory comes through: as on a very slow disk."""

    def __call__(self, directory: Path) -> AbstractContextManager[None]: ...


class BytesOnDisk(Protocol):
    """What the store in that directory takes; it is closed."""

    def __call__(self, directory: Path) -> int: ...


@dataclass(frozen=True)
class Engine:
    """An engine, and what tests must do to it from outside."""

    name: str
    open: OpenStorage
    held: Held
    bytes_on_disk: BytesOnDisk
    opted_out: Mapping[str, str] = field(default_factory=dict)
    """Name of a test in `contract/`: why this engine cannot pass it."""

    def __post_init__(self) -> None:
        for test, reason in self.opted_out.items():
            if len(reason.split()) < 3:
                raise ValueError(f"{self.name} opts out of {test} without saying why")


class Data:
    """Where a store lives, and the store when it is open."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine = engine
        self.directory = directory
        self._open: Storage | None = None

    def open(self, *, max_pending_bytes: int = 256 << 20) -> Storage:
        self._open = self.engine.open(self.directory, max_pending_bytes=max_pending_bytes)
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None

    def reopen(self) -> Storage:
        self.close()
        return self.open()

    def closed_size(self) -> int:
        """Bytes that the store takes on disk; it is closed for that."""
        self.close()
        return self.engine.bytes_on_disk(self.directory)


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    other = sqlite3.connect(directory / DATABASE, isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.close()


def _bytes_on_disk(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


ENGINES = (Engine("sqlite", open_storage, _held, _bytes_on_disk),)
