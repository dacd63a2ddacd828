"""Items: spans, traces and sessions in one shape, as people look at them, and their store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract.annotation import StoredAnnotation


class StoredItem(NamedTuple):
    """A span, a trace or a session. What a trace has of a span is its root span's."""

    kind: TargetKind
    row: int
    key: bytes
    """The span or trace id, or the session id in UTF-8: as in `AnnotationKey.target_id`."""
    project_id: int
    trace_id: bytes | None
    session_id: str | None
    parent_id: bytes | None
    root_id: bytes | None
    """The span itself, or the root span of a trace that started first; None when there is none."""
    name: str
    span_kind: str | None
    status: int | None
    status_message: str
    start_ns: int
    end_ns: int
    input: str | None
    """Previews; of a session, the input of its first trace and the output of its last."""
    output: str | None
    model: str | None
    user_id: str | None
    tokens_prompt: int | None
    tokens_completion: int | None
    tokens_total: int | None
    cost_usd: float | None
    span_count: int | None
    error_count: int | None
    trace_count: int | None
    trace_tokens: int | None = None
    """Of a root span: what the spans of its trace took together; None when they tell none, as is `trace_cost_usd`."""
    trace_cost_usd: float | None = None


class ItemMark(NamedTuple):
    """A place in a sorted list of items: what it is sorted by, then the row id."""

    value: int
    row: int


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Which items of a project, in which order. Every given field narrows."""

    kind: TargetKind
    """Not DOCUMENT."""
    project_id: int
    start_ns: int | None = None
    """Started at or after."""
    end_ns: int | None = None
    """Started before."""
    roots: bool = False
    """Of spans: only those without a parent."""
    condition: Condition | None = None
    """An expression of the filter language of this kind."""
    keys: tuple[bytes, ...] | None = None
    """Only these; none when empty."""
    session_row: int | None = None
    """Of traces: only those of this session."""
    order: Literal["start_time", "latency"] = "start_time"
    """`latency`: only of traces, where an index serves it."""
    descending: bool = True
    after: ItemMark | None = None
    """The last item of the page before, exclusive."""


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many items there are; when not exact, there are at least so many."""

    count: int
    exact: bool


class Said(NamedTuple):
    """What is said of an item."""

    newest: Sequence[StoredAnnotation]
    """Of the item itself, without notes, newest row first."""
    annotation_count: int
    """All but notes; of a span, those of its documents too."""
    note_count: int


class SaidBy(NamedTuple):
    """What one person says of an item, and how often others do."""

    own: Sequence[StoredAnnotation]
    """Newest row first; notes, and annotations of documents, included."""
    others: Mapping[str, int]
    """Name of an annotation: how many are by others."""


class StoredStep(NamedTuple):
    """A span among the steps of its trace."""

    row: int
    span_id: bytes
    parent_id: bytes | None
    name: str
    kind: str
    status: int
    start_ns: int
    end_ns: int
    tokens_total: int | None
    cost_usd: float | None
    annotation_count: int
    """Notes, and annotations of documents, included."""


class ProjectFigures(NamedTuple):
    """What a project holds."""

    project_id: int
    trace_count: int
    span_count: int
    session_count: int
    annotation_count: int
    error_count: int
    last_start_ns: int | None


class ItemStore(Protocol):
    """Spans, traces and sessions as people look at them. They are made by `SpanStore.add`."""

    def find(self, query: ItemQuery, limit: int) -> list[StoredItem]:
        """The first `limit` items of the query, in its order, then by row id in the same direction."""

    def get(self, kind: TargetKind, key: bytes) -> StoredItem:
        """One item of any project. Raises NotFound."""

    def count(self, query: ItemQuery, most: int, within_s: float) -> ItemCount:
        """How many items the query finds, whatever its page. Stops at `most`, and after about `within_s`."""

    def said_of(self, items: Sequence[StoredItem], most: int) -> dict[int, Said]:
        """What is said of each of some items of one kind, by their rows; the newest `most` annotations of each."""

    def said_by(self, items: Sequence[StoredItem], identifier: str) -> dict[int, SaidBy]:
        """What the person of this identifier says of each of some items of one kind, by their rows.

        A person's annotations are those of kind HUMAN with the identifier.
        """

    def steps(self, trace_ids: Sequence[bytes], limit: int) -> dict[bytes, list[StoredStep]]:
        """The spans of some traces by start, then row id; of each the first `limit`."""

    def figures(self, since_ns: int) -> list[ProjectFigures]:
        """What each project that is not of an experiment holds, in the order in which they were made.

        Errors are counted of spans that started at `since_ns` or later.
        """
