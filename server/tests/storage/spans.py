"""Spans and annotations for tests, made from a number: the same number, the same ids."""

import json
from typing import Any

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import (
    AnnotationKey,
    NewAnnotation,
    NewSpan,
    SpanBody,
    StoredAnnotation,
    StoredSpan,
)

PROJECT = "shop"
START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
NOT_A_DOCUMENT = -1


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def trace_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def new_span(number: int, **changes: Any) -> NewSpan:
    """A span, by default alone in a trace of the same number, a second after the span before."""
    start_ns = START_NS + number * SECOND_NS
    return NewSpan(
        project=PROJECT,
        trace_id=trace_id(number),
        span_id=span_id(number),
        parent_id=None,
        name=f"span {number}",
        kind="LLM",
        start_ns=start_ns,
        end_ns=start_ns + 5_000_000,
        status=1,
        status_message="",
        session_id=None,
        user_id=None,
        model=None,
        provider=None,
        tokens_prompt=None,
        tokens_completion=None,
        tokens_total=None,
        cost_prompt_usd=None,
        cost_completion_usd=None,
        cost_usd=None,
        input=f"question {number}",
        output=f"answer {number}",
        attributes=json.dumps({"number": number}).encode(),
        small=json.dumps({"number": number}),
        events=None,
        envelope=None,
        input_preview=f"question {number}",
        output_preview=f"answer {number}",
    )._replace(**changes)


def spans(count: int, first: int = 1, **changes: Any) -> list[NewSpan]:
    return [new_span(number, **changes) for number in range(first, first + count)]


def as_stored(span: NewSpan, row: int) -> StoredSpan:
    """What a span must be when it is read back from that row."""
    return StoredSpan(
        row,
        span.trace_id,
        span.span_id,
        span.parent_id,
        span.name,
        span.kind,
        span.start_ns,
        span.end_ns,
        span.status,
        span.status_message,
        SpanBody(span.input, span.output, span.attributes, span.events, span.envelope),
    )


def annotation(
    target: bytes,
    name: str = "quality",
    *,
    identifier: str = "",
    kind: TargetKind = TargetKind.SPAN,
    position: int = NOT_A_DOCUMENT,
    **changes: Any,
) -> NewAnnotation:
    return NewAnnotation(
        AnnotationKey(kind, target, position, name, identifier),
        AnnotatorKind.HUMAN,
        "good",
        1.0,
        "because",
        {"seen": True},
        AnnotationSource.API,
        "ada",
    )._replace(**changes)


def content(stored: StoredAnnotation) -> NewAnnotation:
    """What was written, from what is read back."""
    return NewAnnotation(
        stored.key,
        AnnotatorKind(stored.annotator_kind),
        stored.label,
        stored.score,
        stored.explanation,
        stored.metadata,
        AnnotationSource(stored.source),
        stored.user_id,
    )
