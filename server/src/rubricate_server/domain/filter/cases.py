"""Records as conditions see them, in plain Python: what the oracle is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter.costs import COST_TYPES, cost_of_type

Scalar: TypeAlias = str | int | float | bool | None


class Case(Protocol):
    """A record, or an element of a collection of one."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Flat attributes: the span's, or those of the first root span."""

    @property
    def annotations(self) -> "Annotations":
        """The annotations that subscripts choose from."""

    @property
    def lacks_parent(self) -> bool:
        """Whether there is no parent, or none that is stored."""

    def field(self, name: str) -> Scalar:
        """A field, by its canonical name."""

    def elements(self, collection: str) -> "Sequence[Case]":
        """What a comprehension goes over."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation, as far as conditions see it."""

    name: str
    label: str | None = None
    score: float | None = None
    explanation: str | None = None
    identifier: str = ""
    annotator_kind: str = "HUMAN"
    user: str | None = None
    created_us: int = 0


Annotations: TypeAlias = Mapping[TargetKind, tuple[Mark, ...]]


class SubtreeTokens(NamedTuple):
    """Tokens of the LLM spans among a span and all below it."""

    prompt: int = 0
    completion: int = 0
    total: int = 0


NO_TOKENS = SubtreeTokens()


class _Element:
    """What an element without attributes, annotations and collections answers."""

    __slots__ = ()

    @property
    def attributes(self) -> Mapping[str, Any]:
        """None."""
        return {}

    @property
    def annotations(self) -> Annotations:
        """None."""
        return {}

    @property
    def lacks_parent(self) -> bool:
        """Not asked."""
        return True

    def elements(self, collection: str) -> Sequence[Case]:
        """None."""
        return ()


class MarkCase(_Element):
    """An annotation as an element."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def field(self, name: str) -> Scalar:
        """Of the annotation."""
        scalar: Scalar = self._mark.created_us * 1000 if name == "created_at" else getattr(self._mark, name)
        return scalar


class CostCase(_Element):
    """What one kind of token cost."""

    def __init__(self, token_type: str, is_prompt: bool, tokens: float | None, cost: float | None) -> None:
        self._fields: dict[str, Scalar] = {
            "token_type": token_type,
            "is_prompt": is_prompt,
            "tokens": tokens,
            "cost": cost,
            "cost_per_token": cost / tokens if cost is not None and tokens else None,
        }

    def field(self, name: str) -> Scalar:
        """Of the cost."""
        return self._fields[name]


@dataclass(frozen=True, slots=True)
class SpanCase:
    """A span and what surrounds it, as far as conditions see them."""

    span_id: str
    trace_id: str
    parent_id: str | None = None
    parent_is_stored: bool = False
    name: str = ""
    kind: str = "UNKNOWN"
    status_code: str = "UNSET"
    status_message: str = ""
    start_ns: int = 0
    end_ns: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """All of them, flat: also those that storage keeps in columns."""
    events: str | None = None
    """JSON."""
    tokens: SubtreeTokens = NO_TOKENS
    annotations: Annotations = field(default_factory=dict)
    """Of the span, its documents, its trace and its session."""
    children: "tuple[SpanCase, ...]" = ()
    trace: "Mapping[str, SpanCase]" = field(default_factory=dict, compare=False, repr=False)
    """The spans among which the parent is found, by id."""

    @property
    def lacks_parent(self) -> bool:
        """Whether there is no parent, or none that is stored."""
        return self.parent_id is None or not self.parent_is_stored

    def field(self, name: str) -> Scalar:
        """Of the span."""
        match name:
            case "span_id" | "trace_id" | "parent_id" | "name" | "status_code" | "status_message" | "events":
                return getattr(self, name)  # type: ignore[no-any-return]  # they are str or None
            case "span_kind":
                return self.upper_kind
            case "start_time":
                return self.start_ns
            case "end_time":
                return self.end_ns
            case "latency_ms":
                return (self.end_ns - self.start_ns) / 1_000_000
            case "input" | "output":
                text: Scalar = self.attributes.get(f"{name}.value")
                return text
            case "prompt_cost" | "completion_cost" | "total_cost":
                return self.attributes.get(f"llm.cost.{name.removesuffix('_cost')}") or 0.0
            case "cumulative_error_count":
                return self.errors
            case _ if name.startswith("parent_span."):
                parent = self.trace.get(self.parent_id or "")
                return parent.field(name.removeprefix("parent_span.")) if parent else None
            case _ if name.startswith("llm."):
                number: Scalar = self.attributes.get(name)
                return number
            case _:
                tokens: int = getattr(self.tokens, name.removeprefix("cumulative_llm_token_count_"))
                return tokens

    @property
    def errors(self) -> int:
        """Spans that failed, among this one and all below it."""
        return (self.status_code == "ERROR") + sum(child.errors for child in self.children)

    @property
    def upper_kind(self) -> str:
        """The kind with ASCII letters in upper case."""
        return "".join(letter.upper() if letter.isascii() else letter for letter in self.kind)

    def elements(self, collection: str) -> Sequence[Case]:
        """Its children, or what its tokens cost."""
        return self.children if collection == "children" else self.costs

    @property
    def costs(self) -> list[CostCase]:
        """What its tokens cost, by type; those of which anything is known."""
        found = []
        for part, types in COST_TYPES.items():
            whole = self.attributes.get(f"llm.token_count.{part}"), self.attributes.get(f"llm.cost.{part}")
            for of in types:
                tokens = cost_of_type(self.attributes, "tokens", part, of, whole[0])
                cost = cost_of_type(self.attributes, "cost", part, of, whole[1])
                if (tokens, cost) != (None, None):
                    found.append(CostCase(of, part == "prompt", tokens, cost))
        return found


def _roots(spans: Sequence[SpanCase]) -> list[SpanCase]:
    """Spans without a parent, by start; of those that started together, the first stored first."""
    return sorted((span for span in spans if span.parent_id is None), key=lambda span: span.start_ns)


def _sum(spans: Sequence[SpanCase], *keys: str) -> int | float:
    return sum(span.attributes.get(key) or 0 for key in keys for span in spans)


def _rollup(spans: Sequence[SpanCase], name: str) -> int | float | None:
    """Tokens and costs over all spans; None for another name."""
    parts = ("prompt", "completion")
    match name:
        case "token_count_prompt" | "token_count_completion":
            return _sum(spans, f"llm.token_count.{name.removeprefix('token_count_')}")
        case "token_count_total":
            return _sum(spans, *(f"llm.token_count.{part}" for part in parts))
        case "prompt_cost" | "completion_cost" | "total_cost":
            return _sum(spans, f"llm.cost.{name.removesuffix('_cost')}")
        case _:
            return None


def _marks(spans: Sequence[SpanCase]) -> list[MarkCase]:
    return [MarkCase(mark) for span in spans for mark in span.annotations.get(TargetKind.SPAN, ())]


@dataclass(frozen=True)
class TraceCase:
    """A trace with its spans, in the order in which they were stored."""

    trace_id: str
    spans: tuple[SpanCase, ...]
    session_id: str | None = None
    annotations: Annotations = field(default_factory=dict)
    """Of the trace and its session."""
    lacks_parent: bool = True

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Of the first root span; of the first span, if no root has arrived."""
        first = _roots(self.spans) or sorted(self.spans, key=lambda span: span.start_ns)
        return first[0].attributes

    @property
    def start_ns(self) -> int:
        """Of the first span."""
        return min(span.start_ns for span in self.spans)

    @property
    def end_ns(self) -> int:
        """Of the last span."""
        return max(span.end_ns for span in self.spans)

    @property
    def errors(self) -> int:
        """Spans that failed."""
        return sum(span.status_code == "ERROR" for span in self.spans)

    def field(self, name: str) -> Scalar:
        """Of the trace."""
        match name:
            case "trace_id":
                return self.trace_id
            case "start_time":
                return self.start_ns
            case "end_time":
                return self.end_ns
            case "latency_ms":
                return (self.end_ns - self.start_ns) / 1_000_000
            case "num_spans":
                return len(self.spans)
            case "error_count":
                return self.errors
            case "tool_span_count" | "llm_span_count":
                return sum(span.upper_kind == name.partition("_")[0].upper() for span in self.spans)
            case "input" | "output":
                text: Scalar = self.attributes.get(f"{name}.value")
                return text
            case "user.id":
                user: Scalar = self.attributes.get(name)
                return user
            case "session.id":
                return self.session_id
            case _:
                return _rollup(self.spans, name)

    def elements(self, collection: str) -> Sequence[Case]:
        """Spans, annotations or costs."""
        match collection:
            case "spans":
                return self.spans
            case "root_spans":
                return _roots(self.spans)
            case "trace_annotations":
                return [MarkCase(mark) for mark in self.annotations.get(TargetKind.TRACE, ())]
            case "span_annotations":
                return _marks(self.spans)
            case _:
                return [cost for span in self.spans for cost in span.costs]


@dataclass(frozen=True)
class SessionCase:
    """A session with its traces."""

    session_id: str
    traces: tuple[TraceCase, ...]
    annotations: Annotations = field(default_factory=dict)
    """Of the session."""
    lacks_parent: bool = True

    @property
    def spans(self) -> list[SpanCase]:
        """Of all its traces."""
        return [span for trace in self.traces for span in trace.spans]

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Of the first root span."""
        roots = _roots(self.spans)
        return roots[0].attributes if roots else {}

    def field(self, name: str) -> Scalar:
        """Of the session."""
        start_ns = min(trace.start_ns for trace in self.traces)
        end_ns = max(trace.end_ns for trace in self.traces)
        match name:
            case "session_id":
                return self.session_id
            case "start_time":
                return start_ns
            case "end_time":
                return end_ns
            case "duration_ms":
                return (end_ns - start_ns) / 1_000_000
            case "num_traces":
                return len(self.traces)
            case "num_traces_with_error":
                return sum(trace.errors > 0 for trace in self.traces)
            case "user.id":
                user: Scalar = self.attributes.get(name)
                return user
            case "first_input" | "last_output":
                roots = _roots(self.spans)
                root = roots[0 if name == "first_input" else -1] if roots else None
                text: Scalar = root.attributes.get(f"{name.partition('_')[2]}.value") if root else None
                return text
            case _:
                return _rollup(self.spans, name)

    def elements(self, collection: str) -> Sequence[Case]:
        """Traces, spans, annotations or costs."""
        match collection:
            case "traces":
                return self.traces
            case "spans":
                return self.spans
            case "root_spans":
                return _roots(self.spans)
            case "session_annotations":
                return [MarkCase(mark) for mark in self.annotations.get(TargetKind.SESSION, ())]
            case "trace_annotations":
                return [MarkCase(mark) for t in self.traces for mark in t.annotations.get(TargetKind.TRACE, ())]
            case "span_annotations":
                return _marks(self.spans)
            case _:
                return [cost for span in self.spans for cost in span.costs]
