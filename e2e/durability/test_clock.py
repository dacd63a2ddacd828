"""A clock that is set back or forward while the server runs, or while it does not, costs nothing and reorders nothing.

The server runs as ever, but what it reads as the time of day is moved by as many seconds as a file says.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ..clients.helpers import HTTP, Json, a_span, annotations_of, id_of, send, soon, spans_in
from ..server import Server

DAY = 86_400
PROGRAM = """
import runpy, sys, time, types
import grpc._cython.cygrpc, grpc._server

# gRPC hands times of day to its own C code, which reads the real clock; a clock that is set is the same for both.
grpc._server.time = grpc._cython.cygrpc.time = types.SimpleNamespace(**vars(time))
moved_by, real_s, real_ns = sys.argv.pop(1), time.time, time.time_ns

def seconds():
    with open(moved_by) as file:
        return int(file.read() or 0)

time.time = lambda: real_s() + seconds()
time.time_ns = lambda: real_ns() + seconds() * 10**9
sys.argv[0] = "rubricate"
runpy.run_module("rubricate.cli", run_name="__main__")
"""


class Clock:
    """The server's clock."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """So many seconds after the real time, or before."""
        other = self.file.with_suffix(".new")
        other.write_text(str(seconds))
        other.replace(self.file)  # at once: the server reads it all the time


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Iterator[Server]:
    run = [sys.executable, "-c", PROGRAM, str(clock.file)]
    environment = {"RUBRICATE_RETENTION_DAYS": "30", "RUBRICATE_RETENTION_SECONDS": "0.1"}
    with Server(tmp_path, environment=environment, run=run) as server:
        yield server


def annotate(server: Server, span: Json, label: str) -> str:
    said = {"span_id": id_of(span), "name": "n", "annotator_kind": "HUMAN", "result": {"label": label}}
    answer = HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": [said]})
    assert answer.status_code == 200, answer.text
    [stored] = answer.json()["data"]
    return str(stored["id"])


def get(server: Server, path: str) -> Any:
    answer = HTTP.get(server.base_url + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_young_span() -> Json:
    return a_span(start=datetime.now(UTC) - timedelta(minutes=1))


def between(server: Server, how: str, then: Callable[[], None]) -> None:
    """Move the clock, while the server runs or while it does not."""
    if how == "stopped":
        server.stop()
    then()
    if how == "stopped":
        server.start()


@pytest.mark.parametrize("how", ["running", "stopped"])
@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_later_stays_later(server: Server, clock: Clock, how: str, jump: int) -> None:
    [span] = send(server, "default", [a_young_span()])
    annotation_id = annotate(server, span, "first")
    [first] = annotations_of(server, "default", id_of(span))

    between(server, how, lambda: clock.set(jump))
    assert annotate(server, span, "second") == annotation_id
    [second] = annotations_of(server, "default", id_of(span))
    assert (second["result"]["label"], second["created_at"]) == ("second", first["created_at"])
    assert second["updated_at"] > first["updated_at"]

    clock.set(0)
    annotate(server, span, "third")
    [third] = annotations_of(server, "default", id_of(span))
    assert third["updated_at"] > second["updated_at"]
    changes = get(server, f"/v1/annotations/{annotation_id}/history")["data"]
    assert [change["result"]["label"] for change in changes] == ["first", "second", "third"]
    assert [change["at"] for change in changes] == sorted({change["at"] for change in changes})


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_it_goes_on_taking_spans_and_telling_figures(server: Server, clock: Clock, jump: int) -> None:
    sent = send(server, "default", [a_young_span()])
    clock.set(jump)
    sent += send(server, "default", [a_young_span()])
    clock.set(0)
    sent += send(server, "default", [a_young_span()])

    assert [id_of(span) for span in spans_in(server, "default")] == [id_of(span) for span in reversed(sent)]
    stats = get(server, "/v1/stats")["data"]
    assert stats["uptime_s"] >= 0
    assert stats["rows"]["span"] == 3
    assert get(server, "/readyz") == {}
    assert HTTP.get(f"{server.base_url}/metrics").status_code == 200


def test_retention_goes_by_the_clock_as_it_is(server: Server, clock: Clock) -> None:
    send(server, "default", [a_young_span()])
    clock.set(-40 * DAY)
    assert get(server, "/readyz") == {}
    assert len(spans_in(server, "default")) == 1, "a clock that is behind makes nothing old"
    clock.set(29 * DAY)
    assert get(server, "/readyz") == {}
    assert len(spans_in(server, "default")) == 1
    clock.set(31 * DAY)
    assert soon(lambda: not spans_in(server, "default"), within_s=20)


def test_a_removal_can_be_undone_after_a_jump(server: Server, clock: Clock) -> None:
    [span] = send(server, "default", [a_young_span()])
    annotate(server, span, "said")
    which = {"project": "default", "filter": {"name": ["n"]}}
    removal = HTTP.post(f"{server.base_url}/v1/annotations/delete", json=which).json()
    clock.set(-DAY)
    answer = HTTP.post(f"{server.base_url}/v1/annotations/restore", json={"removal_id": removal["removal_id"]})
    assert answer.json()["restored"] == 1
    assert len(annotations_of(server, "default", id_of(span))) == 1
