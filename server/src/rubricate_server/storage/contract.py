"""What every storage engine promises, in the order in which a span lives: written, annotated, read, deleted.

All methods block and are called off the event loop. Words used below:

* **durable**: when the method returns, the change survives `kill -9` and a power cut of an honest disk.
* **idempotent**: calling again with the same arguments leaves the same state.
* Reads see every change that was durable when they began. An empty answer is an empty list, never an error,
  unless the method says `NotFound`.
* Arguments are trusted: bytes are bytes, limits are positive. The layers above have checked them.

`tests/storage/contract/` holds the battery that each engine must pass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypedDict

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.filter import Condition

SMALL_ATTRIBUTE = 256
"""Characters up to which an attribute's value is kept in the narrow row, where filters find it fast."""


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
    indexed keys (`a.0.b`), nothing that has a column of its own. A larger value stands as null: look in the body."""
    events: bytes | None
    """JSON list of {name, timestamp (ns), attributes}."""
    envelope: bytes | None
    """JSON object of what surrounds the span: resource, scope, links, trace_state, otlp_kind."""


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


class SpanBody(NamedTuple):
    """The large parts of a span."""

    input: str | None
    output: str | None
    attributes: bytes
    events: bytes | None
    envelope: bytes | None


ALL_PARTS: frozenset[str] = frozenset(SpanBody._fields)


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
    order: Literal["id", "start_time", "arrival"] = "id"
    """Newest first, by row id or by start (then row id); or by row id, oldest first."""
    from_id: int | None = None
    """With order `id`: the first row of the page, inclusive."""


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


class RetentionRule(NamedTuple):
    """How long traces are kept. Both bounds may be missing."""

    max_days: float | None
    """Traces that started longer ago go."""
    max_traces: int | None
    """The newest that a project keeps."""


class StoredRetention(NamedTuple):
    """A retention policy as it is read back."""

    id: int
    name: str
    rule: RetentionRule


class AnnotationKey(NamedTuple):
    """What makes an annotation itself: writing the same key again replaces it."""

    target_kind: TargetKind
    target_id: bytes
    position: int
    name: str
    identifier: str


class NewAnnotation(NamedTuple):
    """An annotation to write."""

    key: AnnotationKey
    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]
    source: AnnotationSource
    user_id: str | None


class KeptAnnotation(NamedTuple):
    """An annotation that was given elsewhere, with its times."""

    annotation: NewAnnotation
    created_us: int
    updated_us: int


NO_ANNOTATIONS: Mapping[bytes, Sequence[NewAnnotation]] = MappingProxyType({})


class StoredAnnotation(NamedTuple):
    """An annotation as it is read back."""

    id: int
    key: AnnotationKey
    annotator_kind: str
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]
    source: str
    user_id: str | None
    rubric_version: int | None
    """Number (1, 2, 3 …) of the rubric's version that was in force when it was written."""
    created_us: int
    updated_us: int
    project_id: int | None
    """None while it waits for its target."""


class AnnotationChange(NamedTuple):
    """One entry of an annotation's history."""

    at_us: int
    action: Literal["created", "replaced", "deleted"]
    user_id: str | None
    state: dict[str, Any]
    """annotator_kind, label, score, explanation, metadata, source, rubric_version (its number).

    After the change; of a deletion before it, and then with target_kind, target_id (as text), position, name,
    identifier, because nothing else tells them any more.
    """


class AnnotationUpdate(TypedDict, total=False):
    """New values of some fields of an annotation; a missing key leaves the field as it is."""

    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnnotationQuery:
    """Which annotations of a project. Every given field narrows; a tuple means any of its values."""

    project_id: int
    target_kind: TargetKind | None = None
    """None: targets of every kind."""
    target_ids: tuple[bytes, ...] | None = None
    """Only with `target_kind`."""
    names: tuple[str, ...] = ()
    excluded_names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    annotator_kind: AnnotatorKind | None = None
    source: AnnotationSource | None = None
    user_id: str | None = None
    labels: tuple[str, ...] = ()
    min_score: float | None = None
    """Inclusive, as is `max_score`; without a score an annotation fits neither."""
    max_score: float | None = None
    created_from_us: int | None = None
    """Inclusive."""
    created_until_us: int | None = None
    """Exclusive."""
    from_id: int | None = None
    """The first row of the page, inclusive; newest first."""


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """Which annotations of a project to sum up. Every given field narrows; notes never count."""

    project_id: int
    target_kind: TargetKind | None = None
    names: tuple[str, ...] = ()
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    condition: Condition | None = None
    """An expression about spans: only annotations of such spans, and of their documents, count."""


class StoredSummary(NamedTuple):
    """Annotations of one name on one kind of target, summed up so that every target counts once."""

    bucket_ns: int
    """Where the bucket begins; 0 when there are no buckets."""
    target_kind: str
    name: str
    annotator_kind: str | None
    """None: annotators of all kinds."""
    annotation_count: int
    target_count: int
    score_count: int
    scored_target_count: int
    mean: float | None
    """Over the scored targets, of the target's mean score."""
    squares: float | None
    """The sum of the squared deviations of the targets' means from `mean`."""
    label_count: int
    labelled_target_count: int
    labels: tuple[tuple[str, float], ...]
    """The commonest labels with their sum of shares, where each labelled target gives out 1."""


@dataclass(frozen=True, slots=True)
class DisagreementQuery:
    """Which disagreements of a project. Every given field narrows; notes never disagree."""

    project_id: int
    target_kind: TargetKind = TargetKind.SPAN
    names: tuple[str, ...] = ()
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    after: "DisagreementMark | None" = None
    """The last of the page before, exclusive."""


class DisagreementMark(NamedTuple):
    """A place in the list of disagreements, which goes down from the largest."""

    target_row: int
    position: int
    name: str


class StoredDisagreement(NamedTuple):
    """Annotations of one target under one name that do not say the same."""

    mark: DisagreementMark
    annotations: tuple[StoredAnnotation, ...]
    """Newest row first, at most as many as were asked for."""


class SpanBucket(NamedTuple):
    """The spans that started within one stretch of time."""

    bucket_ns: int
    span_count: int
    error_count: int
    p50_ns: int
    """Latency by nearest rank: the smallest that half of the spans do not exceed."""
    p99_ns: int
    tokens_prompt: int
    tokens_completion: int
    tokens_total: int
    cost_usd: float


class StoredProject(NamedTuple):
    """A project as it is read back."""

    id: int
    name: str
    description: str | None


class StoredRubricVersion(NamedTuple):
    """A rubric in one of its versions."""

    id: int
    """The rubric's, not the version's."""
    number: int
    body: dict[str, Any]
    created_us: int


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
        must not undo what was said since.

        Makes projects, traces and sessions as needed. A span id that is stored already is left as it is; a trace
        stays with the project of its first span. Annotations that waited for these spans are bound to them.
        Returns the number of spans that were new. Raises QueueFull when too much is waiting; nothing is written then.
        """

    def find(self, query: SpanQuery, limit: int, parts: frozenset[str] = ALL_PARTS) -> list[StoredSpan]:
        """The first `limit` spans of the query, in its order, with the named parts of their bodies."""

    def scan(
        self, query: SpanQuery, limit: int | None, parts: frozenset[str] = ALL_PARTS
    ) -> Iterator[list[StoredSpan]]:
        """The same in batches of bounded size, for exports: memory does not grow with the answer.

        Only the named parts of the bodies are read; the others come back empty.
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


class RetentionStore(Protocol):
    """Retention policies, and the projects that follow them."""

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredRetention]:
        """Policies, newest first."""

    def get(self, policy_id: int) -> StoredRetention:
        """By row id. Raises NotFound."""

    def create(self, name: str, rule: RetentionRule) -> StoredRetention:
        """Make one; durable. Raises Conflict when the name is taken."""

    def update(self, policy_id: int, name: str, rule: RetentionRule) -> StoredRetention:
        """Replace one; durable, idempotent. Raises NotFound, Conflict."""

    def delete(self, policy_id: int) -> None:
        """Delete one; durable. Its projects follow the default again. Raises NotFound."""

    def assign(self, project_id: int, policy_id: int | None) -> None:
        """Have a project follow a policy, or the default; durable, idempotent. Raises NotFound."""

    def rules(self, default: RetentionRule) -> dict[int, RetentionRule]:
        """What every project follows, by its row id."""


class AnnotationStore(Protocol):
    """Annotations of every kind of target, and their history."""

    def put(self, annotations: Sequence[NewAnnotation], *, must_exist: bool = False) -> list[int]:
        """Write annotations; durable, idempotent by key, all or nothing. One id for each, in order.

        An annotation whose target is not stored yet waits for it. With `must_exist` it is refused instead:
        NotFound, whose message names the missing targets. Each change is kept in the history.
        """

    def take_over(self, annotations: Sequence[KeptAnnotation]) -> int:
        """Write annotations that were given elsewhere, with their times; durable, idempotent, all or nothing.

        What is stored already under a key is left as it is. The history begins with what the annotation said when it
        was last updated. Returns how many were new.
        """

    def find(self, query: AnnotationQuery, limit: int) -> list[StoredAnnotation]:
        """The first `limit` annotations of the query, newest row first."""

    def delete(self, query: AnnotationQuery) -> int:
        """Delete what the query finds; durable. Returns how many. The history keeps what they were."""

    def names(self, query: AnnotationQuery) -> list[str]:
        """The names under which the query finds something, in alphabetical order."""

    def get(self, annotation_id: int) -> StoredAnnotation:
        """One annotation, also one that waits for its target. Raises NotFound."""

    def update(self, annotation_id: int, update: AnnotationUpdate, user_id: str | None = None) -> StoredAnnotation:
        """Change some fields of one annotation; durable, idempotent but for the history. Raises NotFound.

        The version of its rubric becomes the one in force.
        """

    def remove(self, annotation_id: int, user_id: str | None = None) -> None:
        """Delete one annotation; durable. The history keeps what it was. Raises NotFound."""

    def history(self, annotation_id: int) -> list[AnnotationChange]:
        """Every change of one annotation, oldest first, also of a deleted one. Empty: there never was one."""


class ProjectStore(Protocol):
    """Projects."""

    def page(
        self, *, name_contains: str | None = None, from_id: int | None = None, limit: int = 100
    ) -> list[StoredProject]:
        """Projects, newest first."""

    def get(self, name: str) -> StoredProject:
        """By name. Raises NotFound."""

    def get_by_id(self, project_id: int) -> StoredProject:
        """By row id. Raises NotFound."""

    def create(self, name: str, description: str | None) -> StoredProject:
        """Make one; durable. Raises Conflict when the name is taken."""

    def update(self, project_id: int, description: str | None) -> StoredProject:
        """Replace the description; durable, idempotent. Raises NotFound."""

    def delete(self, project_id: int) -> None:
        """Delete a project; durable. Raises NotFound, or Protected for the default project.

        It is out of every answer at once; its rows are removed by `Maintenance.step` in bounded transactions.
        """


class RubricStore(Protocol):
    """Rubrics, their versions, and the projects that use them."""

    def page(
        self, *, project_id: int | None = None, from_id: int | None = None, limit: int = 100
    ) -> list[StoredRubricVersion]:
        """Rubrics in the version in force, newest first; of one project, or all."""

    def get(self, rubric_id: int) -> StoredRubricVersion:
        """In the version in force. Raises NotFound."""

    def get_by_name(self, name: str) -> StoredRubricVersion:
        """In the version in force. Raises NotFound."""

    def create(self, body: dict[str, Any]) -> StoredRubricVersion:
        """Make one, version 1; durable. Raises Conflict when its name is taken."""

    def update(self, rubric_id: int, body: dict[str, Any]) -> StoredRubricVersion:
        """Make a new version; durable. The same body again makes none. Raises NotFound, Conflict."""

    def delete(self, rubric_id: int) -> StoredRubricVersion:
        """Delete it and its assignments; durable. Annotations and old versions stay. Raises NotFound."""

    def versions(self, rubric_id: int) -> list[StoredRubricVersion]:
        """All versions, oldest first, also of a deleted rubric."""

    def assign(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """Add rubrics to a project; durable, idempotent. Raises NotFound."""

    def unassign(self, project_id: int, rubric_id: int) -> None:
        """Take one away; durable, idempotent."""

    def set_assigned(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """Make these the project's rubrics and no others; durable, idempotent. Raises NotFound."""


class InsightStore(Protocol):
    """What many rows say together. Everything is read in one state of the store; nothing is written."""

    def summaries(
        self, query: SummaryQuery, bucket_ns: int | None = None, most_labels: int = 50
    ) -> list[StoredSummary]:
        """By name, kind of target, bucket and kind of annotator; that of all annotators comes first.

        Only what has annotations. A target belongs to the bucket in which it started.
        """

    def span_series(self, project_id: int, start_ns: int, end_ns: int, bucket_ns: int) -> list[SpanBucket]:
        """The spans of a project that started in [start, end), by bucket and time. Empty buckets are left out."""

    def disagreements(self, query: DisagreementQuery, limit: int, side_by_side: int = 100) -> list[StoredDisagreement]:
        """The first `limit` disagreements, newest row of the target first.

        Annotators disagree when there are two labels, or two scores among those that gave no label: what the filter
        language calls `disagree`.
        """

    def relevances(
        self,
        span_rows: Sequence[int],
        name: str,
        annotator_kind: AnnotatorKind | None = None,
        label_scores: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[int, dict[int, float]]:
        """What annotations of the name say of the documents of spans: relevance by row of the span and position.

        That of people counts, else that of judges, else that of code; the mean where several say something. A label
        without a score counts as `label_scores` has it. Documents of which nobody says anything are left out.
        """


class StatusStore(Protocol):
    """How the store is doing."""

    def dead_letters(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredDeadLetter]:
        """Rejected spans, newest first."""

    def dead_letter(self, row: int) -> tuple[StoredDeadLetter, DeadLetter]:
        """One of them, with its bytes. Raises NotFound."""

    def stats(self) -> StoreStats:
        """Counts and sizes, cheap enough to be asked every few seconds."""


class Maintenance(Protocol):
    """Work that can wait, in steps that never block writers for long."""

    def step(self) -> bool:
        """Do one bounded piece (delete, repack, give space back); True when there is more to do."""


@dataclass(frozen=True, slots=True)
class Storage:
    """An open store."""

    spans: SpanStore
    traces: TraceStore
    sessions: SessionStore
    retention: RetentionStore
    annotations: AnnotationStore
    projects: ProjectStore
    rubrics: RubricStore
    insight: InsightStore
    status: StatusStore
    maintenance: Maintenance
    close: Callable[[], None] = field(repr=False)
    """Writes what is waiting, then closes; no call may follow."""
    healthy: Callable[[], None] = field(repr=False)
    """Raises when writing or reading does not work. It writes: what it wrote is durable, and changes nothing."""
