"""An annotation: what somebody (a person, a judge, a program) says of a target, under a name."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from rubricate.records.base import HexId, Input, JsonObject, Metadata, NonBlank, Record

NOTE = "note"
"""The reserved name under which notes are kept. Notes have resources of their own."""


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


class SpanAnnotationCreate(Input):
    """An annotation of a span. Writing the same (span, name, identifier) again replaces the annotation."""

    span_id: HexId
    """The span's OpenTelemetry id, in hex. The span may arrive later."""
    name: NonBlank
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    identifier: str = ""
    """Tells annotations of the same name on the same span apart, one an annotator."""


class TraceAnnotationCreate(Input):
    """An annotation of a trace. Writing the same (trace, name, identifier) again replaces the annotation."""

    trace_id: NonBlank
    name: NonBlank
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    identifier: str = ""


class DocumentAnnotationCreate(Input):
    """An annotation of one document that a span retrieved; `document_position` counts from zero."""

    span_id: NonBlank
    document_position: Annotated[int, Field(ge=0)]
    name: NonBlank
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    identifier: str = ""


class SpanNoteCreate(Input):
    """A note on a span. Notes pile up; with an `identifier`, the same one is replaced."""

    span_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    identifier: str = ""


class AnnotationId(Record):
    """The id under which an annotation was stored."""

    id: str


class SpanAnnotation(Record):
    """An annotation of a span as the server keeps it."""

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
    span_id: str
