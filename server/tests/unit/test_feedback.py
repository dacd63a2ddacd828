"""Feedback inside of spans: it is stored with them as annotations, once, and never costs a span."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.app import build_app
from rubricate_server.ingest.otlp import decode_json, export_response
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import (
    AnnotationKey,
    AnnotationQuery,
    NewAnnotation,
    SpanQuery,
    Storage,
    StoredAnnotation,
)
from rubricate_server.storage.sqlite.store import open_storage

TRACE = b"\x0a" * 16
ONE, TWO, OTHER = (bytes(7) + bytes([number]) for number in (1, 2, 9))


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = open_storage(tmp_path / "data")
    yield storage
    storage.close()


def value(of: Any) -> dict[str, Any]:
    match of:
        case bool():
            return {"boolValue": of}
        case str():
            return {"stringValue": of}
        case int():
            return {"intValue": of}
        case float():
            return {"doubleValue": of}
        case dict():
            return {"kvlistValue": {"values": pairs(of)}}
        case _:
            return {}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(of)} for key, of in attributes.items()]


def span(span_id: bytes, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"traceId": TRACE.hex(), "spanId": span_id.hex(), "attributes": pairs(attributes), **more}


def item(form: str, number: int = 0, scope: str = "", **fields: Any) -> dict[str, Any]:
    return {f"{scope}{form}s.{number}.{form}.{field}": of for field, of in fields.items()}


def body(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def send(storage: Storage, *spans: dict[str, Any]) -> list[str]:
    """Send, and answer the warnings."""
    outcome = Ingest(storage.spans).accept(body(*spans), form="json")
    assert not outcome.rejected
    return list(outcome.warnings)


def annotations(storage: Storage, kind: TargetKind = TargetKind.SPAN) -> list[StoredAnnotation]:
    query = AnnotationQuery(storage.projects.get("default").id, kind)
    return sorted(storage.annotations.find(query, 100), key=lambda each: each.id)


def told(storage: Storage, kind: TargetKind = TargetKind.SPAN) -> list[tuple[Any, ...]]:
    return [
        (each.key.target_id, each.key.name, each.annotator_kind, each.label, each.score)
        for each in annotations(storage, kind)
    ]


def test_attributes_become_an_annotation_with_all_its_fields(storage: Storage) -> None:
    said = item(
        "annotation",
        name="fluent",
        score=1,
        label="yes",
        explanation="why",
        annotator_kind="CODE",
        identifier="judge-v2",
        metadata='{"rubric": {"a": 1}}',
    )
    assert send(storage, span(ONE, said)) == []
    (stored,) = annotations(storage)
    assert stored.key == AnnotationKey(TargetKind.SPAN, ONE, -1, "fluent", "judge-v2")
    assert (stored.annotator_kind, stored.label, stored.score, stored.explanation) == ("CODE", "yes", 1.0, "why")
    assert stored.metadata == {"rubric": {"a": 1}}
    assert stored.source == AnnotationSource.API


def test_the_attributes_stay(storage: Storage) -> None:
    send(storage, span(ONE, item("annotation", name="a", score=0.5)))
    (stored,) = storage.spans.find(SpanQuery(storage.projects.get("default").id), 10)
    assert json.loads(stored.body.attributes) == item("annotation", name="a", score=0.5)


def test_people_annotate_and_models_evaluate_unless_they_say_otherwise(storage: Storage) -> None:
    send(
        storage,
        span(
            ONE,
            item("annotation", name="a", label="x")
            | item("evaluation", name="b", label="x")
            | item("evaluation", 1, name="c", label="x", annotator_kind="human"),
        ),
    )
    assert [(name, kind) for _, name, kind, *_ in told(storage)] == [("a", "HUMAN"), ("b", "LLM"), ("c", "HUMAN")]


def test_a_kind_of_ones_own_is_kept_beside(storage: Storage) -> None:
    send(storage, span(ONE, item("evaluation", name="a", label="x", annotator_kind="ORACLE")))
    (stored,) = annotations(storage)
    assert (stored.annotator_kind, stored.metadata) == ("LLM", {"annotator_kind": "ORACLE"})


def test_traces_and_sessions_have_feedback_too(storage: Storage) -> None:
    said = item("annotation", scope="trace.", name="t", label="x") | item(
        "evaluation", scope="session.", name="s", score=2
    )
    assert send(storage, span(ONE, said | {"session.id": "abc"})) == []
    assert told(storage, TargetKind.TRACE) == [(TRACE, "t", "HUMAN", "x", None)]
    assert told(storage, TargetKind.SESSION) == [(b"abc", "s", "LLM", None, 2.0)]


def test_an_evaluator_with_one_link_speaks_about_what_it_links_to(storage: Storage) -> None:
    said = item("evaluation", name="q", label="ok") | {"openinference.span.kind": "EVALUATOR"}
    link = {"traceId": "0b" * 16, "spanId": OTHER.hex()}
    send(storage, span(ONE, said, links=[link]), span(TWO, said, links=[link, link]))
    send(storage, span(OTHER, {}, traceId="0b" * 16))
    assert sorted(told(storage)) == [(TWO, "q", "LLM", "ok", None), (OTHER, "q", "LLM", "ok", None)]


def test_a_link_to_nothing_moves_nothing(storage: Storage) -> None:
    said = item("evaluation", name="q", label="ok") | {"openinference.span.kind": "EVALUATOR"}
    send(storage, span(ONE, said, links=[{"traceId": "00" * 16, "spanId": "00" * 8}]))
    assert told(storage) == [(ONE, "q", "LLM", "ok", None)]


def test_nul_is_written_out(storage: Storage) -> None:
    given = {"gen_ai.evaluation.name": "a\0b", "gen_ai.evaluation.explanation": "\0", "metadata": '{"k": "\\u0000"}'}
    send(storage, span(ONE, {}, events=[{"name": "gen_ai.evaluation.result", "attributes": pairs(given)}]))
    (stored,) = annotations(storage)
    assert (stored.key.name, stored.explanation, stored.metadata) == ("a\\u0000b", "\\u0000", {"k": "\\u0000"})


def test_events_become_annotations(storage: Storage) -> None:
    given = {
        "gen_ai.evaluation.name": "relevance",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "so-so",
        "gen_ai.evaluation.explanation": "why",
    }
    events = [{"name": "gen_ai.evaluation.result", "attributes": pairs(given)}, {"name": "other"}]
    assert send(storage, span(ONE, {}, events=events)) == []
    assert told(storage) == [(ONE, "relevance", "LLM", "so-so", 0.5)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"score": 1}, "name is missing"),
        ({"name": " ", "score": 1}, "name is missing"),
        ({"name": "a"}, "score, label and explanation are missing"),
        ({"name": "a", "score": "1"}, "score must be a finite number"),
        ({"name": "a", "score": True}, "score must be a finite number"),
        ({"name": "a", "label": 5}, "label must be a string"),
        ({"name": "a", "score": 1, "metadata": "text"}, "metadata must be a JSON object"),
        ({"name": "note", "explanation": "x"}, "reserved"),
    ],
)
def test_feedback_that_cannot_be_read_is_a_warning(storage: Storage, fields: dict[str, Any], expected: str) -> None:
    good = item("annotation", 1, name="good", score=1)
    (warning,) = send(storage, span(ONE, item("annotation", **fields) | good))
    assert warning.startswith("annotations.0.annotation: ")
    assert expected in warning
    assert [name for _, name, *_ in told(storage)] == ["good"]


def test_feedback_about_a_session_needs_one(storage: Storage) -> None:
    (warning,) = send(storage, span(ONE, item("annotation", scope="session.", name="a", score=1)))
    assert "no session.id" in warning


def test_a_warning_rejects_nothing() -> None:
    response = ExportTraceServiceResponse.FromString(export_response(0, "hm"))
    assert (response.partial_success.rejected_spans, response.partial_success.error_message) == (0, "hm")


def test_a_batch_sent_again_undoes_nothing(storage: Storage) -> None:
    sent = span(ONE, item("annotation", name="a", label="sent"))
    send(storage, sent)
    key = AnnotationKey(TargetKind.SPAN, ONE, -1, "a", "")
    better = NewAnnotation(key, AnnotatorKind.HUMAN, "better", None, None, {}, AnnotationSource.APP, None)
    storage.annotations.put([better])
    send(storage, sent)
    (stored,) = annotations(storage)
    assert stored.label == "better"
    assert [change.action for change in storage.annotations.history(stored.id)] == ["created", "replaced"]


def test_of_a_span_that_comes_twice_at_once_the_first_counts(storage: Storage) -> None:
    first, second = (span(ONE, item("annotation", name="a", label=label)) for label in ("first", "second"))
    send(storage, first)
    send(storage, second)
    assert [label for *_, label, _ in told(storage)] == ["first"]


def test_spans_and_annotations_are_written_together_or_not_at_all(storage: Storage) -> None:
    key = AnnotationKey(TargetKind.SPAN, ONE, -1, "a", "")
    bad = NewAnnotation(key, AnnotatorKind.HUMAN, "x", None, None, {"no JSON": object()}, AnnotationSource.API, None)
    (new,) = decode_json(body(span(ONE, {})), project=None, limits=DecodeLimits()).spans
    with pytest.raises(TypeError):
        storage.spans.add([new], [], {ONE: [bad]})
    assert storage.spans.rows_of([ONE]) == {}


def test_what_came_is_counted(storage: Storage) -> None:
    ingest = Ingest(storage.spans)
    ingest.accept(body(span(ONE, item("annotation", name="a", label="x") | item("evaluation", score=1))), form="json")
    counts = ingest.counts()
    assert (counts["stored"], counts["annotations"], counts["warnings"]) == (1, 1, 1)


fields = st.dictionaries(
    st.sampled_from(["name", "score", "label", "explanation", "annotator_kind", "identifier", "metadata", "x", ""]),
    st.text(max_size=4)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(fields, max_size=3), st.sampled_from(["annotation", "evaluation"]), st.sampled_from(["", "trace."]))
def test_nothing_in_feedback_costs_a_span(given_fields: list[dict[str, Any]], form: str, scope: str) -> None:
    attributes: dict[str, Any] = {}
    for number, each in enumerate(given_fields):
        attributes |= item(form, number, scope, **each)
    decoded = decode_json(body(span(ONE, attributes)), project=None, limits=DecodeLimits())
    assert not decoded.rejected
    for kept in decoded.feedback.annotations.get(ONE, []):
        assert kept.key.name
        assert kept.label or kept.explanation or kept.score is not None


def test_spans_that_come_over_rest_bring_feedback_too(storage: Storage) -> None:
    new = {
        "name": "n",
        "context": {"trace_id": TRACE.hex(), "span_id": ONE.hex()},
        "span_kind": "CHAIN",
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-01-01T00:00:01Z",
        "status_code": "OK",
        "attributes": {"annotations": [{"annotation": {"name": "a", "score": 1}}]},
        "events": [
            {
                "name": "gen_ai.evaluation.result",
                "timestamp": "2026-01-01T00:00:00Z",
                "attributes": {"gen_ai.evaluation.name": "b", "gen_ai.evaluation.score.label": "x"},
            }
        ],
    }
    app = build_app(storage, Ingest(storage.spans))

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.post("/v1/projects/default/spans", json={"data": [new]})

    assert anyio.run(post).status_code == 202
    assert told(storage) == [(ONE, "a", "HUMAN", None, 1.0), (ONE, "b", "LLM", "x", None)]
