"""An annotation: what somebody (a person, a judge, a program) says of a target, under a name."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from rubricate.records.base import (
    HexId,
    Input,
    JsonObject,
    Metadata,
    NonBlank,
    NonBlankTrimmed,
    Record,
    StrictInput,
)

NOTE = "note"
"""The reserved name under which notes are kept. Notes have resources of their own."""

CORRECTION = "correction"
"""The reserved name under which the right answer is kept that a person gave, as the explanation."""

SKIP = "skip"
"""The reserved name under which the web page keeps that a person skipped something in a review."""

RESERVED_NAMES = frozenset({NOTE, CORRECTION, "flag", SKIP})
"""Names that no rubric may have: notes, corrected answers, and what the web page keeps of a review."""

MOST_DOCUMENTS = 2**31 - 1
"""The last position that a document of a span can have."""

MOST_REMOVED = 10_000
"""Ids that one request can delete."""


class AnnotatorKind(StrEnum):
    """Who annotates: a person, an LLM judge, or plain code."""

    HUMAN = "HUMAN"
    LLM = "LLM"
    CODE = "CODE"


class AnnotationSource(StrEnum):
    """By which door the annotation came in: the API (SDK, REST) or the web page."""

    API = "API"
    APP = "APP"


class TargetKind(StrEnum):
    """What an annotation is about."""

    SPAN = "span"
    TRACE = "trace"
    SESSION = "session"
    DOCUMENT = "document"


class AnnotationResult(Input):
    """The judgement itself. Any of the three may be missing.

    `score` is any finite number; its meaning (0 to 1, 1 to 5 …) is the rubric's.
    """

    label: str | None = None
    score: float | None = None
    explanation: str | None = None


class _AnnotationCreate(Input):
    name: NonBlank
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    identifier: str = ""
    """Tells annotations of the same name on the same target apart, one an annotator."""


class SpanAnnotationCreate(_AnnotationCreate):
    """An annotation of a span. Writing the same (span, name, identifier) again replaces the annotation."""

    span_id: HexId
    """The span's OpenTelemetry id, in hex. The span may arrive later."""


class TraceAnnotationCreate(_AnnotationCreate):
    """An annotation of a trace. Writing the same (trace, name, identifier) again replaces the annotation."""

    trace_id: HexId
    """The trace's OpenTelemetry id, in hex. The trace may arrive later."""


class SessionAnnotationCreate(_AnnotationCreate):
    """An annotation of a session. Writing the same (session, name, identifier) again replaces the annotation."""

    session_id: NonBlank
    """What the application calls the session. The session may arrive later."""


class DocumentAnnotationCreate(_AnnotationCreate):
    """An annotation of one document that a span retrieved.

    Writing the same (span, position, name, identifier) again replaces the annotation.
    """

    span_id: HexId
    """The span's OpenTelemetry id, in hex. The span may arrive later."""
    document_position: Annotated[int, Field(ge=0, le=MOST_DOCUMENTS)]
    """Counts from zero."""


class _NoteCreate(Input):
    note: NonBlankTrimmed
    identifier: str = ""


class SpanNoteCreate(_NoteCreate):
    """A note on a span. Notes pile up; with an `identifier`, the same one is replaced."""

    span_id: NonBlankTrimmed


class TraceNoteCreate(_NoteCreate):
    """A note on a trace. Notes pile up; with an `identifier`, the same one is replaced."""

    trace_id: NonBlankTrimmed


class SessionNoteCreate(_NoteCreate):
    """A note on a session. Notes pile up; with an `identifier`, the same one is replaced."""

    session_id: NonBlankTrimmed


class AnnotationId(Record):
    """The id under which an annotation was stored."""

    id: str


class _StoredAnnotation(Record):
    id: str
    created_at: datetime
    updated_at: datetime
    source: AnnotationSource
    user_id: str | None
    name: str
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None
    metadata: JsonObject
    identifier: str


class SpanAnnotation(_StoredAnnotation):
    """An annotation of a span as the server keeps it."""

    span_id: str


class TraceAnnotation(_StoredAnnotation):
    """An annotation of a trace as the server keeps it."""

    trace_id: str


class SessionAnnotation(_StoredAnnotation):
    """An annotation of a session as the server keeps it."""

    session_id: str


class DocumentAnnotation(_StoredAnnotation):
    """An annotation of a document of a span as the server keeps it."""

    span_id: str
    document_position: int


class AnnotationTarget(Record):
    """What an annotation is about: a span or trace by its OpenTelemetry id, a session by its own id."""

    kind: TargetKind
    id: str
    """For a document, the id of its span."""
    position: int | None
    """Of a document, from zero; None for the others."""
    name: str | None = None
    """In lists of a project: the name of the span, of the trace's root span, or of the document's span."""
    trace_id: str | None = None
    """In lists of a project: the trace that the target is, or belongs to; None for a session."""


class Annotation(_StoredAnnotation):
    """An annotation, whatever it is about."""

    rubric_version: int | None
    """The version (1, 2, 3 …) of the rubric of its name that was in force when it was written; None without one."""
    target: AnnotationTarget
    project_id: str | None
    """None while the target has not arrived."""


class AnnotationPatch(StrictInput):
    """New values for some fields of an annotation. What is not given stays; null empties a field.

    Within `result` the same holds; `"result": null` empties label, score and explanation.
    """

    annotator_kind: AnnotatorKind | None = None
    """None leaves it as it is: every annotation has one."""
    result: AnnotationResult | None = None
    metadata: Metadata | None = None


class AnnotationChange(Record):
    """One change of an annotation, and what the annotation said after it (for a deletion: before it)."""

    at: datetime
    action: Literal["created", "replaced", "deleted", "restored"]
    user_id: str | None
    annotator_kind: AnnotatorKind
    result: AnnotationResult
    metadata: JsonObject
    source: AnnotationSource
    rubric_version: int | None = None


class AnnotationTargetPut(StrictInput):
    """What an annotation to write is about."""

    kind: TargetKind
    id: NonBlank
    """The OpenTelemetry id in hex, the session's own id, or a global id. For a document, its span's."""
    position: Annotated[int, Field(ge=0, le=MOST_DOCUMENTS)] | None = None
    """Of a document, from zero; only for documents, and needed there."""

    @model_validator(mode="after")
    def _documents_have_positions(self) -> Self:
        if (self.position is not None) != (self.kind == TargetKind.DOCUMENT):
            raise ValueError("position goes with targets of kind document, and is needed there")
        return self


class AnnotationPut(StrictInput):
    """An annotation to write. The same (target, name, identifier) again replaces the annotation whole."""

    target: AnnotationTargetPut
    name: NonBlank
    annotator_kind: AnnotatorKind
    identifier: str = ""
    """Tells annotations of the same name on the same target apart, one an annotator."""
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    source: AnnotationSource = AnnotationSource.API
    if_updated_at: AwareDatetime | None = None
    """Write only if the annotation still is as it was at this time, its `updated_at`; null: only if there is none.

    Not given: in any case. What says the same already is left as it is, and is no conflict.
    """


class AnnotationConflict(Record):
    """Why nothing was written: an annotation is not as it was said to be (RFC 9457)."""

    title: str
    status: int
    detail: str
    index: int
    """The place in the request of the annotation that stopped it."""
    current: Annotation | None
    """What stands there; None when there is none any more."""


class AnnotationFilter(StrictInput):
    """Which annotations of a project, as the parameters of their list say it. Every given field narrows."""

    target_kind: TargetKind | None = None
    target_id: list[str] | None = None
    name: list[str] | None = None
    exclude_name: list[str] | None = None
    identifier: list[str] | None = None
    annotator_kind: AnnotatorKind | None = None
    source: AnnotationSource | None = None
    user: str | None = None
    label: list[str] | None = None
    min_score: float | None = None
    max_score: float | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


class AnnotationRemoval(StrictInput):
    """Annotations to delete: some by their ids, or all of a project that fit a filter."""

    ids: Annotated[list[str], Field(max_length=MOST_REMOVED)] | None = None
    project: str | None = None
    """Name or id."""
    filter: AnnotationFilter | None = None
    """Needed with `project`; an empty one means all of the project."""

    @model_validator(mode="after")
    def _one_way_of_saying_which(self) -> Self:
        by_filter = self.project is not None and self.filter is not None
        if (self.ids is not None) == by_filter or (self.project is None) != (self.filter is None):
            raise ValueError("either ids, or project and filter")
        return self


class AnnotationsRemoved(Record):
    """How many annotations were deleted, and the id under which that can be undone."""

    deleted: int
    removal_id: str | None
    """None when nothing was deleted."""


class AnnotationRestoration(StrictInput):
    """A removal to undo."""

    removal_id: str


class AnnotationsRestored(Record):
    """What became of the annotations of a removal."""

    restored: int
    kept: int
    """Stayed deleted, because something newer stands in their place."""
    lost: int
    """Stayed deleted, because their targets were deleted since."""
