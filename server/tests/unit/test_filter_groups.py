"""The filter languages of traces and sessions: what they refuse, what they mean, and that SQL means the same."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.filter import (
    SESSIONS,
    SPANS,
    TRACES,
    FilterError,
    Language,
    Mark,
    SessionCase,
    SpanCase,
    SubtreeTokens,
    TraceCase,
    matches,
    parse,
)
from rubricate_server.storage.contract import (
    AnnotationKey,
    NewAnnotation,
    NewSpan,
    SessionQuery,
    SpanQuery,
    Storage,
    TraceQuery,
)
from rubricate_server.storage.errors import TooComplex
from rubricate_server.storage.sqlite.store import open_storage

# What is refused, and how

ERRORS: list[tuple[Language, str, int, str]] = [
    (TRACES, "num_spanz > 1", 1, "`num_spanz` is not a field of a trace; did you mean `num_spans`?"),
    (TRACES, "foo.bar > 1", 1, "`foo.bar` is not a field of a trace; read an attribute as `attributes['foo.bar']`"),
    (TRACES, "spans", 1, "`spans` is a collection: `any(x.… for x in spans)`"),
    (TRACES, "any(spans)", 1, "`any` takes a comprehension over `spans`"),
    (TRACES, "len(s for s in spans) > 1", 4, "`len` takes a list: `len([x for x in spans])`"),
    (TRACES, "any(s.nam == 'x' for s in spans)", 5, "`s.nam` is not a field of a span; did you mean `name`?"),
    (TRACES, "any(s.name == 'x' for s in span)", 28, "`span` is no collection of a trace; did you mean `spans`?"),
    (TRACES, "any(s.parent_span.nam == 'x' for s in spans)", 5, "did you mean `parent_span.name`?"),
    (TRACES, "any(s.parent_span == 'x' for s in spans)", 5, "`parent_span` can only be compared with None"),
    (
        TRACES,
        "any(s.parent_span.attributes['x'] == 1 for s in spans)",
        5,
        "plain fields only, such as `parent_span.name`",
    ),
    (SPANS, "parent_span.latency == 1", 1, "did you mean `parent_span.latency_ms`?"),
    (TRACES, "any(s for s in spans)", 5, "`s` is an element; test one of its fields: `s.name`"),
    (TRACES, "any(s.latency_ms > latency_ms for s in spans)", 20, "`latency_ms` is not of the element"),
    (TRACES, "any(s.name == 'x' for s in spans for t in spans)", 4, "a comprehension has one `for`"),
    (TRACES, "refund", 1, "`refund` is not a condition; to look for text, write `'refund' in input`"),
    (SESSIONS, "my refund", 1, "this is not a condition; to look for text, write `'my refund' in any_input`"),
    (TRACES, "any(s.latency_ms for s in spans)", 5, "`s.latency_ms` is not a condition"),
    (TRACES, "sum(s.name for s in spans) > 1", 5, "cannot calculate with `s.name`, a string"),
    (TRACES, "any(a.scor > 1 for a in span_annotations)", 5, "did you mean `score`?"),
    (
        TRACES,
        "any(d.name == 'x' for d in span_cost_details)",
        5,
        "`d.name` is not a field of a cost; it has `token_type`",
    ),
    (TRACES, "any(any(x.name == 'x' for x in a.spans) for a in trace_annotations)", 5, "`any` does not work here"),
    (TRACES, "parent_span is None", 1, "`parent_span` is not a field of a trace"),
    (TRACES, "[s for s in spans] == 1", 1, "a comprehension stands in `any`, `all`"),
    (TRACES, "sum(s.annotations['q'].score for s in spans) > 1", 5, "iterate over annotations"),
    (SESSIONS, "any_input == 'x'", 1, "`any_input` can only stand on the right of `in` and `not in`"),
    (SESSIONS, "session_id in any_input", 1, "here `in` looks for a text in quotes"),
    (SESSIONS, "latency_ms > 1", 1, "`latency_ms` is not a field of a session"),
    (SPANS, "any(c.nam == 'x' for c in cost_details)", 5, "`c.nam` is not a field of a cost"),
    (
        SPANS,
        "any(c.tokens > 1 for c in cost_detail)",
        27,
        "`cost_detail` is no collection of a span; did you mean `cost_details`?",
    ),
]


@pytest.mark.parametrize(("language", "expression", "column", "message"), ERRORS)
def test_an_error_says_what_and_where(language: Language, expression: str, column: int, message: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(expression, language)
    assert message in raised.value.message
    assert raised.value.column == column


def nested(levels: int) -> str:
    return f"any({nested(levels - 1)} for x in x.children)" if levels else "x.name == 'a'"


def test_comprehensions_are_nested_a_few_levels_only() -> None:
    parse(f"any({nested(2)} for x in spans)", TRACES)
    with pytest.raises(FilterError, match="nested deeper than 48 levels"):
        parse(f"any({nested(5)} for x in spans)", TRACES)


def test_what_the_database_cannot_read_is_refused_as_such(storage: Storage) -> None:
    ratio = "x.latency_ms"
    for _ in range(10):
        ratio = f"(x.latency_ms / {ratio})"
    condition = parse(f"any({ratio} > 1 for x in spans)", TRACES)
    with pytest.raises(TooComplex):
        storage.traces.find(TraceQuery(1, condition=condition), 10)


def test_equal_conditions_on_different_records_differ() -> None:
    assert parse("latency_ms > 1", TRACES) != parse("latency_ms > 1", SPANS)


# A real store, filled with cases


@dataclass
class Filled:
    """What was stored, as cases, and the conditions' answers to it."""

    storage: Storage
    project_id: int
    sessions: Sequence[SessionCase]
    traces: Sequence[TraceCase]

    def disagreement(self, expression: str, language: Language) -> str | None:
        """What SQL and oracle answer, if that differs."""
        condition = parse(expression, language)
        if language is TRACES:
            query = TraceQuery(self.project_id, condition=condition)
            found = {trace.trace_id.hex() for trace in self.storage.traces.find(query, 100)}
            wanted = {case.trace_id for case in self.traces if matches(condition, case)}
        elif language is SESSIONS:
            rows = self.storage.sessions.find(SessionQuery(self.project_id, condition=condition), 100)
            found = {session.session_id for session in rows}
            wanted = {case.session_id for case in self.sessions if matches(condition, case)}
        else:
            spans = self.storage.spans.find(SpanQuery(self.project_id, condition=condition), 100, frozenset())
            found = {span.span_id.hex() for span in spans}
            wanted = {span.span_id for case in self.traces for span in case.spans if matches(condition, span)}
        return None if found == wanted else f"{expression}\nSQL {found}, oracle {wanted}"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = open_storage(tmp_path_factory.mktemp("data"))
    yield storage
    storage.close()


_numbers = itertools.count(1)


def fill(storage: Storage, sessions: Sequence[SessionCase], loose: Sequence[TraceCase]) -> Filled:
    """Store cases under a project of their own."""
    project = f"p{next(_numbers)}"
    traces = [*(trace for session in sessions for trace in session.traces), *loose]
    storage.spans.add([_new(project, trace, span) for trace in traces for span in trace.spans])
    marks = [
        _annotation(kind, target.encode() if kind is TargetKind.SESSION else bytes.fromhex(target), mark)
        for kind, target, given in (
            *((TargetKind.SESSION, case.session_id, case.annotations) for case in sessions),
            *((TargetKind.TRACE, case.trace_id, case.annotations) for case in traces),
            *((TargetKind.SPAN, span.span_id, span.annotations) for case in traces for span in case.spans),
        )
        for mark in given.get(kind, ())
    ]
    storage.annotations.put(marks, must_exist=True)
    return Filled(storage, storage.projects.get(project).id, sessions, traces)


COLUMNS = {
    "session.id",
    "user.id",
    "llm.token_count.prompt",
    "llm.token_count.completion",
    "llm.token_count.total",
    "llm.cost.prompt",
    "llm.cost.completion",
    "llm.cost.total",
    "input.value",
    "output.value",
}


def _new(project: str, trace: TraceCase, span: SpanCase) -> NewSpan:
    given = dict(span.attributes)
    others = {key: value for key, value in given.items() if key not in COLUMNS}
    return NewSpan(
        project=project,
        trace_id=bytes.fromhex(trace.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_id=bytes.fromhex(span.parent_id) if span.parent_id else None,
        name=span.name,
        kind=span.kind,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status={"UNSET": 0, "OK": 1, "ERROR": 2}[span.status_code],
        status_message="",
        session_id=trace.session_id,
        user_id=given.get("user.id"),
        model=None,
        provider=None,
        tokens_prompt=given.get("llm.token_count.prompt"),
        tokens_completion=given.get("llm.token_count.completion"),
        tokens_total=given.get("llm.token_count.total"),
        cost_prompt_usd=given.get("llm.cost.prompt"),
        cost_completion_usd=given.get("llm.cost.completion"),
        cost_usd=given.get("llm.cost.total"),
        input=given.get("input.value"),
        output=given.get("output.value"),
        attributes=json.dumps(others).encode(),
        small=json.dumps(others) if others else None,
        events=None,
        envelope=None,
    )


def _annotation(kind: TargetKind, target: bytes, mark: Mark) -> NewAnnotation:
    return NewAnnotation(
        AnnotationKey(kind, target, -1, mark.name, mark.identifier),
        AnnotatorKind(mark.annotator_kind),
        mark.label,
        mark.score,
        mark.explanation,
        {},
        AnnotationSource.API,
        mark.user,
    )


# Cases that nobody thought of

TEXTS = st.sampled_from(["", "a", "A", "ab", "1", "Ä", "x" * 300])
MARKS = st.lists(
    st.builds(
        Mark,
        name=st.sampled_from(["n", "m"]),
        label=st.sampled_from([None, "a", "b"]),
        score=st.sampled_from([None, 0.0, 0.5, 1.0]),
        identifier=st.sampled_from(["", "a"]),
        annotator_kind=st.sampled_from(["HUMAN", "LLM"]),
        user=st.sampled_from([None, "User:1"]),
    ),
    max_size=3,
    unique_by=lambda mark: (mark.name, mark.identifier),
).map(tuple)
OWN = {
    "user.id": st.sampled_from(["1", "u"]),
    "llm.token_count.prompt": st.integers(0, 3),
    "llm.token_count.completion": st.integers(0, 3),
    "llm.token_count.total": st.integers(0, 3),
    "llm.cost.prompt": st.sampled_from([0.0, 0.5]),
    "llm.cost.completion": st.sampled_from([0.25, 1.0]),
    "llm.cost.total": st.sampled_from([0.0, 0.5, 1.5]),
    "llm.token_count.prompt_details.cache_read": st.sampled_from([0, 1, 2, 5, "1", "none"]),
    "llm.token_count.prompt_details.audio": st.integers(0, 1),
    "llm.token_count.completion_details.reasoning": st.integers(0, 3),
    "llm.cost.prompt_details.cache_read": st.sampled_from([0.0, 0.1, 0.25]),
    "llm.cost.completion_details.output": st.sampled_from([0.0, 0.75]),
    "llm.cost.completion_details.reasoning": st.sampled_from([0.1, 0.2]),
    "input.value": TEXTS,
    "output.value": TEXTS,
    "x.y": st.one_of(TEXTS, st.integers(-1, 2), st.booleans()),
    "metadata.k": TEXTS,
}
ATTRIBUTES = st.fixed_dictionaries({}, optional=OWN)


@st.composite
def trace_cases(draw: st.DrawFn, session_id: str | None, of_session: tuple[Mark, ...]) -> TraceCase:
    """A trace of a few spans, each below an earlier one, below none, or below one that never came."""
    number = next(_numbers)
    ids = [f"{number:08x}{place:08x}" for place in range(draw(st.integers(1, 4)))]
    of_trace = draw(MARKS)
    parents = [draw(st.sampled_from([None, None, "ff" * 8, *ids[:place]])) for place in range(len(ids))]
    # Starts differ, as ids do: what started together has no order that an application could know.
    starts = draw(st.permutations(range(len(ids))))
    spans: dict[str, SpanCase] = {}  # also what each span finds its parent in
    for place in reversed(range(len(ids))):
        start_ns = 10**15 + starts[place] * 500_000
        attributes = draw(ATTRIBUTES) | ({"session.id": session_id} if session_id else {})
        children = tuple(spans[each] for each, parent in zip(ids, parents, strict=True) if parent == ids[place])
        kind = draw(st.sampled_from(["LLM", "tool", "CHAIN"]))
        spans[ids[place]] = SpanCase(
            span_id=ids[place],
            trace_id=f"{number:032x}",
            parent_id=parents[place],
            parent_is_stored=parents[place] in ids,
            name=draw(st.sampled_from(["a", "b"])),
            kind=kind,
            status_code=draw(st.sampled_from(["UNSET", "OK", "ERROR"])),
            start_ns=start_ns,
            end_ns=start_ns + draw(st.integers(0, 3)) * 500_000,
            attributes=attributes,
            tokens=_subtree(kind, attributes, children),
            annotations={TargetKind.SPAN: draw(MARKS), TargetKind.TRACE: of_trace, TargetKind.SESSION: of_session},
            children=children,
            trace=spans,
        )
    members = tuple(spans[each] for each in ids)
    marks = {TargetKind.TRACE: of_trace, TargetKind.SESSION: of_session}
    return TraceCase(f"{number:032x}", members, session_id, marks)


def _subtree(kind: str, attributes: dict[str, Any], children: Sequence[SpanCase]) -> SubtreeTokens:
    prompt, completion = (attributes.get(f"llm.token_count.{part}", 0) for part in ("prompt", "completion"))
    own = SubtreeTokens(prompt, completion, attributes.get("llm.token_count.total", prompt + completion))
    counted = [*(child.tokens for child in children), *([own] if kind == "LLM" else [])]
    return SubtreeTokens(*(sum(tokens[part] for tokens in counted) for part in range(3)))


@st.composite
def session_cases(draw: st.DrawFn) -> SessionCase:
    session_id = f"s{next(_numbers)}"
    marks = draw(MARKS)
    traces = draw(st.lists(trace_cases(session_id, marks), min_size=1, max_size=3))
    shifted = tuple(_later(trace, place) for place, trace in enumerate(traces))
    return SessionCase(session_id, shifted, {TargetKind.SESSION: marks})


def _later(trace: TraceCase, place: int) -> TraceCase:
    """So that no two root spans of a session start together."""

    spans: dict[str, SpanCase] = {}

    def later(span: SpanCase) -> SpanCase:
        by_ns = place * 125_000
        spans[span.span_id] = SpanCase(
            **{name: getattr(span, name) for name in SpanCase.__slots__}
            | {
                "start_ns": span.start_ns + by_ns,
                "end_ns": span.end_ns + by_ns,
                "children": tuple(later(child) for child in span.children),
                "trace": spans,
            }
        )
        return spans[span.span_id]

    return TraceCase(trace.trace_id, tuple(map(later, trace.spans)), trace.session_id, trace.annotations)


# Conditions that nobody thought of


@dataclass(frozen=True)
class Words:
    """What conditions on one kind of record may say."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    tests: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    collections: tuple[tuple[str, str], ...] = ()
    attributes: bool = True


PARENT = ("name", "span_kind", "status_code", "span_id", "parent_id", "output")
_SUMS = (
    *(f"token_count_{part}" for part in ("prompt", "completion", "total")),
    *(f"{part}_cost" for part in ("prompt", "completion", "total")),
)
_FUNCTIONS = (
    "disagree('n')",
    "disagree('n', 'HUMAN')",
    "disagree('n', 'HUMAN', 'LLM')",
    "annotated('n', kind='HUMAN', label='a')",
    "annotated('n', identifier='a')",
)
WORDS = {
    "trace": Words(
        ("user.id", "session.id", "input", "output", "trace_id"),
        ("latency_ms", "num_spans", "error_count", "tool_span_count", "llm_span_count", *_SUMS),
        ("'A' in input", "start_time > '1970-01-12T13:46:40.0005Z'", "metadata is None", *_FUNCTIONS),
        ("trace_annotations", "session_annotations"),
        (
            ("spans", "span"),
            ("root_spans", "span"),
            ("trace_annotations", "annotation"),
            ("span_annotations", "annotation"),
            ("span_cost_details", "cost"),
        ),
    ),
    "session": Words(
        ("user.id", "first_input", "last_output", "session_id"),
        ("duration_ms", "num_traces", "num_traces_with_error", *_SUMS),
        ("'A' in any_input", "'a' not in any_output", "metadata is not None", *_FUNCTIONS),
        ("session_annotations",),
        (
            ("traces", "trace"),
            ("spans", "span"),
            ("root_spans", "span"),
            ("session_annotations", "annotation"),
            ("trace_annotations", "annotation"),
            ("span_annotations", "annotation"),
            ("span_cost_details", "cost"),
        ),
    ),
    "span": Words(
        ("name", "span_kind", "status_code", "parent_id", "input", "output", *(f"parent_span.{n}" for n in PARENT)),
        (
            "latency_ms",
            "total_cost",
            "llm_token_count_total",
            "cumulative_llm_token_count_total",
            "cumulative_error_count",
            "parent_span.latency_ms",
            "parent_span.cumulative_error_count",
        ),
        ("parent_span is None", "parent_id is None", *_FUNCTIONS),
        ("annotations", "trace_annotations", "session_annotations"),
        (("children", "span"), ("cost_details", "cost")),
    ),
    "annotation": Words(("name", "label", "identifier", "annotator_kind", "user"), ("score",), attributes=False),
    "cost": Words(("token_type",), ("tokens", "cost", "cost_per_token"), ("is_prompt",), attributes=False),
}


@st.composite
def conditions(draw: st.DrawFn, record: str, element: str = "", depth: int = 2, nesting: int = 2) -> str:
    """A condition on a record; `element` is its name in a comprehension, with a dot."""
    if depth:
        left = conditions(record, element, depth - 1, nesting)
        form = draw(st.sampled_from(["single", "single", "{} and {}", "{} or {}", "not {}"]))
        if form == "not {}":
            return f"not ({draw(left)})"
        if form != "single":
            return form.format(f"({draw(left)})", f"({draw(left)})")
    words = WORDS[record]
    options = ["text", "number", "number", "missing"]
    options += ["test"] if words.tests else []
    options += ["annotation"] if words.sources else []
    options += ["comprehension"] * 2 if words.collections and nesting else []
    match draw(st.sampled_from(options)):
        case "text":
            return f"{draw(texts(record, element))} {draw(ORDERS)} {draw(texts(record, element))}"
        case "number":
            number = numbers(record, element, nesting)
            return f"{draw(number)} {draw(ORDERS)} {draw(number)}"
        case "missing":
            value = draw(st.one_of(texts(record, element), numbers(record, element, nesting)))
            return f"({value}) {draw(st.sampled_from(['is None', 'is not None']))}"
        case "test":
            return draw(st.sampled_from(words.tests).map(lambda text: in_element(text, element)))
        case "annotation":
            return f"{element}{draw(st.sampled_from(words.sources))}[{draw(st.sampled_from(['n', 'm']))!r}]"
    collection, of = draw(st.sampled_from(words.collections))
    inner = conditions(of, "x.", 1, nesting - 1)
    only = f" if {draw(inner)}" if draw(st.booleans()) else ""
    return f"{draw(st.sampled_from(['any', 'all']))}({draw(inner)} for x in {element}{collection}{only})"


ORDERS = st.sampled_from(["==", "!=", "<", ">="])


def in_element(text: str, element: str) -> str:
    """A ready-made test, of an element."""
    if not element:
        return text
    if text in _FUNCTIONS:
        return text
    left, keyword, right = text.partition(" in ")
    return f"{left} in {element}{right}" if keyword else f"{element}{text}"


@st.composite
def texts(draw: st.DrawFn, record: str, element: str) -> str:
    words = WORDS[record]
    options = [*(f"{element}{text}" for text in words.texts), repr(draw(TEXTS))]
    options += [f"{element}{source}['n'].label" for source in words.sources]
    options += [f"str({element}attributes['x.y'])", f"str({element}metadata['k'])"] if words.attributes else []
    return draw(st.sampled_from(options))


@st.composite
def numbers(draw: st.DrawFn, record: str, element: str, nesting: int) -> str:
    words = WORDS[record]
    options = [*(f"{element}{number}" for number in words.numbers), str(draw(st.integers(0, 3)))]
    options += [f"{element}{source}['n'].score" for source in words.sources]
    options += [f"float({element}attributes['x.y'])"] if words.attributes else []
    if words.collections and nesting:
        collection, of = draw(st.sampled_from(words.collections))
        only = f" if {draw(conditions(of, 'x.', 0, nesting - 1))}" if draw(st.booleans()) else ""
        reducer = draw(st.sampled_from(["sum", "min", "max"]))
        value = draw(st.sampled_from([f"x.{number}" for number in WORDS[of].numbers]))
        over = f"for x in {element}{collection}{only}"
        options += [f"len([x {over}])", f"{reducer}({value} {over})", f"sum({value} {over}) / len([x {over}])"]
    return draw(st.sampled_from(options))


LANGUAGES = {"trace": TRACES, "session": SESSIONS}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    record=st.shared(st.sampled_from(["trace", "session"]), key="record"),
    expressions=st.shared(st.sampled_from(["trace", "session"]), key="record").flatmap(
        lambda record: st.lists(conditions(record), min_size=3, max_size=8)
    ),
    sessions=st.lists(session_cases(), min_size=1, max_size=2),
    loose=st.lists(trace_cases(None, ()), max_size=2),
)
def test_sql_finds_what_the_oracle_says(
    storage: Storage,
    record: str,
    expressions: list[str],
    sessions: list[SessionCase],
    loose: list[TraceCase],
) -> None:
    filled = fill(storage, sessions, loose)
    for expression in expressions:
        assert filled.disagreement(expression, LANGUAGES[record]) is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trace=trace_cases(None, ()))
def test_costs_of_spans(storage: Storage, trace: TraceCase) -> None:
    filled = fill(storage, [], [trace])
    for expression in (
        "any(d.tokens > 1 for d in cost_details)",
        "sum(d.cost for d in cost_details if d.is_prompt) > 0",
        "max(d.cost_per_token for d in cost_details) >= 0.25 and annotations['n'].score > 0",
        "len([d for d in cost_details if d.token_type == 'output']) == 1",
        "any(d.token_type == 'cache_read' and d.is_prompt for d in cost_details)",
        "sum(d.tokens for d in cost_details) == llm.token_count.prompt + llm.token_count.completion",
        "min(d.tokens for d in cost_details if d.token_type in ['audio', 'reasoning']) > 0",
        "sum(d.cost for d in cost_details if not d.is_prompt) >= 0.25",
    ):
        assert filled.disagreement(expression, SPANS) is None
