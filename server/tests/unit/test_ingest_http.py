"""OTLP over HTTP, through the door an exporter uses: real bytes, a store in memory."""

import gzip
import threading
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import cast

import anyio
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette

from rubricate_server.ingest.errors import Busy
from rubricate_server.ingest.http import TraceDoor
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.ingest.pipeline import Ingest, IngestLimits
from rubricate_server.storage.contract import DeadLetter, NewSpan, SpanStore
from rubricate_server.storage.errors import QueueFull

PROTOBUF = {"content-type": "application/x-protobuf"}


class MemoryStore:
    """As much of a SpanStore as ingest uses."""

    def __init__(self) -> None:
        self.spans: list[NewSpan] = []
        self.rejected: list[DeadLetter] = []
        self.trouble: Exception | None = None
        self.calls = 0

    def add(self, spans: Sequence[NewSpan], rejected: Sequence[DeadLetter] = ()) -> int:
        self.calls += 1
        if self.trouble:
            raise self.trouble
        new = [span for span in spans if span.span_id not in {each.span_id for each in self.spans}]
        self.spans.extend(new)
        self.rejected.extend(rejected)
        return len(new)


def request(*span_ids: bytes, text: str = "") -> bytes:
    whole = ExportTraceServiceRequest()
    scope = whole.resource_spans.add().scope_spans.add()
    for span_id in span_ids:
        span = scope.spans.add(trace_id=b"trace", span_id=span_id, name=f"s{text}")
        pair = span.attributes.add(key="k")
        pair.value.string_value = text
    return bytes(whole.SerializeToString())


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def ingest_into(store: MemoryStore, limits: IngestLimits | None = None) -> Ingest:
    return Ingest(cast(SpanStore, store), limits or IngestLimits())  # cast: it uses `add` alone


def send(
    store: MemoryStore,
    body: bytes | AsyncIterator[bytes],
    headers: dict[str, str] | None = None,
    *,
    path: str = "/v1/traces",
    limits: IngestLimits | None = None,
    ingest: Ingest | None = None,
) -> httpx.Response:
    app = TraceDoor(Starlette(), ingest=ingest or ingest_into(store, limits))

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.post(path, content=body, headers=PROTOBUF | (headers or {}))

    return anyio.run(post)


@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_spans_are_stored_before_the_answer(store: MemoryStore, path: str) -> None:
    answer = send(store, request(b"a", b"b"), path=path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert [span.span_id for span in store.spans] == [b"a", b"b"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-protobuf; charset=utf-8",
        "Application/X-Protobuf",
        "application/protobuf",
        "application/x-protobuf;",
    ],
)
def test_protobuf_is_known_in_every_spelling(store: MemoryStore, content_type: str) -> None:
    assert send(store, request(b"a"), {"content-type": content_type}).status_code == 200
    assert len(store.spans) == 1


@pytest.mark.parametrize(
    ("content_type", "said"),
    [("text/plain", "'text/plain' is not supported"), ("", "send")],
)
def test_other_content_types_are_415(store: MemoryStore, content_type: str, said: str) -> None:
    answer = send(store, request(b"a"), {"content-type": content_type})
    assert answer.status_code == 415
    assert answer.headers["content-type"].startswith("text/plain")
    assert said in answer.text
    assert not store.spans


def test_other_requests_pass_through(store: MemoryStore) -> None:
    assert send(store, request(b"a"), path="/v1/elsewhere").status_code == 404
    assert not store.spans


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", request(b"a")),
        ("", request(b"a")),
        ("gzip", gzip.compress(request(b"a"))),
        ("GZIP", gzip.compress(request(b"a")) + b"\0\0"),
        ("gzip", gzip.compress(request(b"a")[:9]) + gzip.compress(request(b"a")[9:])),
        ("deflate", zlib.compress(request(b"a"))),
        ("deflate", raw_deflate(request(b"a"))),
    ],
)
def test_bodies_are_decompressed(store: MemoryStore, encoding: str, body: bytes) -> None:
    answer = send(store, body, {"content-encoding": encoding})
    assert (answer.status_code, answer.text) == (200, "")
    assert len(store.spans) == 1


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip"])
def test_an_unknown_encoding_is_415(store: MemoryStore, encoding: str) -> None:
    answer = send(store, request(b"a"), {"content-encoding": encoding})
    assert answer.status_code == 415
    assert encoding in answer.text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is no gzip"),
        ("gzip", gzip.compress(request(b"a") * 50)[:-12]),
        ("gzip", gzip.compress(request(b"a")) + b"junk"),
        ("gzip", gzip.compress(request(b"a"))[:-8] + bytes(8)),
        ("deflate", b"\xff\xff\xff"),
        ("deflate", zlib.compress(request(b"a"))[:-3]),
        ("identity", b"hello"),
        ("identity", request(b"a")[:-3]),
    ],
)
def test_broken_bodies_are_400(store: MemoryStore, encoding: str, body: bytes) -> None:
    answer = send(store, body, {"content-encoding": encoding})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert not store.calls


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_an_empty_body_is_an_empty_request(store: MemoryStore, encoding: str) -> None:
    answer = send(store, b"", {"content-encoding": encoding})
    assert (answer.status_code, answer.content, store.calls) == (200, b"", 0)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_not_unpacked(store: MemoryStore, encoding: str) -> None:
    wbits = 31 if encoding == "gzip" else 15
    squeezer = zlib.compressobj(9, wbits=wbits)
    bomb = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(64)) + squeezer.flush()
    assert len(bomb) < 100_000
    ingest = ingest_into(store, IngestLimits(max_decompressed_bytes=2 << 20, max_pending_bytes=4 << 20))
    answer = send(store, bomb, {"content-encoding": encoding}, ingest=ingest)
    assert answer.status_code == 413
    assert "when decompressed" in answer.text


def test_a_body_over_the_limit_is_413_and_not_read(store: MemoryStore) -> None:
    read = []

    async def endless() -> AsyncIterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield bytes(100)

    limits = IngestLimits(max_body_bytes=1000)
    assert send(store, bytes(1001), limits=limits).status_code == 413
    assert send(store, bytes(10), {"content-length": "9" * 5000}, limits=limits).status_code == 413
    ingest = ingest_into(store, limits)
    assert send(store, endless(), ingest=ingest).status_code == 413
    assert ingest.pending_bytes == 0
    assert ingest.counts()["refused"] == 1


def test_refused_spans_are_told_and_kept(store: MemoryStore) -> None:
    answer = send(store, request(b"a", b"", b"", b"x" * 40), {"x-project-name": "mine"})
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert answer.status_code == 200
    assert partial.rejected_spans == 3
    assert "span_id: empty" in partial.error_message
    assert "(2 spans)" in partial.error_message
    assert "span_id: 40 bytes" in partial.error_message
    assert [letter.project for letter in store.rejected] == ["mine"] * 3
    assert len(store.spans) == 1


def test_the_header_names_the_project_in_any_script(store: MemoryStore) -> None:
    send(store, request(b"a"), {"x-project-name": "  mine "})
    send(store, request(b"b"), {"x-project-name": "Bücher".encode()})  # type: ignore[dict-item]  # bytes go as they are
    send(store, request(b"c"), {"x-project-name": "Bücher".encode("latin-1")})  # type: ignore[dict-item]  # as above
    send(store, request(b"d"), {"x-project-name": ""})
    assert [span.project for span in store.spans] == ["mine", "Bücher", "Bücher", "default"]


@pytest.mark.parametrize("trouble", [QueueFull("full", 2.5), RuntimeError("disk")])
def test_a_store_in_trouble_is_503_with_a_time_to_wait(
    store: MemoryStore, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    store.trouble = trouble
    answer = send(store, request(b"a"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == ("3" if isinstance(trouble, QueueFull) else "1")


def test_more_than_fits_at_once_is_503_and_nothing_stays_held(store: MemoryStore) -> None:
    ingest = ingest_into(store, IngestLimits(max_pending_bytes=1000))
    busy = send(store, request(b"a", text="x" * 2000), ingest=ingest)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    squeezed = send(store, gzip.compress(request(b"a", text="x" * 2000)), {"content-encoding": "gzip"}, ingest=ingest)
    assert squeezed.status_code == 503
    assert ingest.pending_bytes == 0
    assert send(store, request(b"a"), ingest=ingest).status_code == 200


def test_what_happened_is_counted(store: MemoryStore) -> None:
    ingest = ingest_into(store)
    ingest.accept(request(b"a", b"b", b""))
    ingest.accept(request(b"a"))
    with pytest.raises(ValueError, match="protobuf"):
        ingest.accept(b"junk")
    store.trouble = QueueFull("full")
    with pytest.raises(Busy):
        ingest.accept(request(b"c"))
    assert ingest.counts() == {
        "requests": 4,
        "received": 4,
        "stored": 2,
        "rejected": 1,
        "malformed": 1,
        "refused": 1,
        "annotations": 0,
        "warnings": 0,
    }


def test_requests_in_work_share_the_room(store: MemoryStore) -> None:
    """While one request waits for its commit, what it holds counts against the others."""
    inside, leave = threading.Event(), threading.Event()

    class SlowStore(MemoryStore):
        def add(self, spans: Sequence[NewSpan], rejected: Sequence[DeadLetter] = ()) -> int:
            inside.set()
            assert leave.wait(10)
            return super().add(spans, rejected)

    slow = SlowStore()
    ingest = ingest_into(slow, IngestLimits(max_pending_bytes=3000))
    first = threading.Thread(target=ingest.accept, args=(request(b"a", text="x" * 1000),))
    first.start()
    assert inside.wait(10)
    with pytest.raises(Busy):
        ingest.accept(request(b"b", text="x" * 1000))
    leave.set()
    first.join(10)
    assert ingest.accept(request(b"b", text="x" * 1000)).stored == 1
    assert ingest.pending_bytes == 0


def test_limits_for_decoding_reach_the_decoder(store: MemoryStore) -> None:
    limits = IngestLimits(decode=DecodeLimits(max_attributes_per_span=0))
    outcome = ingest_into(store, limits).accept(request(b"a"))
    assert (outcome.received, outcome.stored, len(outcome.rejected)) == (1, 0, 1)


def test_many_different_reasons_are_cut(store: MemoryStore) -> None:
    outcome = ingest_into(store).accept(request(*(b"x" * size for size in range(40, 60))))
    assert outcome.summary().count("\n") == 10
    assert outcome.summary().endswith("… and 10 other reasons")
