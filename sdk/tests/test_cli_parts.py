import io
import json
import os
import socket
import threading
from argparse import ArgumentTypeError

import pytest

from rubricate.cli import main
from rubricate.cli.export import flat, moment, write_csv, write_jsonl
from rubricate.cli.importing import kind_of, objects, otlp_pieces
from rubricate.cli.spans import otlp_requests, otlp_span, otlp_value
from rubricate.cli.terminal import Failed


@pytest.fixture
def broken_server():
    """A server whose answer breaks off in the middle."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            line = b'{"name":"one"}\n'
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n")
            connection.sendall(b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(line), line))

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join()
    listener.close()


def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(broken_server, tmp_path, capsys):
    target = tmp_path / "spans.jsonl"
    target.write_text("before")
    assert main(["export", "spans", "--project", "p", "--url", broken_server, "--output", str(target)]) == 1
    assert "broke off" in capsys.readouterr().err
    assert target.read_text() == "before"
    assert os.listdir(tmp_path) == ["spans.jsonl"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "everything"],
        ["export", "spans", "--format", "xml"],
        ["export", "spans", "--start", "soon"],
        ["export", "spans", "--format", "parquet"],
        ["import"],
        ["import", "x", "--phoenix", "y"],
        ["import", "--phoenix", "y", "--project", "z"],
        ["annotate"],
        ["annotate", "x", "--file", "y"],
        ["annotate", "x", "--metadata", "[]"],
        ["backup"],
        ["restore", "x"],
        ["export", "spans", "--url", "ftp://x"],
    ],
)
def test_what_cannot_be_is_exit_code_2(arguments, capsys):
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "import", "export", "annotate", "doctor", "backup", "restore"])
def test_help_of_every_command_has_an_example(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"  rubricate {command} " in capsys.readouterr().out


def test_times_without_a_zone_are_local():
    assert moment("2026-11-23T12:00:00+01:00") == "2026-11-23T12:00:00+01:00"
    assert len(moment("2026-11-23")) == len("2026-11-23T00:00:00+00:00")
    with pytest.raises(ArgumentTypeError, match="is no time"):
        moment("noon")


def test_rows_become_columns():
    row = {"project": "p", "context": {"span_id": "a"}, "attributes": {"b.c": 1}, "events": [], "name": "n"}
    assert flat(row) == {"context.span_id": "a", "attributes.b.c": 1, "events": [], "name": "n"}
    out = io.BytesIO()
    write_csv([row, {"name": "m", "attributes": {"a": 'x,"y"'}}], out)
    assert out.getvalue().decode() == (
        'context.span_id,name,events,attributes.a,attributes.b.c\r\na,n,[],,1\r\n,m,,"x,""y""",\r\n'
    )
    out = io.BytesIO()
    write_jsonl([{"a": "ä\u2028"}], out)
    assert out.getvalue() == '{"a":"ä\u2028"}\n'.encode()


def test_values_keep_their_types():
    assert otlp_value(True) == {"boolValue": True}
    assert otlp_value(2**62) == {"intValue": str(2**62)}
    assert otlp_value(2.0) == {"doubleValue": 2.0}
    assert otlp_value(None) == {}
    assert otlp_value({"a": [1, None]}) == {
        "kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{"intValue": "1"}, {}]}}}]}
    }


def a_line(number, **more):
    context = {"trace_id": "a" * 32, "span_id": f"{number:016x}"}
    times = {"start_time": "2026-01-01T00:00:00.000001+00:00", "end_time": "2026-01-01T00:00:01+00:00"}
    return {"context": context, "name": f"n{number}", **times, **more}


def test_exact_times_go_before_rounded_ones():
    assert otlp_span(a_line(1))["startTimeUnixNano"] == "1767225600000001000"
    assert otlp_span(a_line(1, start_time_unix_nano=1767225600000001999))["startTimeUnixNano"] == "1767225600000001999"


def test_neighbours_with_the_same_surroundings_go_together():
    shop = {"resource": {"attributes": {"service.name": "shop"}}}
    lines = [a_line(1, project="p"), a_line(2, project="p", envelope=shop), a_line(3, project="q", envelope=shop)]
    (first, one), (second, two) = otlp_requests(lines, None)
    assert (first, second) == ("p", "q")
    assert [len(group["scopeSpans"][0]["spans"]) for group in one["resourceSpans"]] == [1, 1]
    assert two["resourceSpans"][0]["resource"]["attributes"][0]["key"] == "service.name"
    assert [name for name, _ in otlp_requests(lines, "r")] == ["r"]


def test_large_requests_are_cut():
    spans = [{"spanId": str(number)} for number in range(1201)]
    pieces = list(otlp_pieces({"resourceSpans": [{"resource": {"a": 1}, "scopeSpans": [{"spans": spans}]}]}))
    assert [len(piece["resourceSpans"][0]["scopeSpans"][0]["spans"]) for piece in pieces] == [500, 500, 201]
    assert all(piece["resourceSpans"][0]["resource"] == {"a": 1} for piece in pieces)


def test_objects_are_read_a_line_or_a_file_at_a_time():
    def read(text):
        return [value for _, value in objects(io.BytesIO(text.encode()), "f")]

    assert read('{"a":1}\n\n{"a":2}') == [{"a": 1}, {"a": 2}]
    assert read(json.dumps({"a": 1}, indent=2)) == [{"a": 1}]
    with pytest.raises(Failed, match="f:2: no JSON"):
        read('{"a":1}\n{"a":')
    with pytest.raises(Failed, match="an object is expected"):
        read("[1]")


def test_kinds_are_told_by_what_is_there():
    assert kind_of({"resourceSpans": []}) == "otlp"
    assert kind_of(a_line(1)) == "span"
    assert kind_of({"annotator_kind": "LLM", "target": {}}) == "annotation"
    assert kind_of({"some": "thing"}) is None
