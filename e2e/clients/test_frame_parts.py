"""Frames that our client reads while the server is still at work: those that it would read afterwards, or an error."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest

from rubricate import AsyncClient, Client, errors
from rubricate.client import frame as frames
from rubricate.client.types.spans import SpanQuery

from ..server import Server
from .helpers import HTTP, NOON, Json, a_span, awaited, id_of, send

SPANS = 2500
"""Some batches, each with a schema of its own."""


@pytest.fixture(scope="module")
def spans(server: Server) -> list[Json]:
    """The newest first, of a project `mixed`: attributes change their kinds along the way, some turn up late."""

    def attributes(number: int) -> Json:
        given: Json = {"input.value": f"question {number} " * 20, "mixed": _mixed(number), "count": number}
        given["llm.input_messages"] = [{"message": {"role": "user", f"own{number // 1000}": [number]}}]
        given["metadata"] = {"score": number if number < 1200 else number / 8, f"late{number // 900}": {"x": number}}
        return given | ({"late": "x"} if number > 2000 else {})

    sent = [
        a_span(f"step {number}", start=NOON - timedelta(seconds=number), attributes=attributes(number))
        for number in range(SPANS)
    ]
    for at in range(0, SPANS, 500):
        send(server, "mixed", sent[at : at + 500])
    said = [
        {
            "span_id": id_of(sent[number]),
            "name": "quality",
            "identifier": who,
            "annotator_kind": "HUMAN",
            "result": {"score": number / 4, "label": "good" if number % 2 else None},
            "metadata": {"n": number} if number % 3 else {},
        }
        for number in range(0, SPANS, 7)
        for who in ("ada", "ben")
    ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": said}).raise_for_status()
    return sent


def _mixed(number: int) -> Any:
    return number if number < 900 else number / 8 if number < 1300 else {"n": 1e-5} if number < 1800 else f"{number}"


@contextlib.contextmanager
def client_at(how: str, base_url: str) -> Iterator[Any]:
    if how == "sync":
        with Client(base_url=base_url) as client:
            yield client
    else:
        with awaited(lambda: AsyncClient(base_url=base_url), lambda made: made.close()) as client:
            yield client


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:
    with client_at(request.param, server.base_url) as made:
        yield made


def in_one_stream(server: Server, **body: Any) -> pd.DataFrame:
    """The frame as who asks for plain Arrow gets it."""
    response = HTTP.post(
        f"{server.base_url}/v1/spans?project_name=mixed",
        json={"queries": [{}], **body},
        headers={"accept": "application/x-pandas-arrow"},
    )
    [frame] = frames.frames(response)
    return frames.with_span_id_column(frame)


def assert_same(frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(frame, expected, check_exact=True)
    for name in frame.columns:
        assert repr(frame[name].tolist()) == repr(expected[name].tolist())


def test_a_frame_whose_columns_change_their_kinds(client: Any, server: Server, spans: list[Json]) -> None:
    frame = client.spans.get_spans_dataframe(project_name="mixed", limit=None)
    assert list(frame.index) == [id_of(span) for span in spans]
    assert_same(frame, in_one_stream(server, limit=None))
    assert frame["attributes.mixed"].tolist()[1799:1801] == ['{"n":0.00001}', "1800"]
    assert frame["attributes.metadata"].iloc[3] == {"score": 3.0, "late0": {"x": 3}}
    assert frame["attributes.late"].notna().sum() == SPANS - 2001


def test_some_of_it(client: Any, server: Server, spans: list[Json]) -> None:
    assert_same(client.spans.get_spans_dataframe(project_name="mixed"), in_one_stream(server))
    few = client.spans.get_spans_dataframe(project_name="mixed", limit=3)
    assert list(few["name"]) == ["step 0", "step 1", "step 2"]
    query = {"filter": {"condition": "name == 'nobody'"}}
    nothing = client.get_spans_dataframe("name == 'nobody'", project_name="mixed", include_annotations=True)
    assert_same(nothing.drop(columns="annotations"), in_one_stream(server, queries=[query]))
    picked, whole = client.query_spans(
        SpanQuery().select("name", "mixed"), SpanQuery(), project_name="mixed", limit=None
    )
    assert list(picked.columns) == ["name", "mixed"]
    assert_same(whole, in_one_stream(server, limit=None))


def test_annotations_come_with_it(client: Any, server: Server, spans: list[Json]) -> None:
    frame = client.spans.get_spans_dataframe(project_name="mixed", limit=None, include_annotations=True)
    listed = client.spans.get_spans(project_identifier="mixed", limit=None, include_annotations=True)
    by_id = {span["context"]["span_id"]: span["annotations"] for span in listed}
    assert frame["annotations"].tolist() == [by_id[span_id] for span_id in frame.index]
    assert [each["identifier"] for each in frame["annotations"].iloc[7]] == ["ben", "ada"]
    assert sum(map(len, frame["annotations"])) == 2 * len(range(0, SPANS, 7))
    assert list(frame.columns)[-1] == "annotations"


class Breaking:
    """A proxy in front of a server that breaks connections off after so many bytes of answers, then no more."""

    def __init__(self, server: Server, *, after_bytes: int, times: int) -> None:
        self._server = server
        self._after_bytes = after_bytes
        self._times = times
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "Breaking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                with client, socket.create_connection(("127.0.0.1", self._server.port)) as server:
                    self._serve(client, server)

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """One connection, and as much of what the server says as is wanted."""
        asking = threading.Thread(target=_pump, args=(client, server))
        asking.start()
        is_cut = self.broken < self._times
        self.broken += _pump(server, client, self._after_bytes if is_cut else 1 << 40)
        for end in (client, server):
            with contextlib.suppress(OSError):  # the other side was first
                end.shutdown(socket.SHUT_RDWR)
        asking.join()


def _pump(source: socket.socket, sink: socket.socket, most_bytes: int = 1 << 40) -> bool:
    """Hand on bytes until there are no more. True: until there were too many."""
    with contextlib.suppress(OSError):  # whoever hangs up
        while piece := source.recv(min(most_bytes, 1 << 16)):
            sink.sendall(piece)
            most_bytes -= len(piece)
            if not most_bytes:
                return True
        sink.shutdown(socket.SHUT_WR)
    return False


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_frame_that_breaks_off_is_asked_for_again(server: Server, spans: list[Json], how: str) -> None:
    with Breaking(server, after_bytes=700_000, times=2) as proxy, client_at(how, proxy.base_url) as client:
        frame = client.spans.get_spans_dataframe(project_name="mixed", limit=None)
    assert proxy.broken == 2
    assert_same(frame, in_one_stream(server, limit=None))


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_frame_that_always_breaks_off_is_an_error(
    server: Server, spans: list[Json], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rubricate.client.transport.FIRST_PAUSE_S", 0.001)
    with (
        Breaking(server, after_bytes=700_000, times=100) as proxy,
        client_at(how, proxy.base_url) as client,
        pytest.raises(errors.ConnectionLost, match="broke off"),
    ):
        client.spans.get_spans_dataframe(project_name="mixed", limit=None)
    assert proxy.broken > 1
