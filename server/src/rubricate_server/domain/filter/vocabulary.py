"""The names of each filter language. Spans have one; traces and sessions will bring theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter.expressions import Kind


@dataclass(frozen=True, slots=True)
class Name:
    """What a name of the language stands for."""

    field: str
    kind: Kind
    spelling: Literal["upper", "lower"] | None = None
    """In which case a literal is put before it is compared with the field."""


@dataclass(frozen=True, slots=True)
class Language:
    """The names that expressions about one kind of record may use."""

    record: str
    fields: Mapping[str, Name]
    attributes: Mapping[str, Name]
    """Attributes that have a kind of their own; all others are loose."""
    annotations: Mapping[str, TargetKind]
    """What is subscripted with an annotation's name."""
    collections: frozenset[str]
    """What comprehensions could iterate over."""


def _fields(*names: Name) -> dict[str, Name]:
    return {name.field: name for name in names}


def _of_kind(kind: Kind, *fields: str) -> dict[str, Name]:
    return {field: Name(field, kind) for field in fields}


ANNOTATION_FIELDS: Mapping[str, Name] = _fields(
    Name("score", Kind.NUMBER),
    Name("label", Kind.TEXT),
    Name("explanation", Kind.TEXT),
    Name("identifier", Kind.TEXT),
    Name("annotator_kind", Kind.TEXT, "upper"),
    Name("user", Kind.TEXT),
    Name("created_at", Kind.TIME),
)

_SPAN_FIELDS = (
    _fields(
        Name("span_id", Kind.TEXT, "lower"),
        Name("trace_id", Kind.TEXT, "lower"),
        Name("parent_id", Kind.TEXT, "lower"),
        Name("span_kind", Kind.TEXT, "upper"),
        Name("status_code", Kind.TEXT, "upper"),
    )
    | _of_kind(Kind.TEXT, "name", "status_message", "events")
    | _of_kind(Kind.TIME, "start_time", "end_time")
    | _of_kind(Kind.NUMBER, "latency_ms", "total_cost", "prompt_cost", "completion_cost")
    | _of_kind(Kind.NUMBER, *(f"cumulative_llm_token_count_{part}" for part in ("prompt", "completion", "total")))
)

SPANS = Language(
    record="span",
    fields=_SPAN_FIELDS
    | {
        "context.span_id": _SPAN_FIELDS["span_id"],
        "context.trace_id": _SPAN_FIELDS["trace_id"],
        "cumulative_token_count.prompt": _SPAN_FIELDS["cumulative_llm_token_count_prompt"],
        "cumulative_token_count.completion": _SPAN_FIELDS["cumulative_llm_token_count_completion"],
        "cumulative_token_count.total": _SPAN_FIELDS["cumulative_llm_token_count_total"],
    },
    attributes={"openinference.span.kind": _SPAN_FIELDS["span_kind"]}
    | _of_kind(Kind.NUMBER, *(f"llm.token_count.{part}" for part in ("prompt", "completion", "total")))
    | _of_kind(Kind.NUMBER, *(f"llm.cost.{part}" for part in ("prompt", "completion", "total"))),
    annotations={
        "annotations": TargetKind.SPAN,
        "evals": TargetKind.SPAN,
        "trace_annotations": TargetKind.TRACE,
        "session_annotations": TargetKind.SESSION,
        "document_annotations": TargetKind.DOCUMENT,
    },
    collections=frozenset({"cost_details"}),
)
