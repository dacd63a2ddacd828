"""A server that is told to stop finishes what it has begun, acknowledges it, and begins nothing more."""

import json
import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from ..clients.helpers import Json, a_span, annotations_of, id_of, new_span_id, new_trace_id, send, soon, spans_in
from ..server import Server

STOPS_LISTENING_WITHIN_S = 10


class Half:
    """A request of which the server has the head and half of the body."""

    def __init__(self, server: Server, path: str, body: Json) -> None:
        whole = json.dumps(body).encode()
        self._rest = whole[len(whole) // 2 :]
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + whole[: len(whole) // 2])

    def finish(self) -> str:
        """Send the rest; all that the server answers, until it closes."""
        self._socket.sendall(self._rest)
        with self._socket, self._socket.makefile("rb") as answer:
            return answer.read().decode()

    def give_up(self) -> None:
        """Send nothing more."""
        self._socket.close()


def otlp(span_id: str) -> Json:
    span = {
        "traceId": new_trace_id(),
        "spanId": span_id,
        "name": "late",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def said_of(span_id: str) -> Json:
    return {"data": [{"span_id": span_id, "name": "late", "annotator_kind": "HUMAN", "result": {"label": "yes"}}]}


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False


def test_what_was_begun_is_finished_and_acknowledged(start_server: Callable[..., Server]) -> None:
    server = start_server()
    [known] = send(server, "default", [a_span()])
    late = new_span_id()
    spans = Half(server, "/v1/traces", otlp(late))
    annotation = Half(server, "/v1/span_annotations?sync=true", said_of(id_of(known)))
    # An answer on another connection says that the server has come to what was sent before.
    assert httpx.get(f"{server.base_url}/readyz").status_code == 200

    os.kill(server.pid, signal.SIGTERM)
    assert soon(lambda: is_refused(server.port), STOPS_LISTENING_WITHIN_S), "it still takes connections"
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(Half.finish, [spans, annotation]))

    assert [answer.partition("\r\n")[0] for answer in answers] == ["HTTP/1.1 200 OK"] * 2
    assert server.stop() == 0
    assert is_refused(server.grpc_port)
    server.start()
    assert {id_of(span) for span in spans_in(server, "default")} == {id_of(known), late}
    [stored] = annotations_of(server, "default", id_of(known))
    assert stored["id"] in answers[1]


def test_a_request_that_never_ends_keeps_no_server_from_stopping(start_server: Callable[..., Server]) -> None:
    server = start_server()
    never = Half(server, "/v1/traces", otlp(new_span_id()))
    assert httpx.get(f"{server.base_url}/readyz").status_code == 200

    assert server.stop() == 0

    never.give_up()
    server.start()
    assert spans_in(server, "default") == []
