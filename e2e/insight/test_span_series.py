"""Spans along time, of a real server."""

from ..clients.helpers import HTTP, a_span, send
from ..server import Server


def test_a_bucket_says_what_its_spans_did(server: Server) -> None:
    failed = {"status_code": "ERROR"}
    send(server, "pace", [a_span(seconds=1), a_span(seconds=2), a_span(seconds=3) | failed])
    params = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}
    series = HTTP.get(f"{server.base_url}/v1/projects/pace/span_series", params=params).json()["data"]
    assert series["bucket_seconds"] == 3600
    assert series["points"] == [
        {
            "start_time": "2026-03-01T12:00:00+00:00",
            "count": 3,
            "error_count": 1,
            "latency_ms_p50": 2000,
            "latency_ms_p99": 3000,
            "tokens_prompt": 0,
            "tokens_completion": 0,
            "tokens_total": 0,
            "cost_usd": 0,
        }
    ]


def test_what_makes_no_sense_is_refused(server: Server) -> None:
    send(server, "pace", [a_span()])
    assert HTTP.get(f"{server.base_url}/v1/projects/pace/span_series?bucket=week").status_code == 422
    assert HTTP.get(f"{server.base_url}/v1/projects/nothing/span_series").status_code == 404
