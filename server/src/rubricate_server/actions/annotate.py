"""Recording what somebody says of something."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

import orjson

from rubricate.records.annotation import (
    NOTE,
    AnnotationSource,
    AnnotatorKind,
    DocumentAnnotationCreate,
    SessionAnnotationCreate,
    SpanAnnotationCreate,
    TargetKind,
    TraceAnnotationCreate,
)
from rubricate_server.domain.authorship import ANYBODY, Author
from rubricate_server.domain.document import document_count
from rubricate_server.storage.contract import (
    AnnotationKey,
    AnnotationStore,
    NewAnnotation,
    SpanStore,
    Storage,
    StoredAnnotation,
)

NOT_A_DOCUMENT = -1

AnnotationCreate = SpanAnnotationCreate | TraceAnnotationCreate | SessionAnnotationCreate | DocumentAnnotationCreate


class NoSuchDocument(Exception):
    """The span is there, but it did not retrieve so many documents; the message says how many."""


def annotate(
    storage: Storage, annotations: Sequence[AnnotationCreate], *, must_exist: bool, by: Author = ANYBODY
) -> list[int]:
    """Write annotations of anything; durable, and safe to repeat. One id for each, in order.

    Raises NotFound or NoSuchDocument, and writes nothing, when `must_exist` and a target is not there; and NotYours.
    """
    if must_exist:
        documents = [item for item in annotations if isinstance(item, DocumentAnnotationCreate)]
        _refuse_missing_documents(
            storage.spans, [(bytes.fromhex(item.span_id), item.document_position) for item in documents]
        )
    return storage.annotations.put(
        [_judgement(annotation, by) for annotation in annotations], must_exist=must_exist, by=by
    )


def annotate_if(
    storage: Storage,
    annotations: Sequence[NewAnnotation],
    expected: Mapping[int, int | None],
    *,
    by: Author = ANYBODY,
) -> list[StoredAnnotation]:
    """Write annotations of what is stored, if they are as the writer thinks: see `AnnotationStore.write`.

    Raises NotFound, NoSuchDocument, AnnotationChanged or NotYours, and writes nothing.
    """
    documents = [each.key for each in annotations if each.key.target_kind == TargetKind.DOCUMENT]
    _refuse_missing_documents(storage.spans, [(key.target_id, key.position) for key in documents])
    return storage.annotations.write(annotations, expected, by=by)


def add_note(
    store: AnnotationStore,
    kind: TargetKind,
    target_id: bytes,
    text: str,
    identifier: str,
    *,
    by: Author = ANYBODY,
) -> int:
    """Write a note. Without an identifier it is a further one; with one, it replaces the same.

    Raises NotFound when the target is not there, and NotYours.
    """
    key = AnnotationKey(kind, target_id, NOT_A_DOCUMENT, NOTE, identifier or f"px-{kind}-note:{uuid4()}")
    written = NewAnnotation(key, AnnotatorKind.HUMAN, None, None, text, {}, AnnotationSource.API, by.user_id)
    return store.put([written], must_exist=True, by=by)[0]


def _refuse_missing_documents(store: SpanStore, wanted: Sequence[tuple[bytes, int]]) -> None:
    """Of spans that are stored; whether they are is checked where the annotations are written."""
    if not wanted:
        return
    spans = store.of(list({span_id: None for span_id, _ in wanted}), frozenset({"attributes"}))
    counts = {span.span_id: document_count(span.kind, orjson.loads(span.body.attributes)) for span in spans}
    for span_id, position in wanted:
        count = counts.get(span_id)
        if count is not None and position >= count:
            raise NoSuchDocument(
                f"Document position {position} is out of bounds for span {span_id.hex()} (max: {count - 1})"
            )


def _judgement(annotation: AnnotationCreate, by: Author) -> NewAnnotation:
    result = annotation.result
    return NewAnnotation(
        AnnotationKey(*_target(annotation), annotation.name, annotation.identifier),
        annotation.annotator_kind,
        result.label if result else None,
        result.score if result else None,
        result.explanation if result else None,
        annotation.metadata or {},
        AnnotationSource.API,
        by.user_id,
    )


def _target(annotation: AnnotationCreate) -> tuple[TargetKind, bytes, int]:
    match annotation:
        case SpanAnnotationCreate():
            return TargetKind.SPAN, bytes.fromhex(annotation.span_id), NOT_A_DOCUMENT
        case TraceAnnotationCreate():
            return TargetKind.TRACE, bytes.fromhex(annotation.trace_id), NOT_A_DOCUMENT
        case SessionAnnotationCreate():
            return TargetKind.SESSION, annotation.session_id.encode(), NOT_A_DOCUMENT
        case DocumentAnnotationCreate():
            return TargetKind.DOCUMENT, bytes.fromhex(annotation.span_id), annotation.document_position
