"""OTLP over gRPC, over real sockets: a store in memory."""

import socket
from collections.abc import Iterator, Sequence
from typing import Any, cast

import grpc  # type: ignore[import-untyped]  # has no stubs
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # has no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # has no stubs
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse  # type: ignore[import-untyped]  # has no stubs
from grpc_health.v1.health_pb2_grpc import HealthStub  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from rubricate_server.ingest.grpc import SERVICE, GrpcServer, PortUnavailable, serve_grpc
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import DeadLetter, NewSpan, SpanStore
from rubricate_server.storage.errors import QueueFull


class MemoryStore:
    """As much of a SpanStore as ingest uses."""

    def __init__(self) -> None:
        self.spans: list[NewSpan] = []
        self.rejected: list[DeadLetter] = []
        self.trouble: Exception | None = None

    def add(self, spans: Sequence[NewSpan], rejected: Sequence[DeadLetter] = ()) -> int:
        if self.trouble:
            raise self.trouble
        self.spans.extend(spans)
        self.rejected.extend(rejected)
        return len(spans)


def request(*span_ids: bytes, text: str = "") -> ExportTraceServiceRequest:
    whole = ExportTraceServiceRequest()
    scope = whole.resource_spans.add().scope_spans.add()
    for span_id in span_ids:
        scope.spans.add(trace_id=b"trace", span_id=span_id, name=f"s{text}")
    return whole


def ingest_into(store: MemoryStore) -> Ingest:
    return Ingest(cast(SpanStore, store))  # cast: it uses `add` alone


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def server(store: MemoryStore) -> Iterator[GrpcServer]:
    running = serve_grpc(ingest_into(store), "127.0.0.1", 0)
    yield running
    running.stop(0)


@pytest.fixture
def channel(server: GrpcServer) -> Iterator[Any]:
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=options) as opened:
        yield opened


def export(channel: Any, sent: ExportTraceServiceRequest, **more: Any) -> ExportTraceServiceResponse:
    stub = TraceServiceStub(channel)  # type: ignore[no-untyped-call]  # grpc has no stubs
    answer: ExportTraceServiceResponse = stub.Export(sent, timeout=20, **more)
    return answer


def export_bytes(channel: Any, sent: bytes) -> ExportTraceServiceResponse:
    answer: bytes = channel.unary_unary(f"/{SERVICE}/Export")(sent, timeout=20)
    response: ExportTraceServiceResponse = ExportTraceServiceResponse.FromString(answer)
    return response


def test_spans_are_stored_before_the_answer(channel: Any, store: MemoryStore) -> None:
    answer = export(channel, request(b"a", b"b"), metadata=[("x-project-name", "mine")])
    assert not answer.HasField("partial_success")
    assert [(span.span_id, span.project) for span in store.spans] == [(b"a", "mine"), (b"b", "mine")]


def test_compressed_messages_are_read(channel: Any, store: MemoryStore) -> None:
    export(channel, request(b"a", text="x" * 10_000), compression=grpc.Compression.Gzip)
    assert len(store.spans) == 1


def test_messages_of_many_megabytes_are_read(channel: Any, store: MemoryStore) -> None:
    export(channel, request(b"a", text="x" * (12 << 20)))
    assert len(store.spans[0].name) > 12 << 20


def test_refused_spans_are_told_and_kept(channel: Any, store: MemoryStore) -> None:
    answer = export(channel, request(b"a", b""))
    assert answer.partial_success.rejected_spans == 1
    assert "span_id: empty" in answer.partial_success.error_message
    assert (len(store.spans), len(store.rejected)) == (1, 1)


def test_one_bad_string_costs_one_span(channel: Any, store: MemoryStore) -> None:
    body = bytes(request(b"a", b"b").SerializeToString()).replace(b"\x2a\x01s", b"\x2a\x01\xff", 1)
    answer = export_bytes(channel, body)
    assert answer.partial_success.rejected_spans == 1
    assert "name: no valid UTF-8" in answer.partial_success.error_message
    assert [span.span_id for span in store.spans] == [b"b"]


def test_what_is_no_request_is_an_invalid_argument(channel: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        export_bytes(channel, b"junk")
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "no ExportTraceServiceRequest" in caught.value.details()


def test_a_full_queue_says_when_to_come_back(channel: Any, store: MemoryStore) -> None:
    store.trouble = QueueFull("full", 1.5)
    with pytest.raises(grpc.RpcError) as caught:
        export(channel, request(b"a"))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    status = Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
    assert (status.code, status.message) == (8, "full")
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    assert (info.retry_delay.seconds, info.retry_delay.nanos) == (1, 500_000_000)


@pytest.mark.parametrize("service", ["", SERVICE])
def test_it_says_that_it_is_healthy(channel: Any, service: str) -> None:
    answer = HealthStub(channel).Check(HealthCheckRequest(service=service), timeout=20)
    assert answer.status == HealthCheckResponse.SERVING


def test_messages_over_the_limit_are_refused(store: MemoryStore) -> None:
    running = serve_grpc(ingest_into(store), "127.0.0.1", 0, max_message_bytes=1000)
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel, pytest.raises(grpc.RpcError) as caught:
        export(channel, request(b"a", text="x" * 2000), compression=grpc.Compression.Gzip)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    running.stop(0)


def test_a_taken_port_is_told_and_never_shared(server: GrpcServer, store: MemoryStore) -> None:
    with pytest.raises(PortUnavailable, match=f"127.0.0.1:{server.port}: another program has the port"):
        serve_grpc(ingest_into(store), "127.0.0.1", server.port)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortUnavailable):
        serve_grpc(ingest_into(store), "127.0.0.1", other.getsockname()[1])


def test_a_stopped_server_frees_its_port(store: MemoryStore) -> None:
    running = serve_grpc(ingest_into(store), "127.0.0.1", 0)
    running.stop(1)
    again = serve_grpc(ingest_into(store), "127.0.0.1", running.port)
    assert again.port == running.port
    again.stop(0)
