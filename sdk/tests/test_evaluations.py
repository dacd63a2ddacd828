import httpx
import pandas as pd
import pytest

import rubricate as px
from rubricate import errors
from rubricate.trace import DocumentEvaluations, SpanEvaluations, TraceEvaluations


def test_evaluations_of_spans_become_annotations_of_kind_llm(server):
    frame = pd.DataFrame(
        {"label": ["good", None], "score": [1, 0], "explanation": ["because", None], "other": [1, 2]},
        index=pd.Index(["a1", "b2"], name="context.span_id"),
    )
    server.client().log_evaluations(SpanEvaluations(eval_name=" q ", dataframe=frame), project_name="ignored")
    assert server.requests[0].url.path == "/v1/span_annotations"
    assert server.bodies[0]["data"] == [
        {
            "span_id": "a1",
            "name": "q",
            "annotator_kind": "LLM",
            "result": {"label": "good", "score": 1.0, "explanation": "because"},
        },
        {"span_id": "b2", "name": "q", "annotator_kind": "LLM", "result": {"score": 0.0}},
    ]


def test_several_evaluations_are_sent_each_to_its_place(server):
    documents = pd.DataFrame({"span_id": ["a1", "a1"], "position": [0, 1], "score": [0.5, None]})
    traces = pd.DataFrame({"trace_id": ["7a"], "label": ["ok"]})
    server.client().log_evaluations(
        DocumentEvaluations("relevance", documents), TraceEvaluations(dataframe=traces, eval_name="outcome")
    )
    assert [request.url.path for request in server.requests] == ["/v1/document_annotations", "/v1/trace_annotations"]
    first, second = (body["data"] for body in server.bodies)
    assert first == [
        {
            "span_id": "a1",
            "document_position": 0,
            "name": "relevance",
            "annotator_kind": "LLM",
            "result": {"score": 0.5},
        }
    ]
    assert second == [{"trace_id": "7a", "name": "outcome", "annotator_kind": "LLM", "result": {"label": "ok"}}]


def test_evaluations_go_a_hundred_at_a_time(server):
    frame = pd.DataFrame({"span_id": [f"{n:016x}" for n in range(101)], "score": 1.0})
    server.client().log_evaluations(SpanEvaluations("q", frame))
    assert [len(body["data"]) for body in server.bodies] == [100, 1]


def test_a_server_without_the_call_is_told_so(server):
    server.answers = [httpx.Response(404, text="Not Found")]
    traces = TraceEvaluations("q", pd.DataFrame({"trace_id": ["7a"], "score": [1.0]}))
    with pytest.raises(errors.Unsupported, match="TraceEvaluations are not taken"):
        server.client().log_evaluations(traces)


def test_the_frame_is_copied_and_indexed_by_the_target():
    frame = pd.DataFrame({"span_id": ["a1"], "position": [0], "score": [1.0], "x": [1]})
    evaluations = DocumentEvaluations("q", frame)
    assert evaluations.dataframe.index.names == ["context.span_id", "document_position"]
    assert evaluations.dataframe.columns.tolist() == ["score"]
    assert frame.columns.tolist() == ["span_id", "position", "score", "x"]
    assert repr(evaluations) == "DocumentEvaluations(eval_name='q', 1 rows)"


@pytest.mark.parametrize(
    ("kind", "columns", "reason"),
    [
        (SpanEvaluations, {"score": [1.0]}, "neither a column nor an index named 'context.span_id' or 'span_id'"),
        (SpanEvaluations, {"span_id": ["a1"]}, "at least one of the columns score, label, explanation"),
        (SpanEvaluations, {"span_id": ["a1"], "label": [True]}, r"label: row 0 has True, a bool.*astype\(str\)"),
        (SpanEvaluations, {"span_id": ["a1"], "score": ["high"]}, r"score: row 0 has 'high', a str.*astype\(float\)"),
        (SpanEvaluations, {"span_id": [7], "score": [1.0]}, "span_id: row 0 has 7; it must be a string of hex"),
        (TraceEvaluations, {"span_id": ["a1"], "score": [1.0]}, "'context.trace_id' or 'trace_id'"),
        (DocumentEvaluations, {"span_id": ["a1"], "score": [1.0]}, "'document_position' or 'position'"),
        (DocumentEvaluations, {"span_id": ["a1"], "position": [-1], "score": [1.0]}, "row 0 has -1; .*from zero"),
        (DocumentEvaluations, {"span_id": ["a1"], "position": [0.5], "score": [1.0]}, "row 0 has 0.5; .*from zero"),
    ],
)
def test_a_frame_that_cannot_be_is_refused_with_column_and_reason(kind, columns, reason):
    with pytest.raises(errors.InvalidInput, match=reason):
        kind("q", pd.DataFrame(columns))


def test_a_name_is_needed():
    with pytest.raises(errors.InvalidInput, match="eval_name"):
        SpanEvaluations("", pd.DataFrame({"span_id": ["a1"], "score": [1.0]}))


def test_only_evaluations_are_logged(server):
    with pytest.raises(errors.InvalidInput, match="not DataFrame"):
        server.client().log_evaluations(pd.DataFrame())


def test_the_names_of_phoenix_are_there():
    assert px.SpanEvaluations is SpanEvaluations
