"""The names of each filter language: of spans, of traces, of sessions, and of the elements of their collections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    collections: Mapping[str, str]
    """What comprehensions iterate over, and whose elements' language (a key of ELEMENTS) they use."""
    strict: bool = True
    """Whether attributes need their brackets, so that any other unknown name is an error."""
    own_annotations: TargetKind | None = None
    """What `disagree` is about."""
    has_parent: bool = False
    """Whether `parent_span is None` means something, and fields of the parent stand among the fields."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """Names that stand only on the right of `in`: any of these elements' fields contains the text."""
    text: str | None = None
    """Where people look for words, as it is written on the right of `in`."""


def _fields(*names: Name) -> dict[str, Name]:
    return {name.field: name for name in names}


def _of_kind(kind: Kind, *fields: str) -> dict[str, Name]:
    return {name: Name(name, kind) for name in fields}


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
    | _of_kind(Kind.NUMBER, "cumulative_error_count")
)
_TEXTS = _of_kind(Kind.TEXT, "input", "output")
PARENT = "parent_span."
"""What stands before a field of the parent."""
_PARENT_FIELDS = {
    f"{PARENT}{name}": Name(f"{PARENT}{name}", of.kind, of.spelling) for name, of in (_SPAN_FIELDS | _TEXTS).items()
}

SPANS = Language(
    record="span",
    fields=_SPAN_FIELDS
    | _TEXTS
    | _PARENT_FIELDS
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
    collections={"cost_details": "cost"},
    strict=False,
    own_annotations=TargetKind.SPAN,
    has_parent=True,
    text="input.value",
)

_SUMS = _of_kind(
    Kind.NUMBER,
    *(f"token_count_{part}" for part in ("prompt", "completion", "total")),
    *(f"{part}_cost" for part in ("prompt", "completion", "total")),
)
_TIMES = _of_kind(Kind.TIME, "start_time", "end_time")

TRACES = Language(
    record="trace",
    fields=_fields(Name("trace_id", Kind.TEXT, "lower"))
    | _TIMES
    | _SUMS
    | _of_kind(Kind.NUMBER, "latency_ms", "num_spans", "error_count", "tool_span_count", "llm_span_count")
    | _of_kind(Kind.TEXT, "input", "output", "user.id", "session.id"),
    attributes=SPANS.attributes,
    annotations={"trace_annotations": TargetKind.TRACE, "session_annotations": TargetKind.SESSION},
    collections={
        "spans": "span",
        "root_spans": "span",
        "trace_annotations": "annotation",
        "span_annotations": "annotation",
        "span_cost_details": "cost",
    },
    own_annotations=TargetKind.TRACE,
    text="input",
)

SESSIONS = Language(
    record="session",
    fields=_of_kind(Kind.TEXT, "session_id", "first_input", "last_output", "user.id")
    | _TIMES
    | _SUMS
    | _of_kind(Kind.NUMBER, "num_traces", "num_traces_with_error", "duration_ms"),
    attributes=SPANS.attributes,
    annotations={"session_annotations": TargetKind.SESSION},
    collections={
        "traces": "trace",
        "spans": "span",
        "root_spans": "span",
        "session_annotations": "annotation",
        "trace_annotations": "annotation",
        "span_annotations": "annotation",
        "span_cost_details": "cost",
    },
    own_annotations=TargetKind.SESSION,
    searched={"any_input": "input", "any_output": "output"},
    text="any_input",
)

_TOKENS = ("prompt", "completion", "total")

ELEMENTS: Mapping[str, Language] = {
    "span": Language(
        record="span",
        fields=dict(SPANS.fields)
        | {f"llm_token_count_{part}": Name(f"llm.token_count.{part}", Kind.NUMBER) for part in _TOKENS},
        attributes=SPANS.attributes,
        annotations=SPANS.annotations,
        collections={"children": "span", "cost_details": "cost"},
        own_annotations=TargetKind.SPAN,
        has_parent=True,
    ),
    "trace": TRACES,
    "annotation": Language(
        record="annotation",
        fields={"name": Name("name", Kind.TEXT), **ANNOTATION_FIELDS},
        attributes={},
        annotations={},
        collections={},
    ),
    "cost": Language(
        record="cost",
        fields=_of_kind(Kind.TEXT, "token_type")
        | _of_kind(Kind.TRUTH, "is_prompt")
        | _of_kind(Kind.NUMBER, "tokens", "cost", "cost_per_token"),
        attributes={},
        annotations={},
        collections={},
    ),
}
