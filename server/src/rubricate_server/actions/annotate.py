"""Recording what somebody says of something."""

from collections.abc import Sequence
from uuid import uuid4

from rubricate.records.annotation import (
    NOTE,
    AnnotationSource,
    AnnotatorKind,
    SpanAnnotationCreate,
    SpanNoteCreate,
    TargetKind,
)
from rubricate_server.storage.contract import AnnotationKey, AnnotationStore, NewAnnotation

NOT_A_DOCUMENT = -1


def annotate_spans(
    store: AnnotationStore, annotations: Sequence[SpanAnnotationCreate], *, must_exist: bool
) -> list[int]:
    """Write annotations of spans; durable, and safe to repeat. One id for each, in order.

    Raises NotFound, and writes nothing, when `must_exist` and a span is not there.
    """
    return store.put([_judgement(annotation) for annotation in annotations], must_exist=must_exist)


def add_span_note(store: AnnotationStore, note: SpanNoteCreate, span_id: bytes) -> int:
    """Write a note on a span. Without an identifier it is a further one; with one, it replaces the same."""
    identifier = note.identifier or f"px-span-note:{uuid4()}"
    key = AnnotationKey(TargetKind.SPAN, span_id, NOT_A_DOCUMENT, NOTE, identifier)
    written = NewAnnotation(key, AnnotatorKind.HUMAN, None, None, note.note, {}, AnnotationSource.API, None)
    return store.put([written], must_exist=True)[0]


def _judgement(annotation: SpanAnnotationCreate) -> NewAnnotation:
    result = annotation.result
    return NewAnnotation(
        AnnotationKey(
            TargetKind.SPAN,
            bytes.fromhex(annotation.span_id),
            NOT_A_DOCUMENT,
            annotation.name,
            annotation.identifier,
        ),
        annotation.annotator_kind,
        result.label if result else None,
        result.score if result else None,
        result.explanation if result else None,
        annotation.metadata or {},
        AnnotationSource.API,
        None,
    )
