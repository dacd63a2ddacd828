"""JSON and zstd through the HTTP door: what is sent, what is answered, and how much is unpacked."""

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from typing import cast

import anyio
import httpx
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from rubricate_server.ingest.errors import Corrupt, TooLarge
from rubricate_server.ingest.http import TraceDoor
from rubricate_server.ingest.pipeline import Ingest, IngestLimits, decompressed
from rubricate_server.storage.contract import DeadLetter, NewAnnotation, NewSpan, SpanStore

IDS = {"traceId": "01", "spanId": "02"}
NOT_OURS = {"data": [{"name": "x"}]}


class MemoryStore:
    """As much of a SpanStore as ingest uses."""

    def __init__(self) -> None:
        self.spans: list[NewSpan] = []
        self.rejected: list[DeadLetter] = []

    def add(
        self,
        spans: Sequence[NewSpan],
        rejected: Sequence[DeadLetter] = (),
        annotations: Mapping[bytes, Sequence[NewAnnotation]] | None = None,
    ) -> int:
        self.spans += spans
        self.rejected += rejected
        return len(spans)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def request(*spans: object) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def send(store: MemoryStore, body: bytes, path: str = "/v1/traces", **headers: str) -> httpx.Response:
    app = TraceDoor(Starlette(), ingest=Ingest(cast(SpanStore, store)))  # cast: it uses `add` alone
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.post(path, content=body, headers=sent)

    return anyio.run(post)


@pytest.mark.parametrize("path", ["/v1/traces", "/"])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_stored_and_answered_in_json(store: MemoryStore, path: str, content_type: str) -> None:
    answer = send(store, request(IDS), path, content_type=content_type)
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == "application/json"
    assert len(store.spans) == 1


def test_bad_spans_are_told_and_kept_one_by_one(store: MemoryStore) -> None:
    answer = send(store, request(IDS, {"traceId": "zz"}, {"spanId": "01"}))
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "2"
    assert "traceId: 'zz'" in partial["errorMessage"]
    assert [letter.encoding for letter in store.rejected] == ["json", "json"]
    assert len(store.spans) == 1


@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_json_that_is_no_otlp_is_refused(store: MemoryStore, path: str) -> None:
    answer = send(store, json.dumps(NOT_OURS).encode(), path)
    assert answer.status_code == 400
    assert "no resourceSpans" in answer.text


def test_broken_json_is_told_where(store: MemoryStore) -> None:
    answer = send(store, b'{"resourceSpans": [')
    assert answer.status_code == 400
    assert "column" in answer.text


def test_the_project_is_the_headers_then_the_resources(store: MemoryStore) -> None:
    project = {"key": "openinference.project.name", "value": {"stringValue": "mine"}}
    body = json.dumps(
        {"resourceSpans": [{"resource": {"attributes": [project]}, "scopeSpans": [{"spans": [IDS]}]}]}
    ).encode()
    send(store, body)
    send(store, body, x_project_name="theirs")
    assert [span.project for span in store.spans] == ["mine", "theirs"]


@pytest.mark.parametrize("encoding", ["zstd", "ZSTD"])
def test_zstd_is_unpacked(store: MemoryStore, encoding: str) -> None:
    answer = send(store, zstandard.compress(request(IDS)), content_encoding=encoding)
    assert answer.status_code == 200
    assert len(store.spans) == 1


def test_json_may_be_compressed_in_any_way(store: MemoryStore) -> None:
    assert send(store, gzip.compress(request(IDS)), content_encoding="gzip").status_code == 200


def unpacked(body: bytes, limit: int = 1 << 30) -> bytes:
    ingest = Ingest(cast(SpanStore, MemoryStore()), IngestLimits(max_pending_bytes=1 << 31))
    with ingest.room() as room:
        return decompressed(body, "zstd", limit, room)


def streamed(plain: bytes) -> bytes:
    """Without a size in the frame's header, as a stream is sent."""
    compressor = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return compressor.compress(plain) + compressor.flush()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 300_000), max_size=3))
def test_frames_come_back_as_they_were(seed: int, sizes: list[int]) -> None:
    source = random.Random(seed)
    plains = [source.randbytes(size // 2) + bytes(size // 2) for size in sizes]
    assert unpacked(b"".join(map(streamed, plains))) == b"".join(plains)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_broken_body_is_corrupt(data: st.DataObject) -> None:
    whole = streamed(random.Random(1).randbytes(2000) + bytes(5000))
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(Corrupt, match="cannot be decompressed"):
        unpacked(whole[:cut])


@pytest.mark.parametrize("body", [b"junk", b"\x28\xb5\x2f\xfd", zstandard.compress(b"a") + b"junk"])
def test_junk_is_corrupt(body: bytes) -> None:
    with pytest.raises(Corrupt):
        unpacked(body)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(1 << 28))
    assert len(bomb) < 50_000
    with pytest.raises(TooLarge):
        unpacked(bomb, limit=1 << 20)


def test_a_frame_that_wants_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(random.Random(1).randbytes(1000)) + compressor.flush()
    with pytest.raises(Corrupt):
        unpacked(body)


def test_an_empty_body_is_empty() -> None:
    assert unpacked(b"") == b""
