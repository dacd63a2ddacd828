"""Figures of the store, and spans that were refused."""

from typing import Literal, NamedTuple, Protocol


class DeadLetter(NamedTuple):
    """A span that could not be stored, kept as it was sent."""

    project: str | None
    reason: str
    payload: bytes
    encoding: Literal["protobuf", "json"]


class StoredDeadLetter(NamedTuple):
    """A rejected span in a list, without its bytes."""

    id: int
    at_us: int
    project: str | None
    reason: str
    encoding: Literal["protobuf", "json"]
    size: int


class StoreStats(NamedTuple):
    """What the store holds."""

    rows: dict[str, int]
    """By table. Projects that are being removed no longer count; what is left of their rows does."""
    waiting_annotations: int
    """Whose target has not arrived."""
    disk_bytes: int
    wal_bytes: int
    """Of `disk_bytes`, what is written but not yet folded into the database."""


class StatusStore(Protocol):
    """How the store is doing."""

    def dead_letters(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredDeadLetter]:
        """Rejected spans, newest first."""

    def dead_letter(self, row: int) -> tuple[StoredDeadLetter, DeadLetter]:
        """One of them, with its bytes. Raises NotFound."""

    def stats(self) -> StoreStats:
        """Counts and sizes, cheap enough to be asked every few seconds."""
