"""An annotation: what somebody (a person, a judge, a program) says of a target, under a name."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

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

MOST_DOCUMENTS = 2**31 - 1
"""The last position that a document of a span can have."""


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
    action: Literal["created", "replaced", "deleted"]
    user_id: str | None
    annotator_kind: AnnotatorKind
    result: AnnotationResult
    metadata: JsonObject
    source: AnnotationSource
    rubric_version: int | None = None
