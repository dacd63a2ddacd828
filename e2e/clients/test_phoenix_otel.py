"""arize-phoenix-otel's `register`, in every spelling that can reach a server on given ports."""

import json
import logging
from typing import Any

import pytest
from phoenix.otel import (
    PROJECT_NAME,
    BatchSpanProcessor,
    GRPCSpanExporter,
    HTTPSpanExporter,
    Resource,
    SimpleSpanProcessor,
    TracerProvider,
)
from phoenix.otel import register as phoenix_register
from phoenix.otel.settings import get_env_client_headers

from ..server import Server
from .helpers import Json, id_of, soon, spans_in

HTTP_DOOR = "http://127.0.0.1:{http}"
TRACES = "http://127.0.0.1:{http}/v1/traces"
GRPC_DOOR = "http://127.0.0.1:{grpc}"
GRPC_PORT = {"PHOENIX_GRPC_PORT": "{grpc}"}
COLLECTOR = "PHOENIX_COLLECTOR_ENDPOINT"
OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize("batch", [False, True], ids=["simple", "batch"])
@pytest.mark.parametrize(
    ("environment", "arguments", "exporter"),
    [
        pytest.param({**GRPC_PORT}, {}, GRPCSpanExporter, id="nothing but the port of gRPC"),
        pytest.param({COLLECTOR: HTTP_DOOR, **GRPC_PORT}, {}, GRPCSpanExporter, id="env base means gRPC"),
        pytest.param({OTLP: HTTP_DOOR, **GRPC_PORT}, {}, GRPCSpanExporter, id="OTEL env base means gRPC"),
        pytest.param({COLLECTOR: HTTP_DOOR}, {"protocol": "http/protobuf"}, HTTPSpanExporter, id="env base, HTTP"),
        pytest.param(
            {COLLECTOR: HTTP_DOOR, **GRPC_PORT}, {"protocol": "grpc"}, GRPCSpanExporter, id="env base, gRPC said"
        ),
        pytest.param({}, {"endpoint": TRACES}, HTTPSpanExporter, id="endpoint of traces"),
        pytest.param(
            {}, {"endpoint": TRACES, "protocol": "http/protobuf"}, HTTPSpanExporter, id="endpoint of traces, HTTP said"
        ),
        pytest.param(
            {},
            {"endpoint": HTTP_DOOR},
            HTTPSpanExporter,
            id="endpoint base: POST /",
            marks=pytest.mark.filterwarnings("ignore:Could not infer collector endpoint protocol:UserWarning"),
        ),
        pytest.param(
            {}, {"endpoint": HTTP_DOOR, "protocol": "http/protobuf"}, HTTPSpanExporter, id="endpoint base, HTTP said"
        ),
        pytest.param({**GRPC_PORT}, {"endpoint": GRPC_DOOR}, GRPCSpanExporter, id="endpoint is the gRPC port"),
        pytest.param({}, {"endpoint": GRPC_DOOR, "protocol": "grpc"}, GRPCSpanExporter, id="endpoint, gRPC said"),
        pytest.param(
            {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, {"endpoint": TRACES}, HTTPSpanExporter, id="gzip over HTTP"
        ),
        pytest.param(
            {"PHOENIX_CLIENT_HEADERS": "api_key=abc,x-team=blue%20one"},
            {"endpoint": TRACES},
            HTTPSpanExporter,
            id="headers over HTTP",
        ),
        pytest.param(
            {COLLECTOR: HTTP_DOOR, "PHOENIX_CLIENT_HEADERS": "api_key=abc", "PHOENIX_API_KEY": "zz", **GRPC_PORT},
            {},
            GRPCSpanExporter,
            id="headers over gRPC",
        ),
        pytest.param(
            {**GRPC_PORT}, {"endpoint": GRPC_DOOR, "api_key": "secret"}, GRPCSpanExporter, id="api_key over gRPC"
        ),
        pytest.param({}, {"endpoint": TRACES, "headers": {"Api_Key": "abc"}}, HTTPSpanExporter, id="headers given"),
    ],
)
def test_spans_arrive(
    server: Server,
    project: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    arguments: dict[str, str],
    exporter: type,
    batch: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, at(server, value))
    given: Json = {name: at(server, value) if name == "endpoint" else value for name, value in arguments.items()}

    provider = phoenix_register(
        project_name=project, batch=batch, set_global_tracer_provider=False, verbose=False, **given
    )
    try:
        assert exporter_of(provider, batch) is exporter
        tracer = provider.get_tracer("test")
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
            pass
        if batch:
            assert provider.force_flush()
        seen = spans_in(server, project)
    finally:
        provider.shutdown()

    assert sorted(span["name"] for span in seen) == ["inner", "outer"], "they are readable when the export returns"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_batch_is_sent_by_its_own_thread(server: Server, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    provider = phoenix_register(
        endpoint=at(server, TRACES), project_name=project, batch=True, set_global_tracer_provider=False, verbose=False
    )
    try:
        provider.get_tracer("test").start_span("alone").end()

        assert soon(lambda: spans_in(server, project))
    finally:
        provider.shutdown()


@pytest.mark.parametrize("variable", ["PHOENIX_PROJECT_NAME", "PHOENIX_PROJECT"])
def test_the_project_comes_from_the_environment(
    server: Server, project: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, project)
    provider = phoenix_register(endpoint=at(server, TRACES), set_global_tracer_provider=False, verbose=False)
    provider.get_tracer("test").start_span("mine").end()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["mine"]


def test_without_a_project_it_is_the_default_one(server: Server) -> None:
    provider = phoenix_register(endpoint=at(server, TRACES), set_global_tracer_provider=False, verbose=False)
    provider.get_tracer("test").start_span("nobody's").end()
    provider.shutdown()

    assert "nobody's" in [span["name"] for span in spans_in(server, "default")]


def test_what_is_printed_names_the_project(server: Server, project: str, capsys: pytest.CaptureFixture[str]) -> None:
    phoenix_register(endpoint=at(server, TRACES), project_name=project, set_global_tracer_provider=False).shutdown()

    assert project in capsys.readouterr().out


@pytest.mark.parametrize("processor", [SimpleSpanProcessor, BatchSpanProcessor])
@pytest.mark.parametrize(
    ("exporter", "door"), [(HTTPSpanExporter, TRACES), (GRPCSpanExporter, GRPC_DOOR)], ids=["http", "grpc"]
)
def test_the_parts_that_register_is_made_of(
    server: Server, project: str, exporter: Any, door: str, processor: Any
) -> None:
    resource = Resource.create({PROJECT_NAME: project})
    provider = TracerProvider(endpoint=at(server, TRACES), resource=resource, verbose=False)
    provider.add_span_processor(processor(exporter(endpoint=at(server, door))))
    provider.get_tracer("test").start_span("once").end()
    provider.force_flush()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["once"]


def test_decorators_and_attributes_arrive(server: Server, project: str) -> None:
    provider = phoenix_register(
        endpoint=at(server, TRACES), project_name=project, set_global_tracer_provider=False, verbose=False
    )
    tracer = provider.get_tracer("test")

    @tracer.chain
    def answer(question: str) -> str:
        return look_up(question).upper()

    @tracer.tool
    def look_up(question: str) -> str:
        """Look it up."""
        return f"{question}!"

    assert answer("héllo") == "HÉLLO!"
    provider.shutdown()

    spans = {span["name"]: span for span in spans_in(server, project)}
    assert {name: span["span_kind"] for name, span in spans.items()} == {"answer": "CHAIN", "look_up": "TOOL"}
    assert spans["look_up"]["parent_id"] == id_of(spans["answer"])
    assert spans["answer"]["attributes"]["output.value"] == "HÉLLO!"
    assert "héllo" in str(spans["answer"]["attributes"]["input.value"])
    assert spans["look_up"]["attributes"]["tool.description"] == "Look it up."
    assert spans["answer"]["status_code"] == "OK"


def test_an_exception_arrives_as_error_and_event(server: Server, project: str) -> None:
    provider = phoenix_register(
        endpoint=at(server, TRACES), project_name=project, set_global_tracer_provider=False, verbose=False
    )
    with pytest.raises(ZeroDivisionError), provider.get_tracer("test").start_as_current_span("divide"):
        _ = 1 / 0
    provider.shutdown()

    [span] = spans_in(server, project)
    assert span["status_code"] == "ERROR"
    assert span["status_message"] == "ZeroDivisionError: division by zero"
    [event] = span["events"]
    assert event["name"] == "exception"
    assert event["attributes"]["exception.type"] == "ZeroDivisionError"
    assert "1 / 0" in event["attributes"]["exception.stacktrace"]


def test_the_documented_header_is_understood_by_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOENIX_CLIENT_HEADERS", "api_key=abc")

    assert json.dumps(get_env_client_headers()) == '{"api_key": "abc"}'


def at(server: Server, text: str) -> str:
    return text.format(http=server.port, grpc=server.grpc_port)


def exporter_of(provider: Any, batch: bool) -> type:
    [processor] = provider._active_span_processor._span_processors
    return type(processor._batch_processor._exporter if batch else processor.span_exporter)
