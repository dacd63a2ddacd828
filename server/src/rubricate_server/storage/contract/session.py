"""Sessions and their store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract.trace import StoredTrace


class StoredSession(NamedTuple):
    """A session as it is read back, with its traces by start."""

    id: int
    session_id: str
    project_id: int
    start_ns: int
    end_ns: int
    traces: tuple[StoredTrace, ...]


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions of a project, in which order. Every given field narrows."""

    project_id: int
    condition: Condition | None = None
    """An expression of the filter language of sessions."""
    descending: bool = False
    """By row id."""
    from_id: int | None = None
    """The first row of the page, inclusive."""


class SessionStore(Protocol):
    """Sessions. They are made by `SpanStore.add`."""

    def find(self, query: SessionQuery, limit: int) -> list[StoredSession]:
        """The first `limit` sessions of the query, by row id."""

    def get(self, session_id: str) -> StoredSession:
        """By the id that the application gave. Raises NotFound."""

    def get_by_id(self, row: int) -> StoredSession:
        """By row id. Raises NotFound."""

    def rows_of(self, session_ids: Sequence[str]) -> dict[str, int]:
        """Row ids of those sessions that are stored."""

    def delete(self, rows: Sequence[int]) -> None:
        """Delete sessions by row id with their traces, as `TraceStore.delete` does; durable, idempotent."""
