import httpx
import pandas as pd
import pytest

from rubricate import errors
from rubricate.client.annotation import SpanAnnotations
from rubricate.records.annotation import AnnotationResult, AnnotatorKind, SpanAnnotationCreate


def store(request: httpx.Request) -> httpx.Response:
    """Answers like the server: ids when asked for them."""
    import json

    asked = request.url.params.get("sync") == "true"
    count = len(json.loads(request.content)["data"])
    return httpx.Response(200, json={"data": [{"id": f"a{number}"} for number in range(count)] if asked else []})


def annotation(number: int) -> dict:
    return {"span_id": f"{number:016x}", "name": "q", "annotator_kind": "LLM", "result": {"score": number}}


@pytest.mark.parametrize("resource", ["spans", "annotations"])
def test_one_annotation_is_sent_with_only_what_is_set(server, resource):
    server.handler = store
    calls: SpanAnnotations = getattr(server.client(), resource)
    answer = calls.add_span_annotation(annotation_name="q", span_id="ab", label="good", score=True)
    assert answer is None
    assert "sync" not in server.requests[0].url.params
    assert server.bodies == [
        {"data": [{"span_id": "ab", "name": "q", "annotator_kind": "HUMAN", "result": {"label": "good", "score": 1.0}}]}
    ]


def test_an_annotation_in_sync_answers_its_id(server):
    server.handler = store
    answer = server.client().annotations.add_span_annotation(
        annotation_name="q", annotator_kind="CODE", span_id="ab", score=0, identifier="me", metadata={"a": 1}, sync=True
    )
    assert answer == {"id": "a0"}
    sent = server.bodies[0]["data"][0]
    assert (sent["identifier"], sent["metadata"], sent["result"]) == ("me", {"a": 1}, {"score": 0.0})


def test_many_annotations_go_a_hundred_at_a_time(server):
    server.handler = store
    ids = server.client().spans.log_span_annotations(
        span_annotations=(annotation(number) for number in range(250)), sync=True
    )
    assert [len(body["data"]) for body in server.bodies] == [100, 100, 50]
    assert len(ids) == 250


def test_records_may_be_sent_too(server):
    new = SpanAnnotationCreate(
        span_id="ab", name="q", annotator_kind=AnnotatorKind.HUMAN, result=AnnotationResult(explanation="because")
    )
    assert server.client().spans.log_span_annotations(span_annotations=[new]) is None
    assert server.bodies[0]["data"][0]["result"] == {"explanation": "because"}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"annotator_kind": "ROBOT"}, r"annotation 1: annotator_kind: Input should be 'HUMAN'.*got 'ROBOT'"),
        ({"result": {"label": True}}, r"annotation 1: result.label: Input should be a valid string \(got True\)"),
        ({"result": {"score": float("nan")}}, r"annotation 1: result.score: .*finite"),
        ({"result": {}}, r"annotation 1: result: at least one of label, score and explanation"),
        ({"result": None}, r"annotation 1: result: at least one"),
        ({"name": " "}, r"annotation 1: name: "),
        ({"name": "note"}, r"annotation 1: name: 'note' is reserved"),
        ({"metadata": {"x": object()}}, r"JSON"),
    ],
)
def test_nothing_is_sent_when_one_is_wrong(server, wrong, reason):
    with pytest.raises(errors.InvalidInput, match=reason):
        server.client().spans.log_span_annotations(span_annotations=[annotation(0), {**annotation(1), **wrong}])
    assert server.requests == []


def test_an_error_in_the_middle_says_how_far_it_came(server):
    server.answers = [httpx.Response(200, json={"data": []}), httpx.Response(403, text="no more")]
    with pytest.raises(errors.Forbidden) as caught:
        server.client().spans.log_span_annotations(span_annotations=[annotation(number) for number in range(150)])
    assert caught.value.__notes__ == ["100 of 150 annotations were sent before this; sending all again is safe."]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"span_id": ["a1", "b2"], "label": ["x", None], "score": [1, 0]}),
        pd.DataFrame({"label": ["x", None], "score": [1.0, 0.0]}, index=pd.Index(["a1", "b2"], name="context.span_id")),
        pd.DataFrame(
            {"label": ["x", float("nan")], "score": [1, 0], "other": [object(), object()]}, index=["a1", "b2"]
        ),
    ],
)
def test_a_frame_is_sent_row_by_row(server, frame):
    server.client().spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="q", annotator_kind="CODE")
    assert server.bodies[0]["data"] == [
        {"span_id": "a1", "name": "q", "annotator_kind": "CODE", "result": {"label": "x", "score": 1.0}},
        {"span_id": "b2", "name": "q", "annotator_kind": "CODE", "result": {"score": 0.0}},
    ]


def test_a_row_speaks_for_itself_where_it_can(server):
    frame = pd.DataFrame(
        {
            "span_id": ["a1", "b2", "c3"],
            "annotation_name": ["p", None, "p"],
            "annotator_kind": ["HUMAN", None, None],
            "explanation": ["x", "y", None],
            "metadata": [{"k": 1}, None, None],
            "identifier": ["me", None, None],
        }
    )
    server.client().spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="q", annotator_kind="LLM")
    assert server.bodies[0]["data"] == [
        {
            "span_id": "a1",
            "name": "p",
            "annotator_kind": "HUMAN",
            "result": {"explanation": "x"},
            "metadata": {"k": 1},
            "identifier": "me",
        },
        {"span_id": "b2", "name": "q", "annotator_kind": "LLM", "result": {"explanation": "y"}},
    ]


def test_rows_that_say_nothing_are_told_of(server, caplog):
    frame = pd.DataFrame({"span_id": ["a1", "b2"], "score": [None, 1.0]})
    server.client().spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="q", annotator_kind="LLM")
    assert len(server.bodies[0]["data"]) == 1
    assert "neither label, score nor explanation are not sent: 1." in caplog.text


def test_a_frame_without_span_ids_is_refused(server):
    frame = pd.DataFrame({"score": [1.0]})
    with pytest.raises(
        errors.InvalidInput, match=r"neither a column nor an index named 'span_id' or 'context.span_id'"
    ):
        server.client().spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="q", annotator_kind="LLM")


def test_a_frame_without_a_kind_is_refused(server):
    frame = pd.DataFrame({"span_id": ["a1"], "score": [1.0]})
    with pytest.raises(errors.InvalidInput, match="annotator_kind: Field required"):
        server.client().spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="q")


STORED = {
    "id": "x",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "source": "API",
    "user_id": None,
    "name": "q",
    "annotator_kind": "LLM",
    "result": {"label": "good", "score": 1.0, "explanation": None},
    "metadata": {},
    "identifier": "",
    "span_id": "ab",
}


def test_annotations_come_back_as_a_frame(server):
    server.answers = [httpx.Response(200, json={"data": [STORED], "next_cursor": None})]
    spans = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["ab", "ab"], name="context.span_id"))
    frame = server.client().spans.get_span_annotations_dataframe(spans_dataframe=spans, project_identifier="p")
    assert frame.index.name == "span_id"
    assert frame.loc["ab", ["annotation_name", "result.label", "result.score"]].tolist() == ["q", "good", 1.0]
    assert server.requests[0].url.params.multi_items() == [
        ("span_ids", "ab"),
        ("exclude_annotation_names", "note"),
        ("limit", "1000"),
    ]


def test_no_annotations_are_a_frame_with_all_columns(server):
    frame = server.client().spans.get_span_annotations_dataframe(span_ids=["ab"])
    assert len(frame) == 0
    assert {"annotation_name", "result.label", "result.score", "annotator_kind"} <= set(frame.columns)


def test_spans_are_asked_for_a_hundred_at_a_time_and_strangers_are_no_error(server):
    strangers = httpx.Response(404, text="None of the supplied span_ids exist in this project")
    server.answers = [strangers, httpx.Response(200, json={"data": [STORED], "next_cursor": None})]
    ids = [f"{number:016x}" for number in range(150)]
    found = server.client().annotations.get_span_annotations(span_ids=ids, include_annotation_names=["note"])
    assert found == [STORED]
    assert [len(request.url.params.get_list("span_ids")) for request in server.requests] == [100, 50]
    assert "exclude_annotation_names" not in server.requests[0].url.params
    server.handler = lambda request: httpx.Response(404, text="None")
    with pytest.raises(errors.NotFound):
        server.client().annotations.get_span_annotations(span_ids=ids)


def test_spans_are_given_in_one_way(server):
    with pytest.raises(errors.InvalidInput, match="Give one of"):
        server.client().spans.get_span_annotations(span_ids=["a"], spans=[])
    with pytest.raises(errors.InvalidInput, match="for one, write"):
        server.client().spans.get_span_annotations(span_ids="ab")
    assert server.client().spans.get_span_annotations(span_ids=[]) == []
