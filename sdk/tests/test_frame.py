import asyncio
import io
import json
from datetime import datetime

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rubricate import errors
from rubricate.client.types.spans import SpanQuery

MESSAGES = [{"message.role": "user", "message.content": "hi"}, {"message.role": "assistant"}]


def spans_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["a", "b"],
            "start_time": pd.to_datetime(["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"]),
            "context.span_id": ["s1", "s2"],
            "attributes.llm.input_messages": [MESSAGES, None],
            "attributes.metadata": [{"a": 1}, {"b": [{"c": 1}, {"d": 2}]}],
            "attributes.embedding.vector": [[0.5, 1.5], [2.5]],
            "attributes.llm.token_count.total": [3, None],
        },
        index=pd.Index(["s1", "s2"], name="context.span_id"),
    )


def arrow(*frames: pd.DataFrame) -> httpx.Response:
    out = io.BytesIO()
    for frame in frames:
        table = pa.Table.from_pandas(frame)
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    return httpx.Response(200, content=out.getvalue(), headers={"content-type": "application/x-pandas-arrow"})


def multipart(*parts: dict) -> httpx.Response:
    lines = [f"--xyz\r\nContent-Type: application/json\r\n\r\n{json.dumps(part)}\r\n" for part in parts]
    return httpx.Response(
        200, content="".join([*lines, "--xyz--"]), headers={"content-type": "multipart/mixed; boundary=xyz"}
    )


def test_spans_come_as_arrow_and_look_as_they_were_traced(server):
    server.answers = [arrow(spans_frame())]
    frame = server.client().spans.get_spans_dataframe(project_name="p")
    request = server.requests[0]
    assert request.headers["accept"] == "application/vnd.rubricate.frame-parts, application/x-pandas-arrow"
    assert str(request.url) == "http://127.0.0.1:6006/v1/spans?project_name=p"
    assert server.bodies[0] == {
        "queries": [{}],
        "start_time": None,
        "end_time": None,
        "limit": 1000,
        "root_spans_only": None,
    }
    assert frame.index.name == "context.span_id"
    assert frame["context.span_id"].tolist() == frame.index.tolist() == ["s1", "s2"]
    assert frame["attributes.llm.input_messages"].tolist() == [MESSAGES, None]
    assert frame["attributes.metadata"].tolist() == [{"a": 1}, {"b": [{"c": 1}, {"d": 2}]}]
    assert isinstance(frame["attributes.embedding.vector"].iloc[0], np.ndarray)
    assert str(frame["start_time"].dt.tz) == "UTC"


def test_the_span_id_becomes_a_column_where_it_is_only_the_index(server):
    server.answers = [arrow(spans_frame().drop(columns="context.span_id"))]
    assert server.client().get_spans_dataframe()["context.span_id"].tolist() == ["s1", "s2"]


def test_selected_columns_stay_as_selected(server):
    server.answers = [arrow(spans_frame()[["name"]])]
    frame = server.client().spans.get_spans_dataframe(query=SpanQuery().select("name"))
    assert frame.columns.tolist() == ["name"]


def test_columns_marked_as_json_are_read(server):
    table = pa.table(
        [pa.array(['[{"a": 1}]', None]), pa.array(["s1", "s2"])],
        schema=pa.schema(
            [
                pa.field("attributes.x", pa.string(), metadata={"ARROW:extension:name": "arrow.json"}),
                pa.field("name", pa.string()),
            ]
        ),
    )
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    server.answers = [
        httpx.Response(200, content=out.getvalue(), headers={"content-type": "application/x-pandas-arrow"})
    ]
    assert server.client().get_spans_dataframe()["attributes.x"].tolist() == [[{"a": 1}], None]


def test_several_queries_are_one_request_and_several_frames(server):
    server.answers = [arrow(spans_frame(), spans_frame().head(0))]
    first, second = server.client().query_spans(
        SpanQuery(), SpanQuery().where("name == 'x'"), project_name="p", root_spans_only=True, limit=None
    )
    assert (len(first), len(second)) == (2, 0)
    assert server.bodies[0]["queries"][1]["filter"] == {"condition": "name == 'x'"}
    assert server.bodies[0]["limit"] is None


def test_json_tables_are_understood_too(server):
    fields = [
        {"name": "0_context.span_id", "type": "string"},
        {"name": "1_attributes.tag_s", "type": "string"},
        {"name": "2_start_time", "type": "datetime", "tz": "UTC"},
        {"name": "3_n", "type": "number"},
    ]
    rows = [
        {
            "0_context.span_id": "s1",
            "1_attributes.tag_s": [{"a": 1}],
            "2_start_time": "2026-01-01T00:00:00.5Z",
            "3_n": 1,
        },
        {"0_context.span_id": "s2", "1_attributes.tag_s": None, "2_start_time": "2026-01-01T00:00:00Z", "3_n": None},
    ]
    server.answers = [multipart({"schema": {"fields": fields, "primaryKey": ["0_context.span_id"]}, "data": rows})]
    frame = server.client().spans.get_spans_dataframe()
    assert frame.index.tolist() == ["s1", "s2"]
    assert frame["attributes.tag_s"].tolist() == [[{"a": 1}], None]
    assert frame["start_time"].iloc[0] == pd.Timestamp("2026-01-01T00:00:00.5Z")
    assert frame["n"].iloc[0] == 1


def test_a_server_that_cannot_write_arrow_is_asked_for_json(server):
    part = {"schema": {"fields": [{"name": "0_x", "type": "string"}], "primaryKey": []}, "data": [{"0_x": "y"}]}
    server.answers = [httpx.Response(500, text="ArrowInvalid"), multipart(part)]
    assert server.client().get_spans_dataframe()["x"].tolist() == ["y"]
    assert server.requests[1].headers["accept"] == "application/json"


def test_no_spans_are_a_frame_with_an_index_of_span_ids(server):
    empty = spans_frame().head(0).reset_index(drop=True)
    server.answers = [arrow(empty)]
    frame = server.client().get_spans_dataframe()
    assert frame.index.name == "context.span_id"
    assert "context.span_id" in frame.columns


@pytest.mark.parametrize("midnight", [datetime(2026, 1, 1), pd.Timestamp("2026-01-01")])
def test_times_without_a_zone_are_local(server, midnight):
    server.answers = [arrow(spans_frame())]
    server.client().get_spans_dataframe(start_time=midnight)
    sent = datetime.fromisoformat(server.bodies[0]["start_time"])
    assert sent.tzinfo is not None
    assert sent.replace(tzinfo=None) == datetime(2026, 1, 1)


def test_a_project_may_be_given_by_its_id(server):
    server.answers = [httpx.Response(200, json={"data": {"name": "my app"}}), arrow(spans_frame())]
    server.client().spans.get_spans_dataframe(project_identifier="UHJvamVjdDox")
    assert server.requests[0].url.path == "/v1/projects/UHJvamVjdDox"
    assert server.requests[1].url.params["project_name"] == "my app"
    with pytest.raises(errors.InvalidInput, match="not both"):
        server.client().spans.get_spans_dataframe(project_identifier="a", project_name="b")


def test_broken_arrow_is_an_unreadable_answer(server):
    server.answers = [httpx.Response(200, content=b"nonsense", headers={"content-type": "application/x-pandas-arrow"})]
    with pytest.raises(errors.UnreadableAnswer, match="Arrow data cannot be read"):
        server.client().get_spans_dataframe()


def test_frames_may_be_awaited(server):
    server.answers = [arrow(spans_frame())]
    assert len(asyncio.run(server.async_client().get_spans_dataframe("name == 'a'"))) == 2


def test_without_pandas_the_error_says_what_to_install(server, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(errors.MissingExtra, match=r'pip install "rubricate\[pandas\]"'):
        server.client().get_spans_dataframe()
    assert server.requests == []


@pytest.mark.parametrize("empty", [None, []])
def test_whole_numbers_stay_whole_beside_fields_that_are_always_empty(server, empty):
    frame = spans_frame().assign(**{"attributes.metadata": [{"a": 1, "b": empty}, {"b": empty}]})
    server.answers = [arrow(frame)]
    [first, second] = server.client().get_spans_dataframe()["attributes.metadata"]
    assert repr(first) == ("{'a': 1}" if empty is None else "{'a': 1, 'b': []}")
    assert second == ({} if empty is None else {"b": []})
