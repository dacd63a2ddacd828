"""Traces and their store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from rubricate_server.domain.filter import Condition


class StoredTrace(NamedTuple):
    """A trace as it is read back. Counts and sums are kept while spans come and go, so reading them is free."""

    id: int
    trace_id: bytes
    project_id: int
    session_row: int | None
    start_ns: int
    end_ns: int
    span_count: int
    error_count: int
    tokens_prompt: int
    tokens_completion: int
    cost_usd: float


class TraceMark(NamedTuple):
    """A place in a sorted list of traces: what it is sorted by, then the row id."""

    value: int
    id: int


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces of a project, in which order. Every given field narrows."""

    project_id: int
    start_ns: int | None = None
    """Started at or after."""
    end_ns: int | None = None
    """Started before."""
    session_rows: tuple[int, ...] | None = None
    """Of any of these sessions; of none of them when empty."""
    error: bool | None = None
    """Whether a span of the trace failed."""
    min_latency_ns: int | None = None
    max_latency_ns: int | None = None
    """Both inclusive."""
    condition: Condition | None = None
    """An expression of the filter language of traces."""
    order: Literal["start_time", "latency"] = "start_time"
    descending: bool = True
    after: TraceMark | None = None
    """The last trace of the page before, exclusive."""


class TraceStore(Protocol):
    """Traces. They are made by `SpanStore.add`."""

    def find(self, query: TraceQuery, limit: int) -> list[StoredTrace]:
        """The first `limit` traces of the query, in its order, then by row id in the same direction."""

    def get(self, trace_id: bytes) -> StoredTrace:
        """By OpenTelemetry id. Raises NotFound."""

    def get_by_id(self, row: int) -> StoredTrace:
        """By row id. Raises NotFound."""

    def delete(self, rows: Sequence[int]) -> None:
        """Delete traces by row id with their spans and all annotations; durable, idempotent.

        In steps that never block writers for long, so a crash may leave a part: calling again finishes it.
        Sessions that lose their last trace go too.
        """

    def delete_range(self, project_id: int, start_ns: int | None, end_ns: int | None, limit: int | None = None) -> int:
        """Delete the traces of a project that started in [start, end), oldest first, as `delete` does; how many."""

    def oldest_kept(self, project_id: int, count: int) -> int | None:
        """When the last of the project's `count` newest traces started; None when it has no more than these."""

    def transfer(self, rows: Sequence[int], project_id: int) -> int:
        """Move traces to a project, with their spans and annotations; durable, idempotent. How many are there then.

        A session moves along with the last of its traces. The traces are in the new project at once, their spans
        follow in steps that never block writers for long; after a crash, calling again moves what was left.
        """
