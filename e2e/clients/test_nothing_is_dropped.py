"""What Phoenix drops of spans, sent and read back as clients do: bytes, NUL, links, resource, scope, feedback."""

import base64
import os
from collections.abc import Iterator
from typing import Any

import httpx
import phoenix.client
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, Tracer

from ..server import Server
from .helpers import HTTP, id_of, spans_in

PROJECT = "openinference.project.name"


@pytest.fixture(params=["http", "grpc"])
def tracer(request: pytest.FixtureRequest, server: Server, project: str) -> Iterator[Tracer]:
    exporter = (
        HttpExporter(endpoint=f"{server.base_url}/v1/traces")
        if request.param == "http"
        else GrpcExporter(endpoint=f"127.0.0.1:{server.grpc_port}", insecure=True)
    )
    provider = TracerProvider(resource=Resource({PROJECT: project, "service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("library", "1.2", attributes={"team": "blue"})
    provider.shutdown()


def whole(server: Server, span_id: str) -> Any:
    response = HTTP.get(f"{server.base_url}/v1/spans/{span_id}")
    assert response.status_code == 200, response.text
    return response.json()


def test_links_resource_and_scope(server: Server, project: str, tracer: Tracer) -> None:
    with tracer.start_as_current_span("asked") as asked:
        pass
    context = asked.get_span_context()
    with tracer.start_as_current_span("answered", links=[Link(context, {"why": "retry"})]):
        pass

    [answered] = [span for span in spans_in(server, project) if span["name"] == "answered"]
    kept = whole(server, id_of(answered))
    assert kept["links"] == [
        {
            "trace_id": f"{context.trace_id:032x}",
            "span_id": f"{context.span_id:016x}",
            "attributes": {"why": "retry"},
        }
    ]
    assert kept["resource"] == {PROJECT: project, "service.name": "shop"}
    assert kept["scope"] == {"name": "library", "version": "1.2", "attributes": {"team": "blue"}}


def test_feedback_inside_of_spans(server: Server, project: str, tracer: Tracer) -> None:
    with tracer.start_as_current_span("answer") as answer:
        answer.set_attributes(
            {
                "annotations.0.annotation.name": "tone",
                "annotations.0.annotation.label": "friendly",
                "annotations.0.annotation.annotator_kind": "HUMAN",
            }
        )
        answer.add_event(
            "gen_ai.evaluation.result",
            {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5},
        )
    with tracer.start_as_current_span("judge", links=[Link(answer.get_span_context())]) as judge:
        judge.set_attributes(
            {
                "openinference.span.kind": "EVALUATOR",
                "evaluations.0.evaluation.name": "correct",
                "evaluations.0.evaluation.score": 1.0,
            }
        )

    with httpx.Client(base_url=server.base_url, verify=False) as http:
        said = phoenix.client.Client(http_client=http).spans.get_span_annotations(
            project_identifier=project, span_ids=[f"{answer.get_span_context().span_id:016x}"]
        )
    told = {each["name"]: (each["annotator_kind"], each["result"]["label"], each["result"]["score"]) for each in said}
    assert told == {
        "tone": ("HUMAN", "friendly", None),
        "relevance": ("LLM", None, 0.5),
        "correct": ("LLM", None, 1.0),
    }


def test_bytes_and_nul(server: Server, project: str) -> None:
    """Python's SDK makes text of bytes, and others do not."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key=PROJECT).value.string_value = project
    span = resource_spans.scope_spans.add().spans.add(name="step", trace_id=os.urandom(16), span_id=os.urandom(8))
    span.start_time_unix_nano = span.end_time_unix_nano = 1_772_366_400_000_000_000
    span.attributes.add(key="picture").value.bytes_value = b"\x00\xff\xfe"
    span.attributes.add(key="text").value.string_value = "a\0b"

    sent = HTTP.post(
        f"{server.base_url}/v1/traces",
        content=request.SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
    )

    assert (sent.status_code, sent.content) == (200, b"")
    [kept] = spans_in(server, project)
    assert base64.b64decode(kept["attributes"]["picture"]) == b"\x00\xff\xfe"
    assert kept["attributes"]["text"] == "a\\u0000b"
