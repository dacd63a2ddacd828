"""Where spans go for every spelling, and that none is lost without a word."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rubricate.otel import (
    PROJECT_NAME,
    BatchSpanProcessor,
    GRPCSpanExporter,
    HTTPSpanExporter,
    Resource,
    SimpleSpanProcessor,
    TracerProvider,
    destination,
    register,
)

COLLECTOR = "PHOENIX_COLLECTOR_ENDPOINT"


@pytest.mark.parametrize(
    ("environment", "endpoint", "protocol", "result"),
    [
        # CONTRACT §4, row by row; where Phoenix's own register loses spans, they arrive.
        ({}, None, None, "http/protobuf http://127.0.0.1:6006/v1/traces"),
        ({COLLECTOR: "http://h:6006"}, None, None, "http/protobuf http://h:6006/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:6006"}, None, None, "http/protobuf http://h:6006/v1/traces"),
        ({"PHOENIX_ENDPOINT": "http://h:6006"}, None, None, "http/protobuf http://h:6006/v1/traces"),
        ({COLLECTOR: "http://h:6006/v1/traces"}, None, None, "http/protobuf http://h:6006/v1/traces"),
        ({COLLECTOR: "http://h:6006"}, None, "http/protobuf", "http/protobuf http://h:6006/v1/traces"),
        ({COLLECTOR: "http://h:6006/pre"}, None, "http/protobuf", "http/protobuf http://h:6006/pre/v1/traces"),
        ({}, "https://app.phoenix.arize.com", None, "http/protobuf https://app.phoenix.arize.com/v1/traces"),
        ({COLLECTOR: "https://a.com/s/me"}, None, None, "http/protobuf https://a.com/s/me/v1/traces"),
        ({}, "http://h:6006/v1/traces", None, "http/protobuf http://h:6006/v1/traces"),
        ({}, "http://h:4317", None, "grpc http://h:4317"),
        ({}, "http://h:6006", None, "http/protobuf http://h:6006/v1/traces"),
        ({}, "http://h:6006", "http/protobuf", "http/protobuf http://h:6006/v1/traces"),
        ({}, "http://h:9000", "grpc", "grpc http://h:9000"),
        # Further spellings.
        ({COLLECTOR: "http://h:4317"}, None, None, "grpc http://h:4317"),
        ({COLLECTOR: "http://h:6006"}, None, "grpc", "grpc http://h:4317"),
        ({COLLECTOR: "http://h:6006/v1/traces"}, None, "grpc", "grpc http://h:4317"),
        ({COLLECTOR: "grpc://h:9"}, None, None, "grpc http://h:9"),
        ({"RUBRICATE_GRPC_PORT": "9"}, "http://h:9", None, "grpc http://h:9"),
        ({"PHOENIX_GRPC_PORT": "9"}, "http://h:4317", None, "http/protobuf http://h:4317/v1/traces"),
        ({}, "http://h:4317/v1/traces", None, "http/protobuf http://h:4317/v1/traces"),
        ({}, "grpc://h", None, "grpc http://h:4317"),
        ({}, "grpcs://h:1", None, "grpc https://h:1"),
        ({}, "https://h", "grpc", "grpc https://h:443"),
        ({}, "localhost:4317/", None, "grpc http://localhost:4317"),
        ({}, "localhost:6006/", None, "http/protobuf http://localhost:6006/v1/traces"),
        ({}, "http://[::1]:4317", None, "grpc http://[::1]:4317"),
        ({"PHOENIX_HOST": "0.0.0.0", "PHOENIX_PORT": "7"}, None, None, "http/protobuf http://127.0.0.1:7/v1/traces"),
        ({"PHOENIX_ENDPOINT": "http://api", COLLECTOR: "http://c"}, None, None, "http/protobuf http://c/v1/traces"),
        ({"RUBRICATE_ENDPOINT": "http://r", COLLECTOR: "http://c"}, None, None, "http/protobuf http://r/v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            None,
            None,
            "grpc http://h:4317",
        ),
    ],
)
def test_where_spans_go(monkeypatch, environment, endpoint, protocol, result):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = destination(endpoint, protocol)
    assert f"{found.protocol} {found.url}" == result


@pytest.mark.parametrize(
    ("endpoint", "protocol", "reason"),
    [
        ("http://h:6006/v1/traces", "grpc", "has a path, which gRPC cannot use"),
        ("http://h:4317", "http/protobuf", "is the gRPC port"),
        ("grpc://h:4317", "http/protobuf", "says gRPC"),
        ("http://h:6006", "http", "protocol must be"),
        ("ftp://h", None, "is not an address"),
        ("http://h:port", None, "no valid port"),
        ("", None, "is not an address"),
    ],
)
def test_a_contradiction_is_an_error(endpoint, protocol, reason):
    with pytest.raises(ValueError, match=reason):
        destination(endpoint, protocol)


def test_grpc_at_the_http_port_is_warned_of(caplog):
    assert destination("http://h:6006", "grpc").url == "http://h:6006"
    assert "usually the HTTP port" in caplog.text


class Collector:
    """Takes traces over HTTP and gRPC, and answers as it is told."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}
        self.status = 200
        self.answer_headers: dict[str, str] = {"content-type": "application/x-protobuf"}
        self.body = b""
        self.grpc_error: tuple[grpc.StatusCode, str] | None = None

    def take(self, path: str, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            project = {each.key: each.value.string_value for each in resource.resource.attributes}[PROJECT_NAME]
            self.spans += [(project, span.name) for scope in resource.scope_spans for span in scope.spans]


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def http_url(collector: Collector) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.headers = {name.lower(): value for name, value in self.headers.items()}
            if collector.status == 200 and self.path == "/v1/traces":
                collector.take(self.path, body)
            self.send_response(collector.status if self.path == "/v1/traces" else 405)
            for name, value in {**collector.answer_headers, "content-length": str(len(collector.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(collector.body)

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def grpc_url(collector: Collector) -> Iterator[str]:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        collector.headers = dict(context.invocation_metadata())
        if collector.grpc_error:
            context.abort(*collector.grpc_error)
        collector.take("", body)
        return collector.body

    server = grpc.server(ThreadPoolExecutor(1))
    method = grpc.unary_unary_rpc_method_handler(export)
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": method})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"grpc://127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def providers() -> Iterator[list[TracerProvider]]:
    made: list[TracerProvider] = []
    yield made
    for provider in made:
        provider.shutdown()


def traced(providers: list[TracerProvider], **arguments: Any) -> TracerProvider:
    provider = register(set_global_tracer_provider=False, verbose=False, **arguments)
    providers.append(provider)
    with provider.get_tracer("test").start_as_current_span("step"):
        pass
    provider.force_flush()
    return provider


@pytest.mark.parametrize("batch", [False, True])
def test_spans_arrive_over_http(collector, http_url, providers, batch):
    traced(providers, endpoint=http_url, project_name="my app", batch=batch, api_key="k", headers={"X-Mine": "1"})
    assert collector.spans == [("my app", "step")]
    assert (collector.headers["authorization"], collector.headers["x-mine"]) == ("Bearer k", "1")


def test_spans_arrive_over_grpc(collector, grpc_url, providers, monkeypatch):
    monkeypatch.setenv("PHOENIX_CLIENT_HEADERS", "api_key=abc")
    monkeypatch.setenv("PHOENIX_PROJECT_NAME", "from env")
    traced(providers, endpoint=grpc_url, headers={"X-Mine": "1"})
    assert collector.spans == [("from env", "step")]
    assert (collector.headers["api_key"], collector.headers["x-mine"]) == ("abc", "1")


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "rubricate.otel"]


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (401, {}, "401 Unauthorized; give an API key"),
        (405, {}, "405 Method Not Allowed; traces are not taken at this address"),
        (400, {}, "400 Bad Request: too odd"),
        (
            301,
            {"location": "https://h/v1/traces"},
            "301 Moved Permanently; the server has moved to https://h/v1/traces",
        ),
        (200, {"content-type": "text/html"}, "a web page was answered"),
    ],
)
def test_a_failed_export_is_told(collector, http_url, providers, caplog, status, headers, reason):
    collector.status, collector.body = status, b"too odd"
    collector.answer_headers = {"content-type": "text/plain"} | headers
    traced(providers, endpoint=http_url)
    (message,) = losses(caplog)
    assert message.startswith(f"1 span lost: export to {http_url}/v1/traces failed: {reason}")
    assert message.endswith("(1 lost so far)")


def test_losses_are_counted(collector, http_url, caplog):
    collector.status = 400
    exporter = HTTPSpanExporter(endpoint=http_url)
    provider = TracerProvider(processor=None)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for _ in range(3):
        provider.get_tracer("test").start_span("step").end()
    provider.shutdown()
    assert exporter.lost == 3
    assert losses(caplog)[-1].endswith("(3 lost so far)")
    assert all(each.levelno == logging.ERROR for each in caplog.records if each.name == "rubricate.otel")


def test_spans_that_the_server_rejects_are_told(collector, http_url, providers, caplog):
    partial = ExportTracePartialSuccess(rejected_spans=1, error_message="no trace id")
    collector.body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    traced(providers, endpoint=http_url)
    assert "the server rejected them: no trace id" in losses(caplog)[0]


def test_spans_that_the_server_rejects_over_grpc_are_told(collector, grpc_url, providers, caplog):
    partial = ExportTracePartialSuccess(rejected_spans=1, error_message="no trace id")
    collector.body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    traced(providers, endpoint=grpc_url)
    assert "the server rejected them: no trace id" in losses(caplog)[0]


def test_a_failed_export_over_grpc_is_told(collector, grpc_url, providers, caplog):
    collector.grpc_error = (grpc.StatusCode.UNAUTHENTICATED, "who are you?")
    traced(providers, endpoint=grpc_url)
    (message,) = losses(caplog)
    assert "UNAUTHENTICATED: who are you?; give an API key" in message


def test_a_server_that_is_not_there_is_told(providers, caplog, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    traced(providers, endpoint="http://127.0.0.1:1")
    (message,) = losses(caplog)
    assert "no connection" in message
    assert "rubricate serve" in message


def test_a_batch_that_fails_is_counted_whole(collector, http_url, caplog):
    collector.status = 400
    memory = InMemorySpanExporter()
    provider = TracerProvider(processor=None)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    for _ in range(5):
        provider.get_tracer("test").start_span("step").end()
    provider.shutdown()
    exporter = HTTPSpanExporter(endpoint=http_url)
    assert exporter.export(memory.get_finished_spans()) is SpanExportResult.FAILURE
    assert exporter.lost == 5
    exporter.shutdown()


def test_register_says_where_spans_go(capsys, providers):
    providers.append(register(project_name="p", endpoint="http://h:1", set_global_tracer_provider=False))
    assert capsys.readouterr().err == (
        "Rubricate: spans of project 'p' go to http://h:1/v1/traces (http/protobuf, each as it ends).\n"
    )


def test_a_resource_is_kept(providers):
    resource = Resource({"service.name": "desk", PROJECT_NAME: "theirs"})
    arguments: dict[str, Any] = {"set_global_tracer_provider": False, "verbose": False, "resource": resource}
    providers.append(register(project_name="mine", **arguments))
    providers.append(register(**arguments))
    assert [provider.resource.attributes[PROJECT_NAME] for provider in providers] == ["mine", "theirs"]
    assert providers[0].resource.attributes["service.name"] == "desk"


def test_only_the_first_provider_can_be_global_and_that_is_told(providers, monkeypatch, caplog):
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", type(trace._TRACER_PROVIDER_SET_ONCE)())
    first, second = register(verbose=False), register(verbose=False)
    providers += [first, second]
    assert trace.get_tracer_provider() is first
    assert "Another global tracer provider" in losses(caplog)[0]


def processors(provider: TracerProvider) -> list[SpanProcessor]:
    return list(provider._active_span_processor._span_processors)


def test_a_processor_of_ones_own_takes_the_place_of_the_default(providers):
    provider = TracerProvider(endpoint="http://h:1", verbose=False)
    providers.append(provider)
    assert [type(each) for each in processors(provider)] == [SimpleSpanProcessor]
    mine, further = BatchSpanProcessor(endpoint="http://h:1"), BatchSpanProcessor(endpoint="http://h:1")
    provider.add_span_processor(mine)
    provider.add_span_processor(further)
    assert processors(provider) == [mine, further]


def test_exporters_take_endpoints_as_register_does():
    assert HTTPSpanExporter(endpoint="http://h:1/pre")._endpoint == "http://h:1/pre/v1/traces"
    assert HTTPSpanExporter()._endpoint == "http://127.0.0.1:6006/v1/traces"
    assert GRPCSpanExporter(endpoint="h:5")._endpoint == "h:5"
    with pytest.raises(ValueError, match="gRPC port"):
        HTTPSpanExporter(endpoint="http://h:4317")


def test_instrumentors_that_fail_do_not_stop_the_others(providers, monkeypatch, caplog):
    class Entry:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> Any:
            if self.name == "bad":
                raise ImportError("no such library")
            return lambda: self

        def instrument(self, tracer_provider: TracerProvider) -> None:
            instrumented.append(self.name)

    instrumented: list[str] = []
    monkeypatch.setattr("rubricate.otel.entry_points", lambda group: [Entry("bad"), Entry("good")])
    traced_with = register(auto_instrument=True, set_global_tracer_provider=False, verbose=False)
    providers.append(traced_with)
    assert instrumented == ["good"]
    assert "The instrumentor bad failed" in caplog.text
