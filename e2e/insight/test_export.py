"""Exports of a real server, read back by the tools that people read them with."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ..clients.helpers import HTTP, Json, a_span, id_of, send
from ..server import Server

PROJECT = 'shop, "ünlimited"'
NASTY = '=1+1, "quoted"\r\nsecond line, ünïcode 🙂'


def a_judgement(span_id: str, name: str, kind: str, who: str, **result: Any) -> Json:
    return {"span_id": span_id, "name": name, "annotator_kind": kind, "identifier": who, "result": result}


@pytest.fixture(scope="module")
def spans(server: Server) -> list[Json]:
    attributes = {"session.id": "s-1", "input.value": NASTY, "llm.model_name": "gpt-5", "metadata": {"n": 1}}
    first = a_span("first", attributes={**attributes, "output.value": "-5", "llm.token_count.total": 12})
    second = a_span("second", kind="RETRIEVER", attributes={"input.value": "x" * 5000})
    sent = send(server, PROJECT, [first, second])
    one, two = map(id_of, sent)
    said = [
        a_judgement(one, "correctness", "LLM", "judge", label="incorrect", score=0.0),
        a_judgement(one, "correctness", "HUMAN", "app:Ada", label="correct", score=1.0, explanation=NASTY),
        a_judgement(two, "correctness", "LLM", "judge", label="partial"),
        a_judgement(two, "tone, or so", "CODE", "", score=0.25),
    ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": said}).raise_for_status()
    note = {"data": {"span_id": two, "note": "Look again"}}
    HTTP.post(f"{server.base_url}/v1/span_notes", json=note).raise_for_status()
    return sent


def export(server: Server, **params: Any) -> httpx.Response:
    answer = HTTP.get(f"{server.base_url}/v1/projects/{PROJECT}/export", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def lines(answer: httpx.Response) -> list[Json]:
    return [json.loads(line) for line in answer.text.splitlines()]


def table(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_json_lines_have_everything(server: Server, spans: list[Json]) -> None:
    two, one = lines(export(server))
    assert (one["id"], one["trace_id"]) == (id_of(spans[0]), spans[0]["context"]["trace_id"])
    assert (one["input"], one["output"], len(two["input"])) == (NASTY, "-5", 5000)
    assert (one["name"], one["span_kind"], one["status_code"], one["parent_id"]) == ("first", "LLM", "OK", None)
    assert (one["model"], one["session_id"], one["total_tokens"], one["latency_ms"]) == ("gpt-5", "s-1", 12, 1000.0)
    assert one["attributes"]["metadata"] == {"n": 1}
    assert datetime.fromisoformat(one["start_time"]) == datetime.fromisoformat(spans[0]["start_time"])
    assert [(each["identifier"], each["result"]["label"]) for each in one["annotations"]] == [
        ("app:Ada", "correct"),
        ("judge", "incorrect"),
    ]


def test_people_are_told_first_and_notes_have_no_columns(server: Server, spans: list[Json]) -> None:
    two, one = lines(export(server))
    assert [one[f"annotations.correctness.{field}"] for field in ("label", "score", "explanation")] == [
        "correct",
        1.0,
        NASTY,
    ]
    assert (two["annotations.correctness.label"], two["annotations.correctness.score"]) == ("partial", None)
    assert (one["annotations.tone, or so.score"], two["annotations.tone, or so.score"]) == (None, 0.25)
    assert not [column for column in one if column.startswith("annotations.note")]
    assert "Look again" in json.dumps(two["annotations"])


def test_csv_comes_back_whole_and_starts_no_formula(server: Server, spans: list[Json]) -> None:
    answer = export(server, format="csv")
    two, one = table(answer)
    assert one["input"] == f"'{NASTY}"
    assert one["output"] == "'-5"
    assert one["annotations.correctness.explanation"] == f"'{NASTY}"
    assert (one["annotations.correctness.score"], two["annotations.correctness.score"]) == ("1.0", "")
    assert json.loads(one["annotations"])[0]["identifier"] == "app:Ada"
    assert list(one) == list(lines(export(server))[0])
    frame = pd.read_csv(io.BytesIO(answer.content), parse_dates=["start_time"])
    assert list(frame["name"]) == ["second", "first"]
    assert frame["start_time"][1] == pd.Timestamp(spans[0]["start_time"])


def test_parquet_has_types(server: Server, spans: list[Json]) -> None:
    read = pq.read_table(io.BytesIO(export(server, format="parquet").content))
    two, one = read.to_pylist()
    in_lines = lines(export(server))
    assert read.column_names == list(in_lines[0])
    for row, line in zip((two, one), in_lines, strict=True):
        for name, value in line.items():
            match value:
                case dict() | list():
                    assert json.loads(row[name]) == value
                case str() if name.endswith("_time"):
                    assert row[name] == datetime.fromisoformat(value).astimezone(UTC)
                case _:
                    assert row[name] == value


def test_traces_and_sessions_are_told_by_their_roots(server: Server, spans: list[Json]) -> None:
    two, one = lines(export(server, target_kind="trace"))
    assert (one["id"], one["name"], one["input"]) == (spans[0]["context"]["trace_id"], "first", NASTY)
    assert (two["span_count"], two["error_count"]) == (1, 0)
    [session] = lines(export(server, target_kind="session"))
    assert (session["id"], session["trace_count"], session["input"], session["output"]) == ("s-1", 1, NASTY, "-5")


def test_annotations_come_one_a_row_with_what_they_are_about(server: Server, spans: list[Json]) -> None:
    rows = lines(export(server, target_kind="annotation"))
    assert [row["name"] for row in rows] == ["note", "tone, or so", "correctness", "correctness", "correctness"]
    ada = next(row for row in rows if row["identifier"] == "app:Ada")
    assert (ada["target_kind"], ada["target_id"], ada["label"], ada["score"]) == ("span", id_of(spans[0]), "correct", 1)
    assert ada["target_name"] == "first"
    assert ada["target_input"].startswith("=1+1")
    narrowed = lines(export(server, target_kind="annotation", name="correctness", annotator_kind="LLM"))
    assert [row["label"] for row in narrowed] == ["partial", "incorrect"]
    of_retrievers = lines(export(server, target_kind="annotation", filter="span_kind == 'RETRIEVER'"))
    assert {row["target_id"] for row in of_retrievers} == {id_of(spans[1])}
    [chosen] = lines(export(server, target_kind="annotation", id=ada["id"]))
    assert chosen == ada
    assert len(table(export(server, target_kind="annotation", format="csv"))) == 5


def test_exports_are_narrowed_by_filter_time_and_ids(server: Server, spans: list[Json]) -> None:
    one, two = map(id_of, spans)

    def ids(**params: Any) -> list[str]:
        return [row["id"] for row in lines(export(server, **params))]

    assert ids(filter="annotations['correctness'].label == 'correct'") == [one]
    assert ids(start_time="2030-01-01T00:00:00Z") == []
    assert ids(id=[two, "ff" * 8]) == [two]
    assert ids(id=lines(export(server))[1]["global_id"]) == [one]
    assert ids(target_kind="session", id="s-1") == ["s-1"]
    posted = HTTP.post(
        f"{server.base_url}/v1/projects/{PROJECT}/export", json={"ids": ["ff" * 8] * 3000 + [one], "format": "csv"}
    )
    assert [row["id"] for row in table(posted)] == [one]


def test_a_form_of_a_page_may_ask_for_many(server: Server, spans: list[Json]) -> None:
    def posted(**fields: Any) -> httpx.Response:
        return HTTP.post(f"{server.base_url}/v1/projects/{PROJECT}/export", data=fields)

    one = id_of(spans[0])
    answer = posted(ids=["ff" * 8] * 5000 + [one], format="csv", filter="", start_time="", roots_only="true")
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in table(answer)] == [one]
    assert "attachment" in answer.headers["content-disposition"]
    assert len(table(posted(ids=one, format="csv"))) == 1
    assert posted(format="xlsx").status_code == 422
    assert posted(nonsense="1").status_code == 422


def test_nothing_found_is_a_file_with_its_columns(server: Server, spans: list[Json]) -> None:
    nothing = {"filter": "name == 'nothing'"}
    assert export(server, **nothing).content == b""
    assert export(server, format="csv", **nothing).text.startswith("id,global_id,trace_id,")
    assert pq.read_table(io.BytesIO(export(server, format="parquet", **nothing).content)).num_rows == 0


def test_the_file_has_a_name(server: Server, spans: list[Json]) -> None:
    disposition = export(server, format="csv").headers["content-disposition"]
    assert disposition.startswith('attachment; filename="shop_nlimited_-spans-')
    assert "filename*=UTF-8''shop%2C%20%22%C3%BCnlimited%22-spans-" in disposition


def test_what_is_wrong_is_said_before_the_file_begins(server: Server, spans: list[Json]) -> None:
    def refusal(**params: Any) -> tuple[int, str]:
        answer = HTTP.get(f"{server.base_url}/v1/projects/{PROJECT}/export", params=params)
        return answer.status_code, answer.text

    assert refusal(filter="nmae = 1")[0] == 400
    assert refusal(id="no id") == (422, "id: 'no id' is not the id of a span.")
    assert refusal(target_kind="annotation", id="x")[0] == 422
    assert refusal(name="correctness")[0] == 422
    assert refusal(format="xlsx")[0] == 422


def test_many_spans_come_each_once(server: Server) -> None:
    sent = send(server, "many", [a_span(f"s{number}") for number in range(1300)])
    answer = HTTP.get(f"{server.base_url}/v1/projects/many/export", params={"format": "parquet"})
    read = pq.read_table(io.BytesIO(answer.content))
    assert sorted(read["id"].to_pylist()) == sorted(map(id_of, sent))
