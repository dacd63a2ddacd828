"""SQL and the oracle agree: on every documented form, and on conditions and spans made up by hypothesis."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.attributes import LIST_PLACE
from rubricate_server.domain.filter import Mark, SpanCase, SubtreeTokens, contains_text, matches, parse
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import annotation, block_sieve, metadata, span, span_block, trace
from rubricate_server.storage.sqlite.body import attribute

# The store: cases written as ingest would write them

IN_COLUMNS = {
    "session.id": "session_id",
    "user.id": "user_id",
    "llm.model_name": "model",
    "llm.provider": "provider",
    "llm.token_count.prompt": "tokens_prompt",
    "llm.token_count.completion": "tokens_completion",
    "llm.token_count.total": "tokens_total",
    "llm.cost.prompt": "cost_prompt_usd",
    "llm.cost.completion": "cost_completion_usd",
    "llm.cost.total": "cost_usd",
    "openinference.span.kind": "kind",
}
IN_BODIES = ("input.value", "output.value")
STATUS = {"UNSET": 0, "OK": 1, "ERROR": 2}


class Store:
    """An in-memory database, with bodies in a dict in place of blocks."""

    def __init__(self) -> None:
        self.bodies: list[SpanCase] = []
        self.engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        sa.event.listen(self.engine, "connect", self._register)
        metadata.create_all(self.engine, tables=[span, span_block, block_sieve, trace, annotation])

    def _register(self, connection: Any, _record: object) -> None:
        connection.create_function("body_attr", 3, self._body_attr, deterministic=True)
        connection.create_function("body_text", 3, self._body_text, deterministic=True)
        connection.create_function("body_contains", 3, self._body_contains, deterministic=True)
        connection.create_function("body_holds", 3, self._body_holds, deterministic=True)
        connection.create_function("sieve_lacks", 2, lambda sieve, what: False, deterministic=True)
        connection.create_function("contains_text", 2, contains_text, deterministic=True)

    def _body_attr(self, block: int, offset: int, key: str) -> Any:
        assert block == 1
        value = attribute(dict(self.bodies[offset].attributes), key)
        return _json(value) if isinstance(value, list) else value

    def _body_contains(self, block: int, offset: int, what: str) -> bool | None:
        part, _, text = what.partition(":")
        return contains_text(self._body_text(block, offset, part), text)

    def _body_holds(self, block: int, offset: int, what: str) -> bool:
        return bool(self._body_contains(block, offset, what))

    def _body_text(self, block: int, offset: int, part: str) -> str | None:
        assert block == 1
        case = self.bodies[offset]
        if part == "events":
            return case.events
        text: str | None = case.attributes.get(f"{part}.value")
        return text

    def fill(self, cases: Sequence[SpanCase]) -> None:
        self.bodies = list(cases)
        with self.engine.begin() as connection:
            for table in (span, trace, annotation):
                connection.execute(table.delete())
            connection.execute(span.insert(), [_row(case, place) for place, case in enumerate(cases)])
            traces = {case.trace_id: place for place, case in enumerate(cases)}
            connection.execute(
                trace.insert(),
                [
                    {"id": place + 1, "trace_id": bytes.fromhex(trace_id), "session_row": place + 1}
                    | {"project_id": 1, "start_ns": 0, "end_ns": 0}
                    for trace_id, place in traces.items()
                ],
            )
            marks = [
                mark
                for place, case in enumerate(cases)
                for target, given in case.annotations.items()
                if target in (TargetKind.SPAN, TargetKind.DOCUMENT) or traces[case.trace_id] == place
                for mark in _marks(case, place, target, given)
            ]
            if marks:
                connection.execute(annotation.insert(), marks)

    def found(self, expression: str) -> list[str]:
        query = sa.select(span.c.name).where(compile_condition(parse(expression))).order_by(span.c.id)
        with self.engine.connect() as connection:
            return list(connection.scalars(query))


def _row(case: SpanCase, place: int) -> dict[str, Any]:
    columns = {
        column: case.attributes.get(key) for key, column in IN_COLUMNS.items() if key != "openinference.span.kind"
    }
    small = {
        key: None
        if isinstance(value, str | list) and len(value if isinstance(value, str) else _json(value)) > 256
        else value
        for key, value in case.attributes.items()
        if key not in IN_COLUMNS and key not in IN_BODIES and not _is_indexed(key)
    }
    small = {LIST_PLACE.split(key)[0]: None for key in case.attributes if _is_indexed(key)} | small
    return columns | {
        "id": place + 1,
        "project_id": 1,
        "trace_id": bytes.fromhex(case.trace_id),
        "span_id": bytes.fromhex(case.span_id),
        "parent_id": None if case.parent_id is None else bytes.fromhex(case.parent_id),
        "name": case.name,
        "kind": case.kind,
        "start_ns": case.start_ns,
        "end_ns": case.end_ns,
        "status": STATUS[case.status_code],
        "status_message": case.status_message,
        "attrs": _json(small) if small else None,
        "block": 1,
        "block_offset": place,
    }


def _is_indexed(key: str) -> bool:
    return any(part.isdecimal() for part in key.split(".")[1:-1])


def _marks(case: SpanCase, place: int, target: TargetKind, marks: Sequence[Mark]) -> Iterator[dict[str, Any]]:
    ids = {TargetKind.TRACE: case.trace_id, TargetKind.SESSION: "5e"}
    for number, mark in enumerate(marks):
        yield {
            "target_kind": target.value,
            "target_id": bytes.fromhex(ids.get(target, case.span_id)),
            "position": number if target is TargetKind.DOCUMENT else -1,
            "target_row": place + 1,
            "name": mark.name,
            "identifier": mark.identifier,
            "annotator_kind": mark.annotator_kind,
            "label": mark.label,
            "score": mark.score,
            "explanation": mark.explanation,
            "user_id": mark.user,
            "created_us": mark.created_us,
            "updated_us": 0,
            "metadata": "{}",
            "source": "API",
        }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture(scope="module")
def store() -> Store:
    return Store()


# The documented forms

LONG = "Long " * 100
SECOND = 1_000_000_000
NEW_YEAR = 1_704_067_200 * SECOND


def _span(number: int, name: str, **fields: Any) -> SpanCase:
    given: dict[str, Any] = {
        "span_id": f"{number:016x}",
        "trace_id": f"{0xA1:032x}",
        "parent_id": f"{1:016x}",
        "parent_is_stored": True,
        "start_ns": NEW_YEAR + number * SECOND,
        "end_ns": NEW_YEAR + number * SECOND + number * SECOND // 10,
    }
    return SpanCase(name=name, **given | fields)


SESSION_AND_TRACE = {
    TargetKind.TRACE: (Mark("done", label="yes", score=1.0),),
    TargetKind.SESSION: (Mark("mood", label="calm"),),
}
SPANS = [
    _span(
        1,
        "root",
        parent_id=None,
        parent_is_stored=False,
        kind="chain",
        tokens=SubtreeTokens(110, 5, 122),
        attributes={
            "input.value": "Grüße aus KÖLN, " + LONG,
            "output.value": "fine",
            "session.id": "s1",
            "user.id": "42",
            "metadata.tier": "pro",
            "metadata.a.b": 3,
            "metadata.note": LONG,
            "tag.tags": ["red", "Blue"],
            'odd"key': "quoted",
            "llm.token_count.total": 1,
        },
        annotations={
            TargetKind.SPAN: (
                Mark(
                    "correctness",
                    label="good",
                    score=0.9,
                    identifier="a",
                    user="User:1",
                    created_us=1_704_067_200_000_000,
                ),
                Mark("correctness", label="bad", score=0.1, identifier="b", user="User:2", explanation="Because"),
                Mark("tone", label="kind"),
            ),
            TargetKind.DOCUMENT: (Mark("relevance", score=1.0), Mark("relevance", score=0.0)),
            **SESSION_AND_TRACE,
        },
    ),
    _span(
        2,
        "llm",
        kind="LLM",
        tokens=SubtreeTokens(110, 5, 115),
        attributes={
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 10,
            "llm.token_count.completion": 5,
            "llm.token_count.total": 15,
            "llm.cost.total": 0.5,
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "A refund, please",
            "retry": "1",
            "other": 1.0,
        },
        annotations={TargetKind.SPAN: (Mark("correctness", label="bad", score=0.7),), **SESSION_AND_TRACE},
    ),
    _span(
        3,
        "inner llm",
        kind="LLM",
        parent_id=f"{2:016x}",
        tokens=SubtreeTokens(100, 0, 100),
        attributes={"llm.token_count.prompt": 100, "retry": 1, "other": "2"},
        annotations={
            TargetKind.SPAN: (
                Mark("correctness", score=0.3, identifier="x"),
                Mark("correctness", score=0.4, identifier="y", annotator_kind="LLM"),
            ),
            **SESSION_AND_TRACE,
        },
    ),
    _span(
        4,
        "tool",
        kind="TOOL",
        status_code="ERROR",
        status_message="Boom",
        parent_id=f"{0xDEAD:016x}",
        parent_is_stored=False,
        events='[{"name":"exception"}]',
        attributes={"llm.token_count.prompt": 1000, "retry": True, "other": "true"},
        annotations=SESSION_AND_TRACE,
    ),
    _span(
        5,
        "last llm",
        kind="LLM",
        tokens=SubtreeTokens(0, 0, 7),
        attributes={"llm.token_count.total": 7, "retry": "abc", "metadata.tier": "free"},
        annotations=SESSION_AND_TRACE,
    ),
]
ALL = [case.name for case in SPANS]

FORMS: list[tuple[str, list[str]]] = [
    ("", ALL),
    ("   ", ALL),
    # booleans
    ("span_kind == 'LLM' and latency_ms > 200", ["inner llm", "last llm"]),
    ("name == 'tool' or (name == 'llm' and not span_kind == 'TOOL')", ["llm", "tool"]),
    ("True and name == 'llm'", ["llm"]),
    ("not True or name == 'llm'", ["llm"]),
    ("(name == 'llm') == True", ["llm"]),
    ("(name == 'llm') is False", ["root", "inner llm", "tool", "last llm"]),
    # comparisons
    ("name != 'root'", ["llm", "inner llm", "tool", "last llm"]),
    ("200 < latency_ms <= 400", ["inner llm", "tool"]),
    ("name < 'm'", ["llm", "inner llm", "last llm"]),
    ("'llm' == name", ["llm"]),
    # membership
    ("name in ['llm', 'tool']", ["llm", "tool"]),
    ("name not in ('llm', 'tool')", ["root", "inner llm", "last llm"]),
    ("name in []", []),
    ("retry not in []", ALL),
    ("retry in [1, 'abc']", ["llm", "inner llm", "tool", "last llm"]),
    ("latency_ms in [100, 200.0]", ["root", "llm"]),
    ("name in [status_message, 'llm']", ["llm"]),
    ("'LLM' in name", ["llm", "inner llm", "last llm"]),
    ("'L' not in name", ["root"]),
    ("'grüsse' in input.value", ["root"]),
    ("'köln' in input.value", ["root"]),
    ("'LONG long' in input.value", ["root"]),
    ("'_' in name", []),
    ("'%' in name", []),
    ("'red' in tag.tags", ["root"]),
    ("retry in name", []),
    ("'exc' in events", ["tool"]),
    ("'REFUND' in llm.input_messages", ["llm"]),
    ("'no such words' in llm.input_messages", []),
    ("llm.input_messages is not None", ["llm"]),
    ("llm.input_messages == 1", []),
    ("""llm.input_messages == '[{"message":{"role":"user","content":"A refund, please"}}]'""", ["llm"]),
    ("events is None", ["root", "llm", "inner llm", "last llm"]),
    # None
    ("retry is None", ["root"]),
    ("retry is not None", ["llm", "inner llm", "tool", "last llm"]),
    ("retry == None", ["root"]),
    ("None != retry", ["llm", "inner llm", "tool", "last llm"]),
    ("retry != 'abc'", ["llm", "inner llm", "tool"]),
    ("not retry == 'abc'", ["llm", "inner llm", "tool"]),
    ("session.id is not None", ["root"]),
    ("metadata is not None", ["root", "last llm"]),
    ("metadata['a'] is not None", ["root"]),
    ("metadata['note'] is not None", ["root"]),
    ("llm.token_count is None", []),
    ("llm.cost is not None", ["llm"]),
    # arithmetic and casts
    ("latency_ms / 2 == 150", ["inner llm"]),
    ("llm.token_count.total % 10 == 5", ["llm"]),
    ("-llm.token_count.total <= -7", ["llm", "last llm"]),
    ("llm.token_count.prompt + llm.token_count.completion * 2 - 1 == 19", ["llm"]),
    ("latency_ms / 0 == 1", []),
    ("not latency_ms / 0 == 1", []),
    ("-7 % 2 == -1", ALL),
    ("7 / 2 == 3.5", ALL),
    ("- (-latency_ms) == 100", ["root"]),
    ("float(retry) == 1", ["llm", "inner llm", "tool"]),
    ("int(other) == 2", ["inner llm"]),
    ("int(latency_ms) == 100", ["root"]),
    ("str(retry) == '1'", ["llm", "inner llm"]),
    ("name + '!' == 'llm!'", ["llm"]),
    # loose attributes
    ("retry == 1", ["llm", "inner llm", "tool"]),
    ("retry == '1'", ["llm", "inner llm"]),
    ("retry == True", ["inner llm", "tool"]),
    ("retry is True", ["inner llm", "tool"]),
    ("other is True", ["llm", "tool"]),
    ("retry == 'true'", ["tool"]),
    ("other == '1.0'", ["llm"]),
    ("retry == other", ["llm", "tool"]),
    ("retry < other", ["inner llm"]),
    ("user.id == 42", ["root"]),
    ("user.id == '42'", ["root"]),
    # spellings of attributes
    ("attributes['llm.model_name'] == 'gpt-4o'", ["llm"]),
    ("attributes['llm']['model_name'] == 'gpt-4o'", ["llm"]),
    ("llm.model_name == 'gpt-4o'", ["llm"]),
    ("metadata['tier'] == 'pro'", ["root"]),
    ("metadata.tier == 'pro'", ["root"]),
    ("attributes['metadata']['a']['b'] == 3", ["root"]),
    ("metadata['a']['b'] == 3", ["root"]),
    ("metadata['a.b'] == 3", ["root"]),
    ("'long' in metadata['note']", ["root"]),
    ("not metadata['note'] == 'short'", ["root"]),
    (f"metadata['note'] == '{LONG}'", ["root"]),
    ("attributes['odd\"key'] == 'quoted'", ["root"]),
    ("attributes['odd\"key'] is not None", ["root"]),
    ("attributes['llm.input_messages.0.message.role'] == 'user'", ["llm"]),
    ("attributes['llm.input_messages.0.message.role'] is not None", ["llm"]),
    ("attributes[''] == 'x'", []),
    ("output.value == 'fine'", ["root"]),
    ("input.value is None", ["llm", "inner llm", "tool", "last llm"]),
    ("no.such.attribute == 'x'", []),
    ("spankind == 'LLM'", []),
    # the span's own fields
    ("span_kind == 'llm'", ["llm", "inner llm", "last llm"]),
    ("span_kind == 'Chain'", ["root"]),
    ("openinference.span.kind in ['chain', 'tool']", ["root", "tool"]),
    ("'hai' in span_kind", ["root"]),
    ("status_code == 'error'", ["tool"]),
    ("status_code != 'error'", ["root", "llm", "inner llm", "last llm"]),
    ("status_code in ['ok', 'unset']", ["root", "llm", "inner llm", "last llm"]),
    ("status_code == 'FAILED'", []),
    ("'err' in status_code", ["tool"]),
    ("'bo' in status_message", ["tool"]),
    ("span_id == '0000000000000001'", ["root"]),
    ("context.span_id in ['0000000000000001', 'nonsense', '0000000000000002']", ["root", "llm"]),
    ("trace_id == '000000000000000000000000000000A1'", ALL),
    ("context.trace_id != '000000000000000000000000000000a1'", []),
    ("'0002' in span_id", ["llm"]),
    ("parent_id == '0000000000000002'", ["inner llm"]),
    ("parent_id != '0000000000000002'", ["llm", "tool", "last llm"]),
    ("not parent_id in ['nonsense']", ["llm", "inner llm", "tool", "last llm"]),
    ("parent_id is None", ["root"]),
    ("parent_id > '0000000000000002'", ["tool"]),
    ("parent_span is None", ["root", "tool"]),
    ("parent_span is not None", ["llm", "inner llm", "last llm"]),
    ("start_time > '2024-01-01T00:00:04Z'", ["last llm"]),
    ("start_time == '2024-01-01T01:00:04.000000000+01:00'", ["tool"]),
    ("'2024-01-01T00:00:01Z' < start_time <= '2024-01-01T00:00:03Z'", ["llm", "inner llm"]),
    ("end_time in ['2024-01-01T00:00:01.1Z']", ["root"]),
    ("start_time < end_time", ALL),
    ("llm.token_count.total is None", ["inner llm", "tool"]),
    ("cumulative_llm_token_count_total == 122", ["root"]),
    ("cumulative_token_count.prompt == 110", ["root", "llm"]),
    ("cumulative_llm_token_count_completion > 0", ["root", "llm"]),
    ("cumulative_llm_token_count_total is None", []),
    ("total_cost > 0", ["llm"]),
    ("total_cost is None", []),
    ("prompt_cost + completion_cost == 0", ALL),
    # annotations
    ("annotations['correctness']", ["root", "llm", "inner llm"]),
    ("not annotations['correctness']", ["tool", "last llm"]),
    ("annotations['correctness'] is None", ["tool", "last llm"]),
    ("annotations['correctness'] == True", ["root", "llm", "inner llm"]),
    ("annotations['correctness'].score > 0.5", ["root", "llm"]),
    ("evals['correctness'].label == 'bad'", ["root", "llm"]),
    ("annotations['correctness'].label != 'bad'", ["root"]),
    ("not annotations['correctness'].label == 'bad'", ["root"]),
    ("annotations['correctness'].score > 0.5 and annotations['correctness'].label == 'bad'", ["llm"]),
    ("annotations['correctness'].label == 'good' and evals['correctness'].label == 'bad'", []),
    ("not (annotations['correctness'].label == 'good' or annotations['correctness'].score > 0.5)", ["root"]),
    ("annotations['correctness'].label is None", ["inner llm", "tool", "last llm"]),
    ("annotations['correctness'].label is not None", ["root", "llm"]),
    ("annotations['correctness'] and annotations['correctness'].label is None", ["inner llm"]),
    (
        "not annotations['correctness'] or annotations['correctness'].label == 'bad'",
        ["root", "llm", "tool", "last llm"],
    ),
    ("annotations['tone'].label is None and annotations['correctness'].label == 'bad'", ["llm"]),
    ("annotations['correctness'].score < annotations['tone'].score", []),
    ("annotations['tone'].label == 'kind' and annotations['correctness'].label == 'bad'", ["root"]),
    ("annotations['tone'] and annotations['correctness']", ["root"]),
    ("annotations['tone'].label == 'kind' or annotations['correctness'].score > 0.5", ["root", "llm"]),
    (
        "(annotations['tone'].label is None or annotations['correctness'].score > 0.5) and name != 'tool'",
        ALL[:3] + ALL[4:],
    ),
    ("'CAUSE' in annotations['correctness'].explanation", ["root"]),
    ("annotations['correctness'].label in ['good']", ["root"]),
    ("annotations['correctness'].label not in ['good']", ["root", "llm"]),
    ("float(annotations['correctness'].score) + 1 > 1.5", ["root", "llm"]),
    # what we add
    ("annotations['correctness'].annotator_kind == 'llm'", ["inner llm"]),
    ("annotations['correctness'].identifier == 'b' and annotations['correctness'].score < 0.5", ["root"]),
    ("annotations['correctness'].user == 'User:2'", ["root"]),
    ("annotations['correctness'].created_at >= '2024-01-01T00:00:00Z'", ["root"]),
    ("trace_annotations['done'].label == 'yes' and name == 'llm'", ["llm"]),
    ("not trace_annotations['done']", []),
    ("session_annotations['mood'].label == 'calm'", ALL),
    ("session_annotations['mood'].label is None", []),
    ("document_annotations['relevance'].score < 0.5", ["root"]),
    ("document_annotations['relevance']", ["root"]),
    ("disagree('correctness')", ["root", "inner llm"]),
    ("not disagree('correctness')", ["llm", "tool", "last llm"]),
    ("disagree('correctness') and annotations['correctness'].label == 'bad'", ["root"]),
    ("disagree('correctness', 'human')", ["root"]),
    ("disagree('correctness', 'HUMAN', 'HUMAN')", ["root"]),
    ("disagree('correctness', 'HUMAN', 'LLM')", ["inner llm"]),
    ("disagree('correctness', 'LLM', 'HUMAN')", ["inner llm"]),
    ("disagree('correctness', 'HUMAN', 'CODE')", []),
    ("annotated('correctness')", ["root", "llm", "inner llm"]),
    ("annotated('correctness', kind='llm')", ["inner llm"]),
    ("annotated('correctness', label='bad')", ["root", "llm"]),
    ("annotated('correctness', identifier='b', label='bad', kind='HUMAN')", ["root"]),
    ("annotated('correctness', identifier='b', label='good')", []),
    ("annotated('correctness', label='good') and annotated('correctness', label='bad')", ["root"]),
    ("not annotated('correctness', identifier='b')", ["llm", "inner llm", "tool", "last llm"]),
    ("annotated('relevance') or annotated('done')", []),
]


@pytest.mark.parametrize(("expression", "expected"), FORMS)
def test_each_form_finds_what_it_says(store: Store, expression: str, expected: list[str]) -> None:
    store.fill(SPANS)
    assert [case.name for case in SPANS if matches(parse(expression), case)] == expected
    assert store.found(expression) == expected


# Conditions and spans that nobody thought of

TEXTS = st.sampled_from(
    [
        *("", "a", "A", "ab", "1", "1.0", "-2", "1e0", " 1 ", "01", "true", "False", "null", "[1]", "-0", "1E2", "100"),
        *("ä", "Ä", "ß", "ss", "K", "ſ", "🙂", "'", '"', "\\", "%", "x" * 300, "0" * 300),
    ]
)
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -1.5, 1.0, 2.0, 100, 1 << 53, (1 << 63) - 1, -(1 << 63)]))
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
ATTRIBUTES = ["x.y", "x.z", "x", "metadata.k", 'odd"key', "ü.k", "a", "a.0.b", "a.1.b.c"]
LISTED = ("a", "a.0.b", "a.1.b.c", 'odd"key')
LABELS = st.sampled_from([None, "a", "b", "1"])
NAMES = ["n", "m"]


@st.composite
def values(draw: st.DrawFn, kind: str, depth: int = 2) -> str:
    """The text of a value of a kind: text, number or loose."""
    annotation_root = draw(
        st.sampled_from(["annotations", "trace_annotations", "session_annotations", "document_annotations"])
    )
    source = f"{annotation_root}[{draw(st.sampled_from(NAMES))!r}]"
    if kind == "loose":
        key = draw(st.sampled_from([*ATTRIBUTES, "session.id", "llm.model_name", "input.value", "gone"]))
        return f"attributes[{key!r}]"
    if kind == "text":
        options = [
            repr(draw(TEXTS)),
            "name",
            "span_kind",
            "status_code",
            "status_message",
            "parent_id",
            f"{source}.label",
        ]
        options += [f"{source}.identifier", f"{source}.annotator_kind", f"{source}.user"]
        if depth:
            options += [
                f"str({draw(values('loose'))})",
                f"({draw(values('text', depth - 1))} + {draw(values('text', 0))})",
            ]
        return draw(st.sampled_from(options))
    options = [
        f"({draw(NUMBERS)!r})",
        "latency_ms",
        "llm.token_count.total",
        "total_cost",
        "llm.cost.total",
        f"{source}.score",
    ]
    if depth:
        left, right = draw(values("number", depth - 1)), draw(values("number", 0))
        options += [f"({left} {draw(st.sampled_from('+-*/%'))} {right})", f"(-{left})"]
        options += [f"float({draw(values('loose'))})", f"int({draw(values('text', 0))})"]
    return draw(st.sampled_from(options))


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    order = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    left, right = draw(
        st.sampled_from(
            [("text", "text"), ("number", "number"), ("loose", "text"), ("number", "loose"), ("loose", "loose")]
        )
    )
    return f"{draw(values(left))} {order} {draw(values(right))}"


@st.composite
def memberships(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["text", "number", "loose"]))
    options = st.lists(SCALARS if kind == "loose" else TEXTS if kind == "text" else NUMBERS, max_size=3)
    listed = ", ".join(repr(option) for option in draw(options))
    if kind == "loose" and draw(st.booleans()):
        listed += f", {draw(values('loose'))}" if listed else draw(values("loose"))
    return f"{draw(values(kind))} {draw(st.sampled_from(['in', 'not in']))} [{listed}]"


@st.composite
def containments(draw: st.DrawFn) -> str:
    whole = st.one_of(values("loose"), st.sampled_from(["name", "annotations['n'].label", "str(metadata['k'])"]))
    part = st.one_of(TEXTS.map(repr), values("loose"), values("text", 0))
    return f"{draw(part)} {draw(st.sampled_from(['in', 'not in']))} {draw(whole)}"


SINGLE = st.one_of(
    comparisons(),
    comparisons(),
    memberships(),
    containments(),
    st.sampled_from(["annotations['n']", "annotations['m']", "document_annotations['n']", "session_annotations['n']"]),
    st.sampled_from(
        [
            "annotated('n')",
            "annotated('n', kind='HUMAN')",
            "annotated('n', identifier='a')",
            "annotated('n', kind='LLM', label='a')",
            "disagree('n', 'HUMAN')",
            "disagree('n', 'HUMAN', 'LLM')",
        ]
    ),
    st.sampled_from(["disagree('n')", "parent_span is None", "trace_annotations['m'] is None", "True", "False"]),
    st.builds("{} is {}".format, st.sampled_from([f"attributes[{key!r}]" for key in ATTRIBUTES]), st.booleans()),
    st.builds(
        "{} {}".format,
        st.one_of(values("text"), values("number"), values("loose")),
        st.sampled_from(["is None", "is not None"]),
    ),
)
CONDITIONS = st.recursive(
    SINGLE,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
).filter(lambda text: text not in ("True", "False"))

MARKS = st.lists(
    st.builds(
        Mark,
        name=st.sampled_from(NAMES),
        label=LABELS,
        score=st.sampled_from([None, 0.0, 0.5, 1.0]),
        identifier=st.sampled_from(["", "a", "b"]),
        annotator_kind=st.sampled_from(["HUMAN", "LLM"]),
        user=st.sampled_from([None, "User:1"]),
    ),
    max_size=4,
    unique_by=lambda mark: (mark.name, mark.identifier),
).map(tuple)


@st.composite
def case_lists(draw: st.DrawFn) -> list[SpanCase]:
    """A few spans of one trace."""
    shared = {TargetKind.TRACE: draw(MARKS), TargetKind.SESSION: draw(MARKS)}
    count = draw(st.integers(1, 3))
    return [_with_parent(draw(cases(number, shared)), count) for number in range(count)]


@st.composite
def cases(draw: st.DrawFn, number: int, shared: dict[TargetKind, tuple[Mark, ...]]) -> SpanCase:
    columns = {
        "session.id": st.sampled_from(["1", "s"]),
        "llm.model_name": st.sampled_from(["a", "true"]),
        "input.value": TEXTS.filter(bool),
        "llm.token_count.total": st.integers(0, 3),
        "llm.cost.total": st.sampled_from([0.0, 0.5]),
    }
    own = st.one_of(SCALARS, st.lists(st.one_of(st.integers(0, 2), st.sampled_from(["a", "Ä"])), max_size=2))
    plain = {key: own for key in ATTRIBUTES if key not in LISTED} | {key: TEXTS for key in LISTED if key != "a"}
    return SpanCase(
        span_id=f"{number + 1:016x}",
        trace_id="a" * 32,
        parent_id=draw(st.sampled_from([None, f"{1:016x}", f"{0xFF:016x}"])),
        name=f"{draw(TEXTS)}{number}",
        kind=draw(st.sampled_from(["LLM", "chain", "ß"])),
        status_code=draw(st.sampled_from(list(STATUS))),
        status_message=draw(TEXTS),
        end_ns=draw(st.integers(0, 3)) * 500_000,
        attributes=draw(st.fixed_dictionaries({}, optional=columns | plain)),
        annotations={TargetKind.SPAN: draw(MARKS), TargetKind.DOCUMENT: draw(MARKS), **shared},
    )


def _with_parent(case: SpanCase, count: int) -> SpanCase:
    stored = {f"{number + 1:016x}" for number in range(count)}
    return dataclasses.replace(case, parent_is_stored=case.parent_id in stored)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(expressions=st.lists(CONDITIONS, min_size=1, max_size=4), spans=case_lists())
@example(["attributes['x.y'] == 1"], [SPANS[0]])
def test_sql_finds_what_the_oracle_says(store: Store, expressions: list[str], spans: list[SpanCase]) -> None:
    store.fill(spans)
    for expression in expressions:
        condition = parse(expression)
        assert store.found(expression) == [case.name for case in spans if matches(condition, case)], expression


@given(st.dictionaries(st.sampled_from(["a.b", "a.c.d", "e"]), st.integers()))
def test_nested_and_flat_spellings_of_an_attribute_are_one(flat: dict[str, int]) -> None:
    for key in flat:
        brackets = "".join(f"[{part!r}]" for part in key.split("."))
        tests = [parse(f"{spelt} == 1").test for spelt in (key, f"attributes[{key!r}]", f"attributes{brackets}")]
        assert tests[0] == tests[1] == tests[2]
