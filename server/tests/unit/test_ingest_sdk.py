"""What the OpenTelemetry SDK and OpenInference's own helpers write, taken in both encodings."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from openinference.instrumentation import Annotation, get_annotation_attributes, get_evaluation_attributes
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from rubricate.records.annotation import TargetKind
from rubricate_server.ingest.otlp import decode, decode_json
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import AnnotationQuery
from rubricate_server.storage.sqlite.store import open_storage


def exported() -> Any:
    """An answer with feedback of every scope, an error, and a judge that speaks about it later."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"openinference.project.name": "sdk", "n": 3}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("tests", "1.0", attributes={"a": "b"})
    with tracer.start_as_current_span("answer", kind=SpanKind.SERVER) as answer:
        answer.set_attributes({"session.id": "s", "tags": ["a", "b"], "ratio": 0.1, "big": 2**53 + 1, "yes": True})
        answer.set_attributes(get_annotation_attributes(annotations=[Annotation(name="mine", label="x")]))
        answer.set_attributes(
            get_evaluation_attributes(evaluations=[Annotation(name="all", score=0.5, metadata={"a": 1})], scope="trace")
        )
        answer.set_attributes(
            get_evaluation_attributes(
                evaluations=[Annotation(name="talk", explanation="ok", annotator_kind="CODE")], scope="session"
            )
        )
        answer.add_event(
            "gen_ai.evaluation.result", {"gen_ai.evaluation.name": "rel", "gen_ai.evaluation.score.value": 1}
        )
        answer.record_exception(ValueError("no"))
        answer.set_status(Status(StatusCode.ERROR, "no"))
    with tracer.start_as_current_span("judge", links=[Link(answer.get_span_context(), {"why": "judged"})]) as judge:
        judge.set_attribute("openinference.span.kind", "EVALUATOR")
        judge.set_attributes(
            get_evaluation_attributes(evaluations=[Annotation(name="late", score=1.0, identifier="v2")])
        )
    return encode_spans(memory.get_finished_spans())


def as_json(message: Any) -> bytes:
    """Protobuf's own JSON, but for ids, which OTLP writes in hexadecimal."""

    def in_hex(value: Any) -> Any:
        if isinstance(value, list):
            return [in_hex(each) for each in value]
        if not isinstance(value, dict):
            return value
        ids = ("traceId", "spanId", "parentSpanId")
        return {key: base64.b64decode(of).hex() if key in ids else in_hex(of) for key, of in value.items()}

    return json.dumps(in_hex(MessageToDict(message))).encode()


def test_both_encodings_of_what_the_sdk_writes_are_the_same() -> None:
    message = exported()
    wire = decode(message.SerializeToString(), project=None, limits=DecodeLimits())
    text = decode_json(as_json(message), project=None, limits=DecodeLimits())
    assert (len(wire.spans), wire.rejected, wire.feedback.warnings) == (2, [], [])
    assert text.spans == wire.spans
    assert text.feedback.annotations == wire.feedback.annotations


@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_feedback_of_openinference_becomes_annotations(tmp_path: Path, form: Any) -> None:
    message = exported()
    storage = open_storage(tmp_path / "data")
    try:
        ingest = Ingest(storage.spans)
        ingest.accept(message.SerializeToString() if form == "protobuf" else as_json(message), form=form)
        project = storage.projects.get("sdk").id
        found = {
            (kind.value, each.key.name): (each.annotator_kind, each.label, each.score, each.explanation, each.metadata)
            for kind in TargetKind
            for each in storage.annotations.find(AnnotationQuery(project, kind), 10)
        }
        about = {each.key.target_id for each in storage.annotations.find(AnnotationQuery(project, TargetKind.SPAN), 10)}
    finally:
        storage.close()
    assert found == {
        ("span", "mine"): ("HUMAN", "x", None, None, {}),
        ("span", "rel"): ("LLM", None, 1.0, None, {}),
        ("span", "late"): ("LLM", None, 1.0, None, {}),
        ("trace", "all"): ("LLM", None, 0.5, None, {"a": 1}),
        ("session", "talk"): ("CODE", None, None, "ok", {}),
    }
    assert len(about) == 1, "the judge speaks about the answer, not about itself"
