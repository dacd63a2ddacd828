import io
from types import SimpleNamespace

import httpx
import pytest

from rubricate.client import progress
from rubricate.client.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(progress, "DELAY_S", 0)
    terminal = Terminal()
    # Not sys.stderr itself: pytest puts its own there between the set-up of a test and the test.
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=terminal))
    return terminal


def annotations(count: int) -> list[dict]:
    return [
        {"span_id": f"{n:016x}", "name": "q", "annotator_kind": "CODE", "result": {"score": n}} for n in range(count)
    ]


def test_a_long_transfer_shows_how_far_it_is_and_leaves_no_trace(server, terminal):
    server.client().spans.log_span_annotations(span_annotations=annotations(250))
    shown = terminal.getvalue().split("\r")
    assert shown[1] == "Sending annotations: " + "█" * 12 + "░" * 18 + " 100 of 250"
    assert shown[2] == "Sending annotations: " + "█" * 24 + "░" * 6 + " 200 of 250"
    assert [len(shown[3]), shown[3].strip(), *shown[4:]] == [len(shown[2]), "", ""]


def test_storing_many_spans_shows_how_far_it_is(server, terminal):
    server.handler = lambda request: httpx.Response(202, json={})
    span = {"name": "s", "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z"}
    spans = [{**span, "context": {"trace_id": "ab", "span_id": f"{n:016x}"}} for n in range(1500)]
    server.client().spans.log_spans(spans=spans)
    assert "Sending spans: " + "█" * 20 + "░" * 10 + " 1,000 of 1,500" in terminal.getvalue()


def test_one_request_shows_nothing(server, terminal):
    server.client().spans.log_span_annotations(span_annotations=annotations(100))
    assert terminal.getvalue() == ""


def test_reading_pages_counts(server, terminal):
    server.answers = [
        httpx.Response(200, json={"data": [{}] * 2, "next_cursor": "a"}),
        httpx.Response(200, json={"data": [{}], "next_cursor": None}),
    ]
    assert len(server.client().annotations.list()) == 3
    assert terminal.getvalue().startswith("\rReading annotations: 2")


def test_an_error_takes_the_line_away(server, terminal):
    server.answers = [httpx.Response(200, json={"data": []}), httpx.Response(403, text="no more")]
    with pytest.raises(httpx.HTTPStatusError):
        server.client().spans.log_span_annotations(span_annotations=annotations(150))
    assert terminal.getvalue().endswith(" \r")


def test_it_can_be_turned_off(server, terminal, monkeypatch):
    server.client().spans.log_span_annotations(span_annotations=annotations(250), progress=False)
    monkeypatch.setenv("RUBRICATE_PROGRESS", "0")
    server.client().spans.log_span_annotations(span_annotations=annotations(250))
    assert terminal.getvalue() == ""


def test_short_transfers_files_and_no_console_see_nothing(monkeypatch, terminal):
    monkeypatch.setattr(progress, "DELAY_S", 60)
    with Progress("Sending", 9) as line:
        line.at(1)
    assert terminal.getvalue() == ""
    monkeypatch.setattr(progress, "DELAY_S", 0)
    for stderr in (io.StringIO(), None):
        monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stderr))
        with Progress("Sending", 9) as line:
            line.at(1)
        assert not stderr or stderr.getvalue() == ""
