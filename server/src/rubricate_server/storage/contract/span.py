"""Spans: what ingest hands over, what comes back, and the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Protocol

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract.annotation import NO_ANNOTATIONS, NewAnnotation
from rubricate_server.storage.contract.status import DeadLetter

SMALL_ATTRIBUTE = 256
"""Characters up to which an attribute's value is kept in the narrow row, where filters find it fast."""


PREVIEW = 160
"""Characters of input and output that lists show without opening a body: two lines of a table. With 200, taking a span
in costs 2 % more."""


class NewSpan(NamedTuple):
    """A decoded span, ready to be stored. Built once per span on the hot path, hence a plain tuple."""

    project: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    session_id: str | None
    user_id: str | None
    model: str | None
    provider: str | None
    tokens_prompt: int | None
    tokens_completion: int | None
    tokens_total: int | None
    cost_prompt_usd: float | None
    cost_completion_usd: float | None
    cost_usd: float | None
    input: str | None
    """`input.value`, whole."""
    output: str | None
    attributes: bytes
    """JSON object, flat dotted keys, of all attributes but `input.value` and `output.value`."""
    small: str | None
    """JSON object of what filters find fast: scalars and lists of scalars up to `SMALL_ATTRIBUTE` characters, no
    indexed keys (`a.0.b`), nothing that has a column of its own. A larger value stands as null, and so does a list of
    objects (`a`): look in the body."""
    events: bytes | None
    """JSON list of {name, timestamp (ns), attributes}."""
    envelope: bytes | None
    """JSON object of what surrounds the span: resource, scope, links, trace_state, otlp_kind."""
    input_preview: str | None = None
    """What lists show of the input: readable, on one line, up to `PREVIEW` characters."""
    output_preview: str | None = None


class SpanBody(NamedTuple):
    """The large parts of a span."""

    input: str | None
    output: str | None
    attributes: bytes
    events: bytes | None
    envelope: bytes | None


ALL_PARTS: frozenset[str] = frozenset(SpanBody._fields)


NO_SUMS: Final[Mapping[str, int]] = MappingProxyType({})


class StoredSpan(NamedTuple):
    """A span as it is read back."""

    id: int
    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    body: SpanBody
    sums: Mapping[str, int] = NO_SUMS
    """What was asked for of the `cumulative_…` fields of the filter language: over the span and all below it."""


SpanOrder = Literal["id", "start_time", "arrival", "start_time_ascending"]


class SpanMark(NamedTuple):
    """A place in a list of spans by start."""

    start_ns: int
    id: int
    """The row id."""


@dataclass(frozen=True, slots=True)
class SpanQuery:
    """Which spans of a project, in which order. Every given field narrows; a tuple means any of its values."""

    project_id: int
    start_ns: int | None = None
    """Inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    trace_ids: tuple[bytes, ...] = ()
    span_ids: tuple[bytes, ...] = ()
    parent_id: bytes | None = None
    roots: bool = False
    """Only spans without a parent."""
    orphans_are_roots: bool = False
    """With `roots`: spans whose parent is not stored count as well."""
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Compared without regard to case."""
    statuses: tuple[int, ...] = ()
    attributes: tuple[tuple[str, Any], ...] = ()
    """(flat key, JSON scalar) pairs, all of which must be there: a text is not a number here, null is no attribute."""
    condition: Condition | None = None
    """An expression of the filter language."""
    order: SpanOrder = "id"
    """Newest first, by row id or by start (then row id); or oldest first, by the same two."""
    from_id: int | None = None
    """With order `id` or `arrival`: the first row of the page, inclusive."""
    from_start: SpanMark | None = None
    """With the orders by start: the first span of the page, inclusive."""


class SpanStore(Protocol):
    """Spans and their bodies."""

    def add(
        self,
        spans: Sequence[NewSpan],
        rejected: Sequence[DeadLetter] = (),
        annotations: Mapping[bytes, Sequence[NewAnnotation]] = NO_ANNOTATIONS,
    ) -> int:
        """Store the spans and keep the rejected ones; durable, idempotent by span id, all or nothing.

        `annotations` are those that spans brought along, by the id of the span that did; their targets may be others.
        They are written like `AnnotationStore.put` writes, but only with a span that is new: a batch that is sent again
        must not undo what was said since. They never replace what is somebody's: see `domain/authorship.py`.

        Makes projects, traces and sessions as needed. A span id that is stored already is left as it is; a trace
        stays with the project of its first span. Annotations that waited for these spans are bound to them.
        Returns the number of spans that were new. Raises QueueFull when too much is waiting; nothing is written then.
        """

    def find(self, query: SpanQuery, limit: int, parts: frozenset[str] = ALL_PARTS) -> list[StoredSpan]:
        """The first `limit` spans of the query, in its order, with the named parts of their bodies."""

    def scan(
        self, query: SpanQuery, limit: int | None, parts: frozenset[str] = ALL_PARTS, sums: Sequence[str] = ()
    ) -> Iterator[list[StoredSpan]]:
        """The same in batches of bounded size, for exports: memory does not grow with the answer.

        Only the named parts of the bodies are read; the others come back empty. So are `sums`, but for the named ones.
        """

    def rows_of(self, span_ids: Sequence[bytes]) -> dict[bytes, int]:
        """Row ids of those span ids that are stored."""

    def exists_in(self, project_id: int, target_kind: TargetKind, target_ids: Sequence[bytes]) -> bool:
        """Whether any of the targets is stored in the project."""

    def of(self, span_ids: Sequence[bytes], parts: frozenset[str] = ALL_PARTS) -> list[StoredSpan]:
        """Those of the spans that are stored, in any project and any order, with the named parts of their bodies."""

    def span_id_of(self, row: int) -> bytes:
        """The span id of a row. Raises NotFound."""

    def key_of(self, target_kind: TargetKind, row: int) -> bytes:
        """The target id of a row of that kind: the span's, the trace's or the session's. Raises NotFound."""

    def delete(self, span_id: bytes) -> None:
        """Delete one span with its annotations; durable. Children stay, as orphans. Raises NotFound."""

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """The newest rejected spans."""
