"""What goes out comes back in as it was, and a second time changes nothing."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # has no stubs
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ..server import Server
from .command import HTTP, Json, a_span, annotate, otlp, pair, rubricate, send


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rich_span() -> Json:
    values = [
        {"key": "n.int", "value": {"intValue": "9007199254740993"}},
        {"key": "n.float", "value": {"doubleValue": 2.0}},
        {"key": "yes", "value": {"boolValue": True}},
        {"key": "nothing", "value": {}},
        {"key": "mixed", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}, {}]}}},
        {"key": "empty", "value": {"kvlistValue": {"values": []}}},
        pair("metadata", '{"tier": "pro", "deep": {"x.y": [1, {"z": null}]}}'),
        pair("llm.input_messages.0.message.content", "line\u2028separator \U0001f600"),
        pair("openinference.span.kind", "LLM"),
        pair("input.value", "in"),
    ]
    other = a_span()
    return a_span(
        kind=3,
        flags=257,
        traceState="a=b",
        parentSpanId="00000000000000aa",
        attributes=values,
        events=[{"name": "exception", "timeUnixNano": "1790000000123456788", "attributes": [pair("e", "x")]}],
        links=[{"traceId": other["traceId"], "spanId": other["spanId"], "attributes": [pair("why", "retry")]}],
        droppedAttributesCount=3,
        status={"code": 2, "message": "bad\nthing"},
    )


def without_row(annotation: Json) -> Json:
    """What two servers must agree on: all but the ids that each of them gives, and the version of the rubric."""
    return {key: value for key, value in annotation.items() if key not in ("id", "project_id", "rubric_version")}


def by_key(annotations: list[Json]) -> list[Json]:
    return sorted(map(without_row, annotations), key=lambda each: json.dumps(each, sort_keys=True))


def test_an_export_is_imported_as_it_was_and_twice_changes_nothing(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    first, second = start_server(), start_server()
    spans = [rich_span(), *(a_span(number) for number in range(1, 1300))]
    spans[1]["attributes"].append(pair("session.id", "s 1"))
    for start in range(0, len(spans), 400):
        send(first, spans[start : start + 400], "shop")
    said = {"name": "quality", "annotator_kind": "HUMAN", "metadata": {"a": [1, {"b": None}]}}
    by_span = [
        {**said, "span_id": span["spanId"], "identifier": who, "result": {"label": "good", "score": 0.1 + 0.2}}
        for span in spans[:700]
        for who in ("ana", "ben")
    ]
    annotate(first, "span", by_span)
    annotate(first, "trace", [{**said, "trace_id": spans[0]["traceId"], "result": {"explanation": "x"}}])
    annotate(first, "session", [{**said, "session_id": "s 1", "result": {"score": 1}}])
    annotate(
        first, "document", [{**said, "span_id": spans[0]["spanId"], "document_position": 2, "result": {"score": 1}}]
    )
    HTTP.post(
        f"{first.base_url}/v1/span_notes", json={"data": {"span_id": spans[0]["spanId"], "note": "look"}}
    ).raise_for_status()

    def exported(server: Server, name: str) -> tuple[bytes, list[Json]]:
        span_file, annotation_file = tmp_path / f"{name}-spans.jsonl", tmp_path / f"{name}-annotations.jsonl"
        assert rubricate("export", "spans", "-p", "shop", "-o", span_file, server=server).code == 0
        assert rubricate("export", "annotations", "-p", "shop", "-o", annotation_file, server=server).code == 0
        return span_file.read_bytes(), lines(annotation_file)

    sent = exported(first, "first")
    assert [line["context"]["span_id"] for line in map(json.loads, sent[0].splitlines())] == [
        span["spanId"] for span in spans
    ]
    assert len(sent[1]) == 1404
    files = [tmp_path / "first-spans.jsonl", tmp_path / "first-annotations.jsonl"]
    ran = rubricate("import", *files, server=second)
    assert (ran.code, ran.err) == (0, "spans: 1,300 new, 0 there already\nannotations: 1,404 new, 0 there already\n")
    came = exported(second, "second")
    assert came[0] == sent[0]
    assert by_key(came[1]) == by_key(sent[1])

    ran = rubricate("import", *files, server=second)
    assert (ran.code, ran.err) == (0, "spans: 0 new, 1,300 there already\nannotations: 0 new, 1,404 there already\n")
    assert exported(second, "again") == came
    history = HTTP.get(f"{second.base_url}/v1/annotations/{came[1][0]['id']}/history").json()["data"]
    assert [change["action"] for change in history] == ["created"]


def test_an_import_does_not_undo_what_was_said_since(server: Server, tmp_path: Path) -> None:
    span = a_span()
    send(server, [span], "since")
    said: dict[str, Any] = {"span_id": span["spanId"], "name": "q", "annotator_kind": "HUMAN"}
    annotate(server, "span", [{**said, "result": {"label": "old"}}])
    file = tmp_path / "a.jsonl"
    rubricate("export", "annotations", "-p", "since", "-o", file, server=server)
    annotate(server, "span", [{**said, "result": {"label": "new"}}])
    ran = rubricate("import", file, server=server)
    assert (ran.code, ran.err) == (0, "annotations: 0 new, 1 there already\n")
    found = rubricate("export", "annotations", "-p", "since", server=server)
    assert json.loads(found.out)["result"]["label"] == "new"


def test_otlp_files_of_every_kind_are_taken(server: Server, tmp_path: Path) -> None:
    spans = [a_span(number) for number in range(4)]
    requests = [otlp([span], "files") for span in spans]
    (tmp_path / "pretty.json").write_text(json.dumps(requests[0], indent=2))
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(each) + "\n" for each in requests[1:3]))
    message = ParseDict(requests[3], ExportTraceServiceRequest())
    # Protobuf's own JSON has ids in base64, OTLP's in hex.
    sent = message.resource_spans[0].scope_spans[0].spans[0]
    sent.trace_id, sent.span_id = bytes.fromhex(spans[3]["traceId"]), bytes.fromhex(spans[3]["spanId"])
    (tmp_path / "request.pb").write_bytes(message.SerializeToString())
    ran = rubricate(
        "import", *(tmp_path / name for name in ("pretty.json", "lines.jsonl", "request.pb")), server=server
    )
    assert (ran.code, ran.err) == (0, "spans: 4 new, 0 there already\n")
    out = rubricate("export", "spans", "-p", "files", server=server).out
    assert [json.loads(line)["context"]["span_id"] for line in out.splitlines()] == [span["spanId"] for span in spans]
    again = rubricate("import", tmp_path / "request.pb", "--project", "elsewhere", server=server)
    assert again.err == "spans: 0 new, 1 there already\n"


def test_what_a_server_refuses_is_told_and_the_rest_taken(server: Server, tmp_path: Path) -> None:
    bad, good = a_span(spanId="00"), a_span()
    (tmp_path / "some.json").write_text(json.dumps(otlp([bad, good], "refused")))
    ran = rubricate("import", tmp_path / "some.json", server=server)
    assert ran.code == 1
    assert ran.err.startswith("spans: 1 new, 0 there already, 1 REFUSED\n  ")
    assert "span" in ran.err.splitlines()[1]


def test_a_bad_annotation_costs_no_other(server: Server, tmp_path: Path) -> None:
    times = {"created_at": "2026-01-01T00:00:00+00:00", "updated_at": "2026-01-01T00:00:00+00:00"}
    some = [
        {"target": {"kind": "span", "id": f"{number:016x}", "position": None}, "annotator_kind": "CODE"}
        | {"name": f"n{number}", "result": {"score": number}, **times}
        for number in range(1, 8)
    ]
    some[4]["annotator_kind"] = "CAT"
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(each) + "\n" for each in some))
    ran = rubricate("import", tmp_path / "a.jsonl", server=server)
    assert ran.code == 1
    assert ran.err.startswith("annotations: 6 new, 0 there already, 1 REFUSED\n  annotation 'n5' of span 0000")
    (tmp_path / "s.jsonl").write_text('{"context": {}, "start_time": 1}')
    ran = rubricate("import", tmp_path / "s.jsonl", server=server)
    assert ran.code == 1
    assert "a span is not as" in ran.err


def test_files_that_are_nothing_are_refused_in_words(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\x00 what is this")
    (tmp_path / "y.json").write_text('{"some": "thing"}')
    for name, words in (("x", "neither JSON nor an OTLP request"), ("y.json", "neither OTLP nor"), ("z", "No such")):
        ran = rubricate("import", tmp_path / name, server=server)
        assert ran.code == 1
        assert words in ran.err
    assert rubricate("import", server=server).code == 2


def test_columns_of_csv_and_parquet_are_whole(server: Server, tmp_path: Path) -> None:
    rich, plain = rich_span(), a_span(7)
    send(server, [rich, plain], "columns")
    for name in ("spans.csv", "spans.parquet"):
        assert rubricate("export", "spans", "-p", "columns", "-o", tmp_path / name, server=server).code == 0
    with (tmp_path / "spans.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["context.span_id"] == rich["spanId"]
    assert rows[0]["attributes.n.int"] == "9007199254740993"
    assert json.loads(rows[0]["attributes.metadata"])["tier"] == "pro"
    assert rows[0]["status_message"] == "bad\nthing"
    assert (rows[1]["attributes.input.value"], rows[1]["attributes.n.int"]) == ("question 7", "")
    table = parquet.read_table(tmp_path / "spans.parquet").to_pylist()
    assert [row["attributes.n.int"] for row in table] == [9007199254740993, None]
    assert [row["attributes.yes"] for row in table] == [True, None]


def test_filters_and_times_choose(server: Server) -> None:
    spans = [a_span(number) for number in range(3)]
    spans[1]["attributes"][1] = pair("openinference.span.kind", "TOOL")
    send(server, spans, "chosen")
    annotate(
        server,
        "span",
        [
            {"span_id": span["spanId"], "name": "q", "annotator_kind": "CODE", "result": {"score": number}}
            for number, span in enumerate(spans)
        ],
    )
    tools = rubricate("export", "spans", "-p", "chosen", "--filter", "span_kind == 'TOOL'", server=server)
    assert [json.loads(line)["name"] for line in tools.out.splitlines()] == ["step 1"]
    theirs = rubricate("export", "annotations", "-p", "chosen", "--filter", "span_kind == 'TOOL'", server=server)
    assert [json.loads(line)["result"]["score"] for line in theirs.out.splitlines()] == [1]
    assert rubricate("export", "spans", "-p", "chosen", "--end", "2020-01-01", server=server).out == ""
    wrong = rubricate("export", "spans", "-p", "chosen", "--filter", "span_kind ==", server=server)
    assert (wrong.code, wrong.out) == (1, "")
    assert rubricate("export", "spans", "-p", "chosen", "--start", "noon", server=server).code == 2


def test_a_filter_that_finds_nothing_says_which_name_nothing_has(server: Server) -> None:
    span = a_span()
    send(server, [span], "hinted")
    said = {"span_id": span["spanId"], "name": "correctness", "annotator_kind": "HUMAN", "result": {"label": "good"}}
    annotate(server, "span", [said])
    hint = "No span of this project has 'latancy'. Did you mean latency_ms?\n"
    for what in ("spans", "annotations"):
        ran = rubricate("export", what, "-p", "hinted", "--filter", "latancy > 5", server=server)
        assert (ran.code, ran.out, ran.err) == (0, "", f"0 {what} of hinted\n{hint}")
    ran = rubricate("export", "spans", "-p", "hinted", "--filter", "annotations['corectness'].score > 5", server=server)
    assert "Did you mean 'correctness'?" in ran.err
    ran = rubricate("export", "spans", "-p", "hinted", "--filter", "latancy is None", server=server)
    assert (len(ran.out.splitlines()), ran.err) == (1, "")


def test_an_export_of_nothing_says_so(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server()
    ran = rubricate("export", "spans", server=server)
    assert (ran.code, ran.out, ran.err) == (0, "", "0 spans of default\n")
    send(server, [a_span()], "shop")
    ran = rubricate("export", "spans", "-p", "shopp", "-o", tmp_path / "none.jsonl", server=server)
    assert ran.code == 1
    assert "project shopp not found; there " in ran.err
    assert "shop" in ran.err.partition("; there ")[2]
    assert not (tmp_path / "none.jsonl").exists()


def test_a_file_that_is_there_stays_when_an_export_fails(server: Server, tmp_path: Path) -> None:
    (tmp_path / "kept.jsonl").write_text("before")
    ran = rubricate("export", "spans", "-p", "no-such-project", "-o", tmp_path / "kept.jsonl", server=server)
    assert ran.code == 1
    assert "no-such-project not found" in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["kept.jsonl"]
    assert (tmp_path / "kept.jsonl").read_text() == "before"


def test_a_dataset_goes_out_and_comes_back(start_server: Callable[..., Server], tmp_path: Path) -> None:
    first, second = start_server(), start_server()
    file = tmp_path / "golden.jsonl"
    name = "golden / 金"
    examples = {
        "inputs": [{"q": 1}, {"q": {"deep": [1, None]}}, {"q": 1}],
        "outputs": [{"a": "ü"}, {}, {"a": "ü"}],
        "splits": ["train", ["train", "test"], None],
        "span_ids": ["7e2f08cb43bbf521", None, None],
        "example_ids": ["one", None, None],
    }
    HTTP.post(f"{first.base_url}/v1/datasets/upload", json={"name": name, **examples}).raise_for_status()

    told = rubricate("export", "examples", "--dataset", name, "--output", file, server=first)
    assert f"3 examples of {name}" in told.err
    assert lines(file)[0] == {
        "dataset": name,
        "id": "one",
        "input": {"q": 1},
        "output": {"a": "ü"},
        "metadata": {},
        "splits": ["train"],
        "span_id": "7e2f08cb43bbf521",
    }
    for new in (3, 0):
        told = rubricate("import", file, server=second)
        assert f"examples: {new} new, {3 - new} there already" in told.err
    again = tmp_path / "again.jsonl"
    rubricate("export", "examples", "-d", name, "-o", again, server=second)
    assert again.read_text() == file.read_text()
    for misused in (("examples",), ("spans", "-d", name), ("examples", "-d", name, "-p", "x")):
        assert rubricate("export", *misused, server=first).code == 2
    unknown = rubricate("export", "examples", "-d", "nobody", server=first)
    assert (unknown.code, "nobody" in unknown.err) == (1, True)
