"""Small bodies that ask for much memory: refused with a sentence, before the memory is taken."""

import gzip
import json
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from ...server import Server
from ..helpers import HTTP
from .requests import PROTOBUF, raw_field, refused, taken

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the most memory of a process from /proc")

LIMIT = 16 << 20
UNPACKED = 64 << 20
SMALL = 100_000
"""What each of them has on the wire at most."""
MOST_GROWTH = 8 * LIMIT
"""The costliest of these take six times the limit, as honest bodies do; without bounds, empty spans took 1.4 GB."""
ARROW = {"content-type": "application/x-pandas-arrow"}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that unpacks up to LIMIT, and has loaded what it needs for tables."""
    environment = {
        "RUBRICATE_MAX_DECOMPRESSED_BYTES": str(LIMIT),
        "RUBRICATE_MAX_EXAMPLES": "1000",
        "RUBRICATE_MAX_SPANS": "10000",
    }
    with Server(tmp_path_factory.mktemp("bounded"), environment=environment).start() as server:
        evaluate(server, table(["0a"], label=pa.array(["good"])))
        yield server
        assert HTTP.get(f"{server.base_url}/readyz").json() == {}


@contextmanager
def little_memory(server: Server) -> Iterator[None]:
    """The server never takes much more than it has."""
    process = Path(f"/proc/{server.pid}")

    def kib(name: str) -> int:
        return int((process / "status").read_text().split(f"{name}:")[1].split()[0])

    (process / "clear_refs").write_text("5")  # the most so far is what there is now
    before = kib("VmRSS")
    yield
    growth = (kib("VmHWM") - before) * 1024
    assert growth < MOST_GROWTH, f"{growth >> 20} MiB"


def table(ids: Any, **columns: Any) -> pa.Table:
    described = {b"arize": json.dumps({"eval_name": "bomb", "eval_type": "SpanEvaluations"}).encode()}
    return pa.table({"context.span_id": ids, **columns}).replace_schema_metadata(described)


def stream(sent: pa.Table, compression: str | None = "zstd") -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, sent.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(sent)
    return bytes(sink.getvalue())


def evaluate(server: Server, sent: pa.Table | bytes, **headers: str) -> httpx.Response:
    content = sent if isinstance(sent, bytes) else stream(sent)
    assert len(content) < SMALL
    return HTTP.post(f"{server.base_url}/v1/evaluations", content=content, headers=ARROW | headers)


def upload(server: Server, content: bytes, kind: str, **part: str) -> httpx.Response:
    assert len(content) < SMALL
    return HTTP.post(
        f"{server.base_url}/v1/datasets/upload",
        data={"name": "bomb", "input_keys[]": "q"},
        files={"file": ("file", content, kind, part)},
    )


def of_arrow_0_17() -> bytes:
    """Compressed in the way of before 1.0, which is said in the metadata of each message."""
    packed = struct.pack("<q", UNPACKED) + pa.compress(bytes(UNPACKED), codec="zstd", asbytes=True)
    batch = pa.RecordBatch.from_arrays([pa.array([packed], pa.binary(len(packed)))], ["q"])
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch, custom_metadata={"ARROW:experimental_compression": "zstd"})
    return bytes(sink.getvalue()).replace(struct.pack("<i", len(packed)), struct.pack("<i", UNPACKED), 1)


def pointed_at(count: int) -> pa.Table:
    """Batches of few rows each, which all point at the one large value."""
    large = pa.array(["x" * (1 << 20)])
    chunks = [pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int8()), large) for _ in range(count)]
    return pa.concat_tables([table(["0a"] * 2, label=chunk) for chunk in chunks])


TABLES = {
    "a long text": lambda: table(["0a"], label=pa.array(["x" * UNPACKED])),
    "rows of a byte": lambda: table(pa.Array.from_buffers(pa.int8(), LIMIT // 4, [None, pa.py_buffer(bytes(LIMIT))])),
    "rows without a byte": lambda: table(pa.nulls(1 << 30)),
    "a list of nothing": lambda: table(
        ["0a"], label=pa.ListArray.from_arrays(pa.array([0, 1 << 30], pa.int32()), pa.nulls(1 << 30))
    ),
    "pointers": lambda: pointed_at(40),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_not_unpacked(bounded: Server, name: str) -> None:
    sent = TABLES[name]()
    with little_memory(bounded):
        refused(evaluate(bounded, sent), str(LIMIT), "RUBRICATE_MAX_DECOMPRESSED_BYTES", status=413)
    with little_memory(bounded):
        content = stream(sent.rename_columns(["q", *sent.column_names[1:]]))
        response = upload(bounded, content, "application/x-pandas-pyarrow")
        refused(response, "at most 1000 at once" if "rows" in name else str(LIMIT), status=413)


def test_values_that_rows_may_share_are_not_taken(bounded: Server) -> None:
    for shared in (pa.string_view(), pa.list_view(pa.int8()), pa.list_(pa.binary_view())):
        sent = table(["0a"], label=pa.nulls(1, shared))
        refused(evaluate(bounded, sent), str(shared), "send plain values", status=422)


def test_a_table_of_old_arrow_is_not_unpacked(bounded: Server) -> None:
    sent = of_arrow_0_17()
    assert pa.ipc.open_stream(sent).read_all().nbytes >= UNPACKED
    with little_memory(bounded):
        refused(evaluate(bounded, sent), "before 1.0", status=422)
        refused(upload(bounded, sent, "application/x-pandas-pyarrow"), "before 1.0", status=422)


def test_offsets_that_lie_are_refused(bounded: Server) -> None:
    """Nobody reads beyond a buffer's end, and no text is there twice."""
    honest = stream(table(["0a"] * 3, label=pa.array(["x" * 1000, "y", "z"])), None)
    for lie in ((0, 1 << 30, 1001, 1002), (0, 1000, 0, 1002), (0, -5, 1001, 1002)):
        sent = honest.replace(struct.pack("<4i", 0, 1000, 1001, 1002), struct.pack("<4i", *lie))
        assert sent != honest
        refused(evaluate(bounded, sent), "Arrow", status=422)
        refused(upload(bounded, sent, "application/x-pandas-pyarrow"), status=422)
    taken(evaluate(bounded, honest))


def test_a_packed_stream_of_a_packed_table(bounded: Server) -> None:
    sent = gzip.compress(stream(TABLES["a long text"]()))
    with little_memory(bounded):
        refused(evaluate(bounded, sent, **{"content-encoding": "gzip"}), "RUBRICATE_MAX_DECOMPRESSED_BYTES", status=413)


@pytest.mark.parametrize(("line", "kind"), [(b"1\n", "text/csv"), (b'{"q":1}\n', "application/jsonl")])
def test_lines_are_counted_while_they_are_read(bounded: Server, line: bytes, kind: str) -> None:
    sent = gzip.compress(b"q\n" * (kind == "text/csv") + line * ((LIMIT - 2) // len(line)))
    with little_memory(bounded):
        response = upload(bounded, sent, kind, **{"Content-Encoding": "gzip"})
        refused(response, "more than 1000 examples", "RUBRICATE_MAX_EXAMPLES", status=422)


A_SPAN = b"\x0a\x01t\x12\x01s"
EMPTY_SPAN = b"\x12\x00"
EMPTY_ATTRIBUTE = b"\x4a\x00"
MOST = LIMIT // 2 - 50
"""Of two bytes each."""
REQUESTS = {
    "empty resources": (b"\x0a\x00" * MOST, 413),
    "empty scopes": (raw_field(1, b"\x12\x00" * MOST), 413),
    "empty spans": (raw_field(1, raw_field(2, EMPTY_SPAN * MOST)), 413),
    "short spans": (raw_field(1, raw_field(2, raw_field(2, A_SPAN) * 300_000)), 413),
    "a span of empty attributes": (raw_field(1, raw_field(2, raw_field(2, A_SPAN + EMPTY_ATTRIBUTE * MOST))), 200),
    "a resource of one attribute": (
        raw_field(1, raw_field(1, raw_field(1, raw_field(2, raw_field(5, b"\x0a\x00" * MOST))))),
        200,
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_spans_are_counted_before_they_are_parsed(bounded: Server, name: str) -> None:
    body, status = REQUESTS[name]
    packed = gzip.compress(body)
    assert len(packed) < SMALL
    with little_memory(bounded):
        headers = PROTOBUF | {"content-encoding": "gzip"}
        response = HTTP.post(f"{bounded.base_url}/v1/traces", content=packed, headers=headers)
    assert response.status_code == status, response.text
    if status == 413:
        refused(response, "RUBRICATE_MAX_SPANS" if name == "short spans" else "send fewer spans at once")
    elif "span" in name:
        assert (
            "more than 12388 attributes, events and links"
            in ExportTraceServiceResponse.FromString(response.content).partial_success.error_message
        )
