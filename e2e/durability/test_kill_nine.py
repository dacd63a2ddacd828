"""An acknowledgement is a promise: what the server answered for survives `kill -9`, at any moment, again and again."""

import itertools
import json
import random
import sqlite3  # noqa: TID251  # to check the file from outside
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ..server import Server

SEED = 9
ROUNDS = 22
READ_AT_ONCE = 400
"""Spans whose annotations are read with one request."""


@dataclass
class Round:
    """What was sent between two kills, and what was answered. Each round has a project of its own."""

    number: int
    batches: list[list[str]] = field(default_factory=list)
    """Span ids of every batch that was sent."""
    acknowledged: set[str] = field(default_factory=set)
    """Span ids that the server answered for."""
    promised: set[tuple[str, str]] = field(default_factory=set)
    """(span id, identifier) of annotations that the server answered for."""
    counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(span id, identifier) of an annotation written over and over: last number acknowledged, last number sent."""

    @property
    def project(self) -> str:
        return f"round-{self.number}"


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(start_server: Callable[[], Server]) -> None:
    chance = random.Random(SEED)
    server = start_server()
    rounds: list[Round] = []
    for number in range(ROUNDS):
        now = Round(number)
        rounds.append(now)
        put_under_load_and_kill(server, now, seed=SEED * 1000 + number, after_s=chance.uniform(0.15, 0.8))
        server.start()
        check(server, now)
    # Nothing of it depends on luck: every batch can be sent again, and what was said early finds its span then.
    for past in rounds:
        for batch in past.batches:
            send_spans(server, past.project, batch)
        past.acknowledged = {span_id for batch in past.batches for span_id in batch}
        check(server, past)
    assert sum(len(past.acknowledged) for past in rounds) > ROUNDS * 100
    assert sum(len(past.promised) for past in rounds) > ROUNDS * 20
    server.stop()
    with sqlite3.connect(server.data / "rubricate.db") as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    connection.close()


def put_under_load_and_kill(server: Server, now: Round, *, seed: int, after_s: float) -> None:
    killed = threading.Event()
    sent: list[str] = []  # span ids as they are being sent: what `sync=false` may speak of before they are there

    def until_killed(work: Callable[[Server, Round, random.Random, int, list[str]], None], thread: int) -> None:
        chance = random.Random(seed * 10 + thread)
        while not killed.is_set():
            try:
                work(server, now, chance, thread, sent)
            except (urllib.error.URLError, HTTPException, OSError):
                # No answer, no promise. Before the kill that would be a server that fails without being hurt.
                assert killed.wait(timeout=20), "the server stopped answering before it was killed"

    workers = (ingest, ingest, annotate, annotate_and_ask_nothing)
    with ThreadPoolExecutor(len(workers)) as threads:
        running = [threads.submit(until_killed, work, thread) for thread, work in enumerate(workers)]
        # The moment is the subject of this test: a server in the middle of its work, wherever that is.
        killed.wait(after_s)
        server.kill9()
        killed.set()
        for worker in running:
            worker.result(timeout=30)


def ingest(server: Server, now: Round, chance: random.Random, thread: int, sent: list[str]) -> None:
    batch = [chance.randbytes(8).hex() for _ in range(chance.randint(20, 100))]
    now.batches.append(batch)
    sent.extend(batch)
    send_spans(server, now.project, batch)
    now.acknowledged.update(batch)


def annotate(server: Server, now: Round, chance: random.Random, thread: int, sent: list[str]) -> None:
    """Annotations of spans that are there; and one that is written over and over."""
    known = list(now.acknowledged.copy())
    if not known:
        return
    keys = [(chance.choice(known), f"sync-{chance.getrandbits(64):x}") for _ in range(chance.randint(1, 10))]
    counted = next(iter(now.counted), (known[0], "counted"))
    acknowledged, last = now.counted.get(counted, (0, 0))
    now.counted[counted] = (acknowledged, last + 1)
    ids = post_annotations(server, [*keys, counted], label=str(last + 1), sync=True)
    assert len(ids) == len(keys) + 1
    now.counted[counted] = (last + 1, last + 1)
    now.promised.update(keys)


def annotate_and_ask_nothing(server: Server, now: Round, chance: random.Random, thread: int, sent: list[str]) -> None:
    """Annotations of spans that may be there, on their way, or lost with the next kill."""
    recent = sent[-200:]
    if not recent:
        return
    keys = [(chance.choice(recent), f"async-{chance.getrandbits(64):x}") for _ in range(chance.randint(1, 10))]
    post_annotations(server, keys, label="early", sync=False)
    now.promised.update(keys)


def check(server: Server, past: Round) -> None:
    stored = set(read_span_ids(server, past.project)) if past.acknowledged else set()
    lost = past.acknowledged - stored
    assert not lost, f"{past.project}: {len(lost)} of {len(past.acknowledged)} acknowledged spans are lost: {lost}"
    torn = [batch for batch in past.batches if 0 < len(stored.intersection(batch)) < len(batch)]
    assert not torn, f"{past.project}: {len(torn)} batches are torn"

    wanted = sorted({span_id for span_id, _ in past.promised if span_id in stored})
    labels = read_annotations(server, past.project, wanted + [span_id for span_id, _ in past.counted])
    missing = {key for key in past.promised if key[0] in stored} - set(labels)
    assert not missing, f"{past.project}: {len(missing)} of {len(past.promised)} annotations are lost: {missing}"
    for key, (acknowledged, last) in past.counted.items():
        assert acknowledged <= int(labels.get(key, "0")) <= last, f"{past.project}: an annotation went back in time"


def send_spans(server: Server, project: str, span_ids: Sequence[str]) -> None:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="openinference.project.name").value.string_value = project
    scope = resource.scope_spans.add()
    for place, span_id in enumerate(span_ids):
        # Traces of seven spans, so that a batch has several, and each its root.
        span = scope.spans.add(
            trace_id=bytes.fromhex(span_ids[place - place % 7]) * 2,
            span_id=bytes.fromhex(span_id),
            parent_span_id=b"" if place % 7 == 0 else bytes.fromhex(span_ids[place - 1]),
            name=f"span {place}",
            start_time_unix_nano=1_700_000_000_000_000_000 + place,
            end_time_unix_nano=1_700_000_000_000_000_000 + place + 1000,
        )
        span.attributes.add(key="input.value").value.string_value = f"question {span_id} " * 20
        span.attributes.add(key="session.id").value.string_value = f"session {span_ids[0]}"
    call(server, "/v1/traces", request.SerializeToString(), "application/x-protobuf")


def post_annotations(server: Server, keys: Sequence[tuple[str, str]], *, label: str, sync: bool) -> list[str]:
    data = [
        {
            "span_id": span_id,
            "name": "quality",
            "annotator_kind": "CODE",
            "result": {"label": label},
            "identifier": identifier,
        }
        for span_id, identifier in keys
    ]
    path = f"/v1/span_annotations?sync={'true' if sync else 'false'}"
    answer = json.loads(call(server, path, json.dumps({"data": data}).encode(), "application/json"))
    return [item["id"] for item in answer["data"]]


def read_span_ids(server: Server, project: str) -> Iterator[str]:
    for page in pages(server, f"/v1/projects/{project}/spans", [("limit", "1000")]):
        for span in page:
            yield span["context"]["span_id"]


def read_annotations(server: Server, project: str, span_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """(span id, identifier): label."""
    found = {}
    for start in range(0, len(span_ids), READ_AT_ONCE):
        query = [("limit", "10000"), *(("span_ids", span_id) for span_id in span_ids[start : start + READ_AT_ONCE])]
        for item in itertools.chain.from_iterable(pages(server, f"/v1/projects/{project}/span_annotations", query)):
            found[item["span_id"], item["identifier"]] = item["result"]["label"]
    return found


def pages(server: Server, path: str, query: Sequence[tuple[str, str]]) -> Iterator[list[dict[str, Any]]]:
    cursor: str | None = None
    while True:
        whole = [*query, ("cursor", cursor)] if cursor else query
        page = json.loads(call(server, f"{path}?{urllib.parse.urlencode(whole)}"))
        yield page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def call(server: Server, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
    """The answer's body; anything but 200 is an exception."""
    request = urllib.request.Request(server.base_url + path, body, {"content-type": content_type} if body else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        whole: bytes = answer.read()
        return whole


def test_a_server_that_is_told_to_stop_answers_closes_its_store_and_ends_well(
    start_server: Callable[[], Server],
) -> None:
    server = start_server()
    now = Round(0, batches=[["11" * 8, "22" * 8]])
    send_spans(server, now.project, now.batches[0])
    now.acknowledged.update(now.batches[0])
    assert server.stop() == 0
    assert {path.name for path in server.data.iterdir()} == {"rubricate.db", "rubricate.lock"}
    server.start()
    check(server, now)
