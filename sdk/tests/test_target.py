import asyncio

import httpx
import pandas as pd
import pytest

from rubricate import errors
from rubricate.client.helpers import spans as helpers


def page(*items: dict, following: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"data": list(items), "next_cursor": following})


def stored(number: int, **fields: object) -> dict:
    return {
        "id": f"a{number}",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "source": "API",
        "user_id": None,
        "name": "q",
        "annotator_kind": "LLM",
        "result": {"label": "good", "score": 1.0, "explanation": None},
        "metadata": {},
        "identifier": "",
        **fields,
    }


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "noun", "target"),
    [
        ("traces", "trace", {"trace_id": "7a"}),
        ("sessions", "session", {"session_id": "s-1"}),
        ("spans", "document", {"span_id": "ab", "document_position": 1}),
    ],
)
def test_annotations_of_each_kind_of_target_go_to_their_place(server, resource, noun, target):
    calls = getattr(server.client(), resource)
    getattr(calls, f"add_{noun}_annotation")(**target, annotation_name="q", label="good")
    getattr(calls, f"log_{noun}_annotations")(
        **{f"{noun}_annotations": [{**target, "name": "q", "annotator_kind": "HUMAN", "result": {"label": "good"}}]}
    )
    frame = pd.DataFrame([{**target, "label": "good"}, {**target, "label": None}])
    for each in (frame, frame.set_index(list(target))):
        getattr(calls, f"log_{noun}_annotations_dataframe")(
            dataframe=each, annotation_name="q", annotator_kind="HUMAN", progress=False
        )
    assert {request.url.path for request in server.requests} == {f"/v1/{noun}_annotations"}
    wanted = {**target, "name": "q", "annotator_kind": "HUMAN", "result": {"label": "good"}}
    assert server.bodies == [{"data": [wanted]}] * 4


@pytest.mark.parametrize(
    ("resource", "call", "wrong", "reason"),
    [
        ("traces", "add_trace_annotation", {"trace_id": "not hex"}, "annotation 0: trace_id: .*hexadecimal"),
        ("sessions", "add_session_annotation", {"session_id": " "}, "annotation 0: session_id"),
        (
            "spans",
            "add_document_annotation",
            {"span_id": "ab", "document_position": -1},
            "annotation 0: document_position: .*greater than or equal to 0",
        ),
    ],
)
def test_what_is_wrong_is_not_sent(server, resource, call, wrong, reason):
    with pytest.raises(errors.InvalidInput, match=reason):
        getattr(getattr(server.client(), resource), call)(**wrong, annotation_name="q", score=1)
    assert server.requests == []


def test_notes_have_a_call_of_their_own(server):
    server.handler = lambda request: httpx.Response(200, json={"data": {"id": "n"}})
    client = server.client()
    with pytest.raises(errors.InvalidInput, match="use add_trace_note"):
        client.traces.add_trace_annotation(trace_id="7a", annotation_name="note", label="x")
    assert client.traces.add_trace_note(trace_id="7a", note=" Hm. ") == {"id": "n"}
    assert client.sessions.add_session_note(session_id="s-1", note="Hm.", identifier="me") == {"id": "n"}
    assert [(request.url.path, body["data"]) for request, body in zip(server.requests, server.bodies, strict=True)] == [
        ("/v1/trace_notes", {"trace_id": "7a", "note": "Hm."}),
        ("/v1/session_notes", {"session_id": "s-1", "note": "Hm.", "identifier": "me"}),
    ]


def test_traces_are_asked_for_with_what_is_set(server):
    server.client().traces.get_traces(project_identifier="p", session_id="s-1", error=False, include_spans=True)
    assert server.requests[0].url.path == "/v1/projects/p/traces"
    assert server.requests[0].url.params.multi_items() == [
        ("include_spans", "true"),
        ("session_identifier", "s-1"),
        ("error", "false"),
        ("limit", "100"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.traces.transfer(trace_identifiers="7a", destination_project_identifier="p"),
        lambda client: client.traces.transfer(trace_identifiers=[], destination_project_identifier="p"),
        lambda client: client.sessions.bulk_delete(session_ids="s-1"),
        lambda client: client.traces.get_trace_annotations(trace_ids="7a"),
        lambda client: client.sessions.list(project_id="a", project_name="b"),
        lambda client: client.annotations.update("a1", score=float("nan")),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(server, call):
    with pytest.raises(errors.InvalidInput):
        call(server.client())
    assert server.requests == []


def test_a_change_says_only_what_is_given(server):
    server.handler = lambda request: httpx.Response(200, json={"data": {}})
    client = server.client()
    client.annotations.update("a1", label="x", explanation=None)
    client.annotations.update("a1", metadata=None, annotator_kind="CODE")
    client.annotations.update("a1")
    assert [request.method for request in server.requests] == ["PATCH"] * 3
    assert server.bodies == [
        {"result": {"label": "x", "explanation": None}},
        {"metadata": None, "annotator_kind": "CODE"},
        {},
    ]


# --- what comes back --------------------------------------------------------------------------------------------------


def test_no_annotations_of_documents_are_a_frame_with_all_columns(server):
    frame = server.client().spans.get_document_annotations_dataframe(span_ids=["ab"])
    assert frame.index.names == ["span_id", "document_position"]
    assert {"annotation_name", "result.score"} <= set(frame.columns)


def test_turns_of_a_server_that_lost_a_root(server):
    times = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z"}
    session = {"project_id": "p", "traces": [{"trace_id": "7a", **times}, {"trace_id": "7b", **times}]}
    root = {"context": {"trace_id": "7a"}, "attributes": {"input.value": "hi", "input.mime_type": "text/plain"}}
    server.answers = [httpx.Response(200, json={"data": session}), page({**root, **times})]
    first, second = server.client().sessions.get_session_turns(session_id="s-1")
    assert first["input"] == {"value": "hi", "mime_type": "text/plain"}
    assert second == {"trace_id": "7b", **times}


IDS = [f"{number:016x}" for number in range(700)]


def arrow(ids: list[str]) -> httpx.Response:
    import pyarrow as pa

    table = pa.Table.from_pandas(pd.DataFrame({"name": "x"}, index=pd.Index(ids, name="context.span_id")))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content = sink.getvalue().to_pybytes()
    return httpx.Response(200, content=content, headers={"content-type": "application/x-pandas-arrow"})


def project_page(*numbers: int, following: str | None = None) -> httpx.Response:
    targets = [{"kind": "span", "id": IDS[number], "position": None} for number in numbers]
    return page(*(stored(n, target=target) for n, target in enumerate(targets)), following=following)


def lengths(frame: pd.DataFrame) -> dict[str, int]:
    return {span_id: len(found) for span_id, found in frame["annotations"].items() if found}


def test_annotations_of_many_spans_are_read_from_the_project(server):
    server.answers = [arrow(IDS), project_page(3, 3, following="c"), project_page(5)]
    frame = server.client().spans.get_spans_dataframe(project_name="p", include_annotations=True)
    assert lengths(frame) == {IDS[3]: 2, IDS[5]: 1}
    assert [request.url.path for request in server.requests[1:]] == ["/v1/projects/p/annotations"] * 2
    assert server.requests[1].url.params.multi_items() == [
        ("target_kind", "span"),
        ("exclude_name", "note"),
        ("limit", "1000"),
    ]


@pytest.mark.parametrize("phoenix", [httpx.Response(404), httpx.Response(200, text="<html>")])
def test_a_server_that_cannot_list_a_project_is_asked_by_id(server, phoenix):
    server.answers = [arrow(IDS), phoenix, page(stored(1, span_id=IDS[3]))]
    frame = server.client().spans.get_spans_dataframe(project_name="p", include_annotations=True)
    assert lengths(frame) == {IDS[3]: 1}
    assert [request.url.path.rpartition("/")[2] for request in server.requests[2:]] == ["span_annotations"] * 7


def test_a_project_of_far_more_annotations_is_asked_by_id(server):
    rest = [project_page(0, following=f"c{number}") for number in range(7)]
    server.answers = [arrow(IDS), *rest, page(stored(1, span_id=IDS[3]))]
    frame = server.client().spans.get_spans_dataframe(project_name="p", include_annotations=True)
    assert lengths(frame) == {IDS[3]: 1}
    assert len(server.requests) == 1 + 7 + 7


def test_annotations_of_few_spans_are_asked_for_by_id(server):
    server.answers = [arrow(IDS[:500]), page(stored(1, span_id=IDS[3]))]
    frame = asyncio.run(server.async_client().spans.get_spans_dataframe(project_name="p", include_annotations=True))
    assert lengths(frame) == {IDS[3]: 1}
    assert len(server.requests) == 6


def test_evaluations_of_a_server_that_has_none(server):
    server.answers = [httpx.Response(404), httpx.Response(200, text="<html>", headers={"content-type": "text/html"})]
    assert server.client().get_evaluations() == []
    with pytest.raises(errors.UnreadableAnswer, match="Arrow was expected"):
        server.client().get_evaluations()


# --- spans from frames ------------------------------------------------------------------------------------------------


def a_frame(**columns: object) -> pd.DataFrame:
    start = pd.Timestamp("2026-01-01", tz="UTC")
    plain = {"name": "x", "start_time": start, "end_time": start, "context.trace_id": "7a", "context.span_id": "ab"}
    return pd.DataFrame([{**plain, **columns}, plain])


def test_cells_become_attributes():
    import numpy

    frame = a_frame(
        **{
            "parent_id": "cd",
            "attributes.llm.token_count.total": 12,
            "attributes.score": 1.0,
            "attributes.embedding": numpy.array([0.5, 1.0]),
            "attributes.retrieval.documents": numpy.array([{"document.score": numpy.float64(0.5)}], dtype=object),
            "other": 3,
        }
    )
    first, second = helpers.dataframe_to_spans(frame)
    assert first["attributes"] == {
        "llm.token_count.total": 12,
        "score": 1.0,
        "embedding": [0.5, 1.0],
        "retrieval.documents": [{"document.score": 0.5}],
    }
    assert isinstance(first["attributes"]["llm.token_count.total"], int)
    assert (first["parent_id"], first["context"]) == ("cd", {"trace_id": "7a", "span_id": "ab"})
    assert second["attributes"] == {}
    assert "parent_id" not in second


def test_frames_that_are_no_spans_are_refused(server):
    naive = a_frame().assign(start_time=pd.Timestamp("2026-01-01"))
    for frame, reason in [
        (naive, r"span 0 \(ab\): start_time: .*timezone"),
        (a_frame().drop(columns=["name", "end_time"]), "lacks name, end_time"),
        (a_frame().drop(columns="context.trace_id"), "neither a column nor an index named 'context.trace_id'"),
    ]:
        with pytest.raises(errors.InvalidInput, match=reason):
            server.client().spans.log_spans_dataframe(spans_dataframe=frame)
    assert server.requests == []


def test_copies_keep_their_family():
    spans = [
        {"context": {"trace_id": "7a", "span_id": "ab"}, "id": "x"},
        {"context": {"trace_id": "7a", "span_id": "cd"}, "parent_id": "ab"},
        {"context": {"trace_id": "7b", "span_id": "ef"}, "parent_id": "not here"},
    ]
    root, child, orphan = helpers.uniquify_spans(spans)
    assert child["parent_id"] == root["context"]["span_id"] != "ab"
    assert child["context"]["trace_id"] == root["context"]["trace_id"] != orphan["context"]["trace_id"]
    assert orphan["parent_id"] == "not here"
    assert "id" not in root
    assert spans[0]["id"] == "x"
    frame = a_frame().assign(**{"context.span_id": ["ab", "cd"], "parent_id": [None, "ab"]})
    frame = frame.set_index("context.span_id", drop=False)
    copy = helpers.uniquify_spans_dataframe(frame)
    assert copy["parent_id"].iloc[1] == copy.index[0] == copy["context.span_id"].iloc[0] != "ab"
    assert frame.index[0] == "ab"
    assert helpers.uniquify_spans_dataframe(frame, in_place=True) is frame
