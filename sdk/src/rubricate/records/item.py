"""An item: what people look at and annotate, a span, a trace or a session, as lists and review show it."""

from datetime import datetime
from typing import Literal

from rubricate.records.annotation import Annotation
from rubricate.records.base import JsonObject, Record
from rubricate.records.span import Span, StatusCode

ItemKind = Literal["span", "trace", "session"]


class Item(Record):
    """A span, a trace or a session in a list.

    What a trace has of a span (name, kind, status, input, output, model, user) is its root span's. A session's name
    is its id, its input is that of its first trace, its output that of its last.
    """

    target_kind: ItemKind
    id: str
    """The OpenTelemetry id in hex; of a session, what the application calls it."""
    global_id: str
    trace_id: str | None
    """None for a session."""
    session_id: str | None
    """The session of the trace; None when it is in none."""
    parent_id: str | None
    """Of a span that is no root."""
    name: str
    span_kind: str | None
    """None for a session."""
    status_code: StatusCode | None
    """None for a session."""
    status_message: str
    start_time: datetime
    end_time: datetime
    latency_ms: float
    input: str | None
    """Readable: of messages, what the user said last. 300 characters at most."""
    output: str | None
    """Readable: of messages, the text of the answer. 300 characters at most."""
    model: str | None
    user_id: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    """None when no cost is known."""
    trace_tokens: int | None
    """Of a root span, as is `trace_cost_usd`: what all spans of its trace took. None when none is known."""
    trace_cost_usd: float | None
    span_count: int | None
    """Of a trace or a session, as is `error_count`, the number of spans that failed."""
    error_count: int | None
    trace_count: int | None
    """Of a session."""
    annotations: list[Annotation]
    """The newest of the item itself, without notes: 50 in lists, and all where one item is answered."""
    annotation_count: int
    """All but notes; of a span, those of its documents too."""
    note_count: int


class ItemCount(Record):
    """How many items fit. When `exact` is false, counting stopped there, and there may be more."""

    count: int
    exact: bool


class Step(Record):
    """A span among the steps of its trace."""

    span_id: str
    parent_id: str | None
    name: str
    span_kind: str
    status_code: StatusCode
    start_time: datetime
    latency_ms: float
    total_tokens: int | None
    cost_usd: float | None
    annotation_count: int
    """Notes, and annotations of its documents, included."""


class Turn(Record):
    """A trace of a session as a turn of a conversation: what its root span took in and put out."""

    trace_id: str
    span_id: str | None
    """The root span; None when it has not arrived."""
    name: str
    start_time: datetime
    latency_ms: float
    status_code: StatusCode
    input: str | None
    """Readable, whole up to 20,000 characters, as is `output`."""
    output: str | None


class ReviewItem(Record):
    """All that a reviewer needs of one item, in one piece."""

    item: Item
    """Its `annotations` are those of the reviewer alone: notes, and annotations of documents, included."""
    span: Span | None
    """The span itself, or the root span of a trace; None for a session. Long attributes may be cut."""
    truncated: list[str]
    """The attributes of `span` that were cut at 65,536 characters."""
    steps: list[Step]
    """The spans of the trace, each after its parent, siblings by start; none for a session. 500 at most."""
    steps_complete: bool
    """Whether `steps` are all of them; those of the trace that started first otherwise."""
    turns: list[Turn]
    """The traces of a session by start, 200 at most; none for a span or a trace."""
    others: dict[str, int]
    """How many annotations others gave under each name."""


class ProjectReference(Record):
    """Which project something belongs to."""

    id: str
    name: str


class TraceItem(Record):
    """A trace with all its steps."""

    project: ProjectReference
    item: Item
    steps: list[Step]
    """Each after its parent, siblings by start; 20,000 at most."""
    steps_complete: bool
    root_span_id: str | None
    """The root span that started first; None when none has arrived."""
    annotations: list[Annotation]
    """Those of the trace itself, notes included, newest first; 10,000 at most."""


class SpanLink(Record):
    """A span that another one points to, of the same trace or of another."""

    trace_id: str
    span_id: str
    attributes: JsonObject


class ProjectSpan(Span):
    """A whole span with what surrounds it, what is said of it, and the project that it belongs to."""

    project: ProjectReference
    links: list[SpanLink]
    trace_state: str
    resource: JsonObject
    """What sent it: attributes of OpenTelemetry's resource."""
    scope: JsonObject
    """What made it: name, version and attributes of OpenTelemetry's instrumentation scope."""
    annotations: list[Annotation]
    """Those of the span and of its documents, notes included, newest first; 10,000 at most."""


class ProjectFigures(Record):
    """What a project holds."""

    project_id: str
    trace_count: int
    span_count: int
    session_count: int
    annotation_count: int
    error_count: int
    """Spans that failed, of those that started at or after the asked time."""
    last_start_time: datetime | None
    """When the newest trace started."""
