"""What a real server says of itself."""

import re
from base64 import b64decode

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ..clients.helpers import HTTP, Json, a_span, new_span_id, send
from ..server import Server


def stats(server: Server) -> Json:
    answer = HTTP.get(f"{server.base_url}/v1/stats")
    assert answer.status_code == 200, answer.text
    data: Json = answer.json()["data"]
    return data


def export(server: Server, *spans: Span) -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    answer = HTTP.post(
        f"{server.base_url}/v1/traces",
        content=request.SerializeToString(),
        headers={"content-type": "application/x-protobuf", "x-project-name": "status"},
    )
    assert answer.status_code == 200, answer.text


def test_a_refused_span_can_be_looked_at(server: Server) -> None:
    bad = [Span(span_id=bytes([n] * 8), name=f"bad {n}") for n in (1, 2, 3)]
    for span in bad:
        export(server, span)

    seen, cursor = [], ""
    while cursor is not None:
        page = HTTP.get(f"{server.base_url}/v1/dead_letters", params={"limit": 2, "cursor": cursor}).json()
        seen += page["data"]
        cursor = page["next_cursor"]
    assert len(seen) == 3
    for letter, span in zip(seen, reversed(bad), strict=True):
        whole = HTTP.get(f"{server.base_url}/v1/dead_letters/{letter['id']}").json()["data"]
        assert whole == {**letter, "payload": whole["payload"]}
        assert Span.FromString(b64decode(whole["payload"])) == span
        assert letter["size_bytes"] == len(b64decode(whole["payload"]))
        assert letter["reason"]
        assert letter["encoding"] == "protobuf"


@pytest.mark.parametrize(
    ("path", "status"),
    [("?cursor=x", 422), ("?limit=0", 422), ("/x", 422), ("/RGVhZExldHRlcjo5OTk5OQ==", 404), ("/U3BhbjoxMA==", 422)],
)
def test_dead_letters_that_are_none(server: Server, path: str, status: int) -> None:
    assert HTTP.get(f"{server.base_url}/v1/dead_letters{path}").status_code == status


def test_the_figures_move_with_what_is_done(server: Server) -> None:
    before = stats(server)
    send(server, "status", [a_span(), a_span()])
    good = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="x", start_time_unix_nano=1, end_time_unix_nano=2)
    export(server, good)
    export(server, good)
    waits = {"span_id": new_span_id(), "name": "n", "annotator_kind": "CODE", "result": {"score": 1}}
    HTTP.post(f"{server.base_url}/v1/span_annotations", json={"data": [waits]}).raise_for_status()
    after = stats(server)

    assert after["rows"]["span"] - before["rows"]["span"] == 3
    assert after["rows"]["annotation"] - before["rows"]["annotation"] == 1
    assert after["waiting_annotations"] - before["waiting_annotations"] == 1
    assert after["ingest"]["requests"] - before["ingest"]["requests"] >= 2
    assert after["uptime_s"] >= before["uptime_s"]
    assert after["started_at"] == before["started_at"]
    assert after["disk_bytes"] >= after["wal_bytes"] > 0
    files = sum(file.stat().st_size for file in server.data.glob("rubricate.db*"))
    assert after["disk_bytes"] == files


def test_prometheus_can_read_the_figures(server: Server) -> None:
    answer = HTTP.get(f"{server.base_url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    typed: dict[str, str] = {}
    values: dict[str, float] = {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            typed[name] = kind
        elif not line.startswith("# HELP "):
            match = re.fullmatch(r'(rubricate_[a-z_]+)(\{[a-z]+="[^"]*"\})? ([0-9.e+]+)', line)
            assert match, line
            assert match[1] in typed
            values[match[1] + (match[2] or "")] = float(match[3])
    assert all((kind == "counter") == name.endswith("_total") for name, kind in typed.items())
    assert values['rubricate_rows{table="span"}'] == stats(server)["rows"]["span"]
    assert values["rubricate_ingest_spans_rejected_total"] == stats(server)["ingest"]["rejected"]


def test_ready_means_that_it_wrote(server: Server) -> None:
    log = server.data / "rubricate.db-wal"
    before = log.stat().st_mtime_ns
    assert HTTP.get(f"{server.base_url}/readyz").status_code == 200
    assert log.stat().st_mtime_ns > before
