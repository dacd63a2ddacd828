"""OpenTelemetry's own SDK and exporters, with nothing of ours or Phoenix's in between."""

import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # has no stubs
import httpx
import phoenix.client
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse  # type: ignore[import-untyped]
from grpc_health.v1.health_pb2_grpc import HealthStub  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode

from ..server import Server, strangers_environment
from .helpers import HTTP, id_of, spans_in

PROJECT = "openinference.project.name"
TRACE_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
PROTOBUF = {"content-type": "application/x-protobuf"}


def exporters(server: Server) -> dict[str, SpanExporter]:
    url, target = f"{server.base_url}/v1/traces", f"127.0.0.1:{server.grpc_port}"
    return {
        "http": HttpExporter(endpoint=url),
        "http gzip": HttpExporter(endpoint=url, compression=Compression.Gzip),
        "http deflate": HttpExporter(endpoint=url, compression=Compression.Deflate),
        "grpc": GrpcExporter(endpoint=target, insecure=True),
        "grpc gzip": GrpcExporter(endpoint=target, insecure=True, compression=grpc.Compression.Gzip),
    }


@pytest.mark.parametrize("how", ["http", "http gzip", "http deflate", "grpc", "grpc gzip"])
@pytest.mark.parametrize("processor", [SimpleSpanProcessor, BatchSpanProcessor])
def test_a_span_arrives_whole(server: Server, project: str, how: str, processor: type) -> None:
    provider = TracerProvider(resource=Resource.create({PROJECT: project, "service.name": "shop"}))
    provider.add_span_processor(processor(exporters(server)[how]))
    tracer = provider.get_tracer("test", "1.0")

    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER) as outer:
        outer.set_attributes({"text": "grüße 🎈", "whole": 2**53 + 1, "part": 0.5, "yes": True, "list": ["a", "b"]})
        outer.add_event("tick", {"n": 1})
        with tracer.start_as_current_span("inner") as inner:
            inner.set_status(Status(StatusCode.ERROR, "it broke"))
    assert provider.force_flush()
    provider.shutdown()

    spans = {span["name"]: span for span in spans_in(server, project)}
    assert set(spans) == {"outer", "inner"}
    context = outer.get_span_context()
    assert spans["outer"]["context"] == {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    assert spans["inner"]["parent_id"] == id_of(spans["outer"])
    attributes = spans["outer"]["attributes"]
    assert {name: attributes[name] for name in ("text", "whole", "part", "yes", "list")} == {
        "text": "grüße 🎈",
        "whole": 2**53 + 1,
        "part": 0.5,
        "yes": True,
        "list": ["a", "b"],
    }
    [event] = spans["outer"]["events"]
    assert (event["name"], event["attributes"]) == ("tick", {"n": 1})
    assert (spans["inner"]["status_code"], spans["inner"]["status_message"]) == ("ERROR", "it broke")
    assert spans["outer"]["span_kind"] == "UNKNOWN"


def test_an_event_has_the_same_time_wherever_it_is_read(server: Server, project: str) -> None:
    provider = TracerProvider(resource=Resource.create({PROJECT: project}))
    provider.add_span_processor(SimpleSpanProcessor(exporters(server)["http"]))
    moments = [1_772_366_400_123_456_789, 1_772_366_400_123_456_499, 1_772_366_400_999_999_999]
    with provider.get_tracer("test").start_as_current_span("step") as span:
        for moment in moments:
            span.add_event("tick", timestamp=moment)
    provider.shutdown()

    [listed] = spans_in(server, project)
    with httpx.Client(base_url=server.base_url, verify=False) as http:
        frame = phoenix.client.Client(http_client=http).spans.get_spans_dataframe(project_identifier=project)
    assert frame["events"].tolist() == [listed["events"]]
    assert listed["events"][0]["timestamp"] == "2026-03-01T12:00:00.123457+00:00"


@pytest.mark.parametrize(
    ("module", "environment"),
    [
        ("http", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{http}"}),
        ("http", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:{http}/v1/traces"}),
        ("http", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{http}", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}),
        ("grpc", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{grpc}"}),
        ("grpc", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{grpc}", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}),
        (
            "http",
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{http}",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-project-name={project},api_key=abc",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=shop",
            },
        ),
        (
            "grpc",
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{grpc}",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-project-name={project}",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=shop",
            },
        ),
    ],
)
def test_the_environment_alone_says_where(
    server: Server, project: str, module: str, environment: dict[str, str]
) -> None:
    variables = {"OTEL_RESOURCE_ATTRIBUTES": f"{PROJECT}={project}"} | {
        name: value.format(http=server.port, grpc=server.grpc_port, project=project)
        for name, value in environment.items()
    }
    program = f"""
from opentelemetry.exporter.otlp.proto.{module}.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("test").start_span("said by the environment").end()
provider.shutdown()
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=strangers_environment() | variables | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert [span["name"] for span in spans_in(server, project)] == ["said by the environment"]


def test_a_thousand_spans_in_batches(server: Server, project: str) -> None:
    provider = TracerProvider(resource=Resource.create({PROJECT: project}))
    provider.add_span_processor(BatchSpanProcessor(exporters(server)["grpc"], max_export_batch_size=100))
    for number in range(1000):
        provider.get_tracer("test").start_span(f"n{number}").end()
    assert provider.force_flush()
    provider.shutdown()

    assert {span["name"] for span in spans_in(server, project)} == {f"n{number}" for number in range(1000)}


def test_the_same_export_twice_is_stored_once(server: Server, project: str) -> None:
    provider = TracerProvider(resource=Resource.create({PROJECT: project}))
    span = provider.get_tracer("test").start_span("once")
    span.end()
    exporter = exporters(server)["http"]

    assert exporter.export([span]) is SpanExportResult.SUCCESS  # type: ignore[list-item]  # it is readable
    assert exporter.export([span]) is SpanExportResult.SUCCESS  # type: ignore[list-item]  # it is readable
    exporter.shutdown()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["once"]


@pytest.mark.parametrize("how", ["grpc", "http"])
def test_a_message_above_grpcs_4_mib_arrives(server: Server, project: str, how: str) -> None:
    provider = TracerProvider(resource=Resource.create({PROJECT: project}))
    provider.add_span_processor(SimpleSpanProcessor(exporters(server)[how]))
    text = "lang " * (2 << 20)
    with provider.get_tracer("test").start_as_current_span("large") as span:
        span.set_attribute("input.value", text)
    provider.shutdown()

    [found] = spans_in(server, project)
    assert found["attributes"]["input.value"] == text


@pytest.mark.parametrize("service", ["", TRACE_SERVICE])
def test_the_grpc_door_says_that_it_is_well(server: Server, service: str) -> None:
    with channel(server) as opened:
        answer = HealthStub(opened).Check(HealthCheckRequest(service=service), timeout=5)

    assert answer.status == HealthCheckResponse.SERVING


def test_grpc_health_of_an_unknown_service(server: Server) -> None:
    with channel(server) as opened, pytest.raises(grpc.RpcError) as refused:
        HealthStub(opened).Check(HealthCheckRequest(service="no.such.Service"), timeout=5)

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("door", ["http", "grpc"])
def test_a_bad_span_is_rejected_alone_with_its_reason(server: Server, project: str, door: str) -> None:
    request = a_request(project, good=os.urandom(8), bad=b"")

    if door == "http":
        response = HTTP.post(f"{server.base_url}/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/x-protobuf"
        answer = ExportTraceServiceResponse.FromString(response.content)
    else:
        with channel(server) as opened:
            stub: Any = TraceServiceStub
            answer = stub(opened).Export(request, timeout=5)

    assert answer.partial_success.rejected_spans == 1
    assert "span_id" in answer.partial_success.error_message
    assert [span["name"] for span in spans_in(server, project)] == ["good"]


def test_a_good_request_is_answered_with_an_empty_message(server: Server, project: str) -> None:
    request = a_request(project, good=os.urandom(8))

    response = HTTP.post(f"{server.base_url}/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["x-phoenix-server-version"]


@pytest.mark.parametrize("path", ["/v1/traces", "/"])
@pytest.mark.parametrize("kind", ["application/x-protobuf", "application/x-protobuf; charset=utf-8"])
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_paths_types_and_encodings(server: Server, project: str, path: str, kind: str, encoding: str) -> None:
    body: bytes = a_request(project, good=os.urandom(8)).SerializeToString()
    packed = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    headers = {"content-type": kind} | ({"content-encoding": encoding} if encoding else {})

    response = HTTP.post(f"{server.base_url}{path}", content=packed, headers=headers)

    assert response.status_code == 200, response.text
    assert [span["name"] for span in spans_in(server, project)] == ["good"]


@pytest.mark.parametrize("endpoint", ["", "/", "/v1/traces", "/v1/traces/"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole endpoint", "base endpoint"])
def test_an_address_with_or_without_its_path_is_right(
    server: Server, project: str, monkeypatch: pytest.MonkeyPatch, endpoint: str, is_whole: bool
) -> None:
    """An exporter takes a whole endpoint as it is, and puts `v1/traces` behind a base one."""
    if not is_whole:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.base_url + endpoint)
    exporter = HttpExporter(endpoint=server.base_url + endpoint if is_whole else None)
    provider = TracerProvider(resource=Resource.create({PROJECT: project}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("test").start_span("alone").end()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["alone"]


def test_two_slashes_lead_to_the_same_door(server: Server, project: str) -> None:
    """What becomes of `f"{address}/v1/traces"` when the address ends with a slash."""
    body = a_request(project, good=os.urandom(8)).SerializeToString()

    assert HTTP.post(f"{server.base_url}//v1/traces", content=body, headers=PROTOBUF).status_code == 200
    assert [span["name"] for span in spans_in(server, project)] == ["good"]


def test_the_header_names_the_project_before_the_resource(server: Server, project: str) -> None:
    body = a_request("not-this-one", good=os.urandom(8)).SerializeToString()

    HTTP.post(f"{server.base_url}/v1/traces", content=body, headers=PROTOBUF | {"x-project-name": project})

    assert [span["name"] for span in spans_in(server, project)] == ["good"]
    assert spans_in(server, "not-this-one") == []


@contextmanager
def channel(server: Server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as opened:
        yield opened


def a_request(project: str, **span_ids: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    attribute = resource_spans.resource.attributes.add(key=PROJECT)
    attribute.value.string_value = project
    trace_id = os.urandom(16)
    resource_spans.scope_spans.add().spans.extend(
        Span(
            name=name,
            trace_id=trace_id,
            span_id=span_id,
            start_time_unix_nano=1_772_366_400_000_000_000,
            end_time_unix_nano=1_772_366_401_000_000_000,
        )
        for name, span_id in span_ids.items()
    )
    return request
