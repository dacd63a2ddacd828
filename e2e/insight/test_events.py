"""Live updates of a real server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ..clients.helpers import HTTP, a_span, id_of, send, soon
from ..conftest import StartServer
from ..server import Server


class Ears:
    """What a listener heard."""

    def __init__(self) -> None:
        self.events: list[dict[str, int]] = []
        self.times: list[float] = []
        self.ended = threading.Event()

    def versions(self) -> dict[str, int]:
        return {topic: version for event in list(self.events) for topic, version in event.items()}

    def hear(self, server: Server, started: threading.Event) -> None:
        try:
            with (
                httpx.Client(verify=False, trust_env=False, timeout=30) as http,
                http.stream("GET", f"{server.base_url}/v1/events") as answer,
            ):
                assert answer.headers["content-type"].startswith("text/event-stream")
                name = ""
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        assert name == "topics"
                        self.times.append(time.monotonic())
                        self.events.append(json.loads(line.removeprefix("data: ")))
                        started.set()
        finally:
            self.ended.set()


@contextmanager
def listening(server: Server) -> Iterator[Ears]:
    """Ends when the server does."""
    ears, started = Ears(), threading.Event()
    thread = threading.Thread(target=ears.hear, args=(server, started))
    thread.start()
    assert started.wait(30)
    yield ears
    server.stop()
    thread.join(30)
    assert not thread.is_alive()


def project_id(server: Server, name: str) -> str:
    found: str = HTTP.get(f"{server.base_url}/v1/projects/{name}").json()["data"]["id"]
    return found


def test_every_kind_of_change_is_heard(start_server: StartServer) -> None:
    server = start_server()
    with listening(server) as ears:

        def moved(topic: str, before: dict[str, int]) -> bool:
            return bool(soon(lambda: ears.versions().get(topic, 0) > before.get(topic, 0), within_s=20))

        before = ears.versions()
        span = a_span()
        send(server, "live", [span])
        project = project_id(server, "live")
        assert moved("projects", before)
        assert moved(f"spans:{project}", before)
        assert f"annotations:{project}" not in ears.versions()

        said: dict[str, Any] = {"span_id": id_of(span), "name": "n", "annotator_kind": "CODE", "result": {"score": 1}}
        made = HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": [said]}).json()["data"][0]
        assert moved(f"annotations:{project}", ears.versions() | {f"annotations:{project}": 0})
        for change in (
            lambda url: HTTP.patch(url, json={"result": {"score": 2}}),
            HTTP.delete,
        ):
            before = ears.versions()
            change(f"{server.base_url}/v1/annotations/{made['id']}").raise_for_status()
            assert moved(f"annotations:{project}", before)

        before = ears.versions()
        rubric = {"type": "FREEFORM", "name": "r"}
        HTTP.post(f"{server.base_url}/v1/annotation_configs", json=rubric).raise_for_status()
        assert moved("rubrics", before)

        before = ears.versions()
        HTTP.delete(f"{server.base_url}/v1/spans/{id_of(span)}").raise_for_status()
        assert moved(f"spans:{project}", before)

        # Who comes later is told what was before, in versions that only grew.
        with listening(server) as late:
            assert late.events[0] == ears.versions()


def test_reading_moves_nothing_and_fast_changes_come_together(start_server: StartServer) -> None:
    server = start_server()
    with listening(server) as ears:
        for _ in range(5):
            HTTP.get(f"{server.base_url}/readyz").raise_for_status()
            HTTP.get(f"{server.base_url}/v1/projects").raise_for_status()
        assert len(ears.events) == 1
        begun = time.monotonic()
        for _ in range(40):
            send(server, "live", [a_span()])
        topic = f"spans:{project_id(server, 'live')}"
        with HTTP.stream("GET", f"{server.base_url}/v1/events") as answer:
            now = next(line for line in answer.iter_lines() if line.startswith("data: "))
        last = json.loads(now.removeprefix("data: "))[topic]
        assert soon(lambda: ears.versions().get(topic, 0) >= last, within_s=20)
        # One that is read late comes close to the next: so they are counted, and not measured apart.
        times = ears.times[1:]
        assert len(times) <= 1 + (times[-1] - begun) / 0.25, times


def test_a_server_that_stops_ends_its_streams_at_once(start_server: StartServer) -> None:
    server = start_server()
    with listening(server) as first, listening(server) as second:
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 9, "after 10 s the server gives up to wait for who still listens"
        assert first.ended.wait(20)
        assert second.ended.wait(20)
    assert "Traceback" not in server.said


def test_listeners_that_leave_make_room(server: Server) -> None:
    for _ in range(300):
        with HTTP.stream("GET", f"{server.base_url}/v1/events") as answer:
            assert answer.status_code == 200
            next(answer.iter_lines())
    assert "Traceback" not in server.said


def test_versions_grow_over_restarts(start_server: StartServer) -> None:
    server = start_server()
    send(server, "live", [a_span()])
    with listening(server) as before:
        pass
    server.start()
    send(server, "live", [a_span()])
    with listening(server) as after:
        pass
    assert after.events[0]["server"] > max(before.versions().values())
    topic = next(name for name in after.events[0] if name.startswith("spans:"))
    assert after.events[0][topic] > before.events[0][topic]
