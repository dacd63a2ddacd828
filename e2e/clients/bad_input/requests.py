"""Requests to be refused, in parts and whole, and how a refusal is told from anything else.

Two rules hold everywhere and are checked by `refused` and `taken`: a refusal is a 4xx in text or JSON that names what
is wrong, and what is not refused is stored so that it can be read back.
"""

import copy
import json
import os
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ..helpers import Json, a_span, new_span_id
from ..prompts import FULL_VERSION, a_version

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON_TYPE = {"content-type": "application/json"}
DEEP = [100, 250, 300, 1000, 5000, 100_000]
HUGE = 10**30


def refused(response: httpx.Response, *parts: str, status: int | None = None) -> None:
    """A 4xx that names these parts, as text or JSON."""
    said = f"{response.request.method} {str(response.request.url)[:200]} → {response.status_code} {response.text[:500]}"
    assert 400 <= response.status_code < 500, said
    assert status is None or response.status_code == status, said
    kind = response.headers["content-type"]
    assert kind.startswith(("text/plain", "application/json")), kind
    assert response.headers["x-rubricate-version"]
    assert response.headers["x-phoenix-server-version"]
    assert len(response.content) < 20_000, "a refusal does not repeat what it refuses"
    if kind.startswith("application/json"):
        told = response.json()
        assert told.get("detail") or told["duplicate_spans"] or told["invalid_spans"], said
    assert response.text.strip(), said
    for part in parts:
        assert part in response.text.replace('","', ".").replace('",', ".").replace(',"', "."), said


def taken(response: httpx.Response) -> None:
    """Stored."""
    assert 200 <= response.status_code < 300, f"{response.status_code} {response.text[:500]}"


def an_annotation(span_id: str, **fields: Any) -> Json:
    return {
        "span_id": span_id,
        "name": "tone",
        "annotator_kind": "HUMAN",
        "result": {"label": "kind", "score": 1.0, "explanation": "So."},
        "metadata": {},
        "identifier": "",
        **fields,
    }


def post_json(http: httpx.Client, path: str, body: Any) -> httpx.Response:
    """As `json=` would, but with what httpx refuses to write: NaN, half a surrogate pair."""
    return http.post(path, content=body if isinstance(body, bytes | str) else json.dumps(body), headers=JSON_TYPE)


ANNOTATION = an_annotation("0" * 16)


SPAN = a_span(events=[{"name": "e", "timestamp": "2026-01-01T00:00:00Z", "attributes": {}}])


CONFIG: Json = {
    "type": "CATEGORICAL",
    "name": "wrong types",
    "description": "d",
    "optimization_direction": "MAXIMIZE",
    "values": [{"label": "a", "score": 1}],
}


CONTINUOUS: Json = {
    "type": "CONTINUOUS",
    "name": "wrong types",
    "optimization_direction": "NONE",
    "lower_bound": 0,
    "upper_bound": 1,
}


PROMPT: Json = {"name": "wrong-types", "description": "d", "metadata": {}}


NOBODYS_ANNOTATION = "U3BhbkFubm90YXRpb246OTk5OTk5"  # SpanAnnotation:999999


NOBODYS_SESSION = "session-of-nobody"


NOBODYS_EXPERIMENT = "RXhwZXJpbWVudDo5OTk5OTk="  # Experiment:999999


EVALUATION: Json = {
    "experiment_run_id": "x",
    "name": "tone",
    "annotator_kind": "CODE",
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "2026-01-02T00:00:00Z",
    "result": {"label": "l", "score": 0.5, "explanation": "e"},
    "error": "e",
    "metadata": {},
    "trace_id": "0" * 32,
}
NOBODYS_DATASET = "RGF0YXNldDo5OTk5OTk="  # Dataset:999999


def about(**target: Any) -> Json:
    """A batch of one annotation of this target."""
    annotation = an_annotation("")
    del annotation["span_id"]
    return {"data": [target | annotation]}


BODIES: dict[str, tuple[str, str, Any]] = {
    "annotations": ("POST", "/v1/span_annotations", {"data": [ANNOTATION]}),
    "spans": ("POST", "/v1/projects/wrong-types/spans", {"data": [SPAN]}),
    "note": ("POST", "/v1/span_notes", {"data": {"span_id": "0" * 16, "note": "n", "identifier": ""}}),
    "trace annotations": ("POST", "/v1/trace_annotations", about(trace_id="0" * 32)),
    "session annotations": ("POST", "/v1/session_annotations", about(session_id=NOBODYS_SESSION)),
    "document annotations": ("POST", "/v1/document_annotations", about(span_id="0" * 16, document_position=0)),
    "trace note": ("POST", "/v1/trace_notes", {"data": {"trace_id": "0" * 32, "note": "n", "identifier": ""}}),
    "session note": (
        "POST",
        "/v1/session_notes",
        {"data": {"session_id": NOBODYS_SESSION, "note": "n", "identifier": ""}},
    ),
    "patch": (
        "PATCH",
        f"/v1/annotations/{NOBODYS_ANNOTATION}",
        {
            "annotator_kind": "CODE",
            "result": {"label": "l", "score": 0.5, "explanation": "e"},
            "metadata": {},
        },
    ),
    "transfer": (
        "POST",
        "/v1/traces/transfer",
        {"trace_identifiers": ["0" * 32], "destination_project_identifier": "default"},
    ),
    "sessions": ("POST", "/v1/sessions/delete", {"session_identifiers": [NOBODYS_SESSION]}),
    "retention": ("POST", "/v1/retention_policies", {"name": "wrong-types", "max_days": 36500.0, "max_traces": 9}),
    "prompt": ("POST", "/v1/prompts", {"prompt": PROMPT, "version": FULL_VERSION}),
    "prompt change": ("PATCH", "/v1/prompts/wrong-types", {"description": "d", "metadata": {}}),
    "prompt version": (
        "POST",
        "/v1/prompts/wrong-types/versions",
        {"version": a_version(), "tags": [{"name": "t", "description": "d"}]},
    ),
    "prompt tag": ("POST", "/v1/prompt_versions/UHJvbXB0VmVyc2lvbjo5OTk5OTk=/tags", {"name": "t", "description": "d"}),
    "project retention": ("PATCH", "/v1/projects/default/retention", {"policy_id": "x"}),
    "project": ("POST", "/v1/projects", {"name": "wrong-types", "description": "d"}),
    "description": ("PUT", "/v1/projects/default", {"description": "d"}),
    "categorical": ("POST", "/v1/annotation_configs", CONFIG),
    "continuous": ("POST", "/v1/annotation_configs", CONTINUOUS),
    "configs": ("PUT", "/v1/projects/default/annotation_configs", {"annotation_config_ids": ["x"]}),
    "experiment": (
        "POST",
        "/v1/datasets/nothing/experiments",
        {"name": "n", "description": "d", "metadata": {}, "version_id": "x", "splits": ["x"], "repetitions": 1},
    ),
    "experiment patch": (
        "PATCH",
        f"/v1/experiments/{NOBODYS_EXPERIMENT}",
        {"name": "n", "description": "d", "metadata": {}},
    ),
    "run": (
        "POST",
        f"/v1/experiments/{NOBODYS_EXPERIMENT}/runs",
        {
            "dataset_example_id": "x",
            "repetition_number": 1,
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-02T00:00:00Z",
            "trace_id": "0" * 32,
            "error": "e",
        },
    ),
    "evaluation": ("POST", "/v1/experiment_evaluations", EVALUATION),
    "tag": ("POST", f"/v1/experiments/{NOBODYS_EXPERIMENT}/tags", {"name": "baseline", "description": "d"}),
    "dataset": ("POST", "/v1/datasets", {"name": "wrong types", "description": "d", "metadata": {}}),
    "dataset patch": ("PATCH", f"/v1/datasets/{NOBODYS_DATASET}", {"name": "n", "description": "d", "metadata": {}}),
    "examples": (
        "PATCH",
        f"/v1/datasets/{NOBODYS_DATASET}/examples",
        {"update": [{"id": "i", "metadata": {}}], "delete": ["i"], "description": "d"},
    ),
    "items": (
        "POST",
        f"/v1/datasets/{NOBODYS_DATASET}/examples/from_items",
        {
            "project": "default",
            "target_kind": "span",
            "ids": ["i"],
            "filter": "f",
            "start_time": "2026-01-01T00:00:00Z",
            "roots_only": False,
            "mapping": {"input": {"q": "input.value"}, "expected_output": "output", "annotations": True},
            "splits": ["s"],
            "dry_run": True,
            "preview": 3,
        },
    ),
    "dataset of items": (
        "POST",
        "/v1/datasets/from_items",
        {"name": "wrong types", "project": "default", "mapping": {"input": {"q": "input.value"}}, "dry_run": True},
    ),
    "split": (
        "POST",
        f"/v1/datasets/{NOBODYS_DATASET}/splits",
        {"name": "n", "description": "d", "color": "red", "metadata": {}, "example_ids": ["i"]},
    ),
    "label": ("POST", "/v1/dataset_labels", {"name": "n", "color": "#00cc88", "description": "d"}),
    "labels": ("PUT", f"/v1/datasets/{NOBODYS_DATASET}/labels", {"dataset_label_ids": ["x"]}),
    "query": (
        "POST",
        "/v1/spans",
        {
            "queries": [
                {
                    "select": {"a": {"key": "name"}},
                    "filter": {"condition": "name == 'x'"},
                    "explode": {"key": "retrieval.documents", "primary_index_key": "span_id", "kwargs": {"a": "b"}},
                    "rename": {"a": "b"},
                    "index": {"key": "span_id"},
                }
            ],
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-02T00:00:00Z",
            "limit": 10,
            "root_spans_only": False,
            "project_name": "default",
        },
    ),
}


def put(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def value_at(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


MARK = "@@mark@@"


def a_sent_span(name: str, value: str = "v") -> Span:
    span = Span(
        name=name,
        trace_id=os.urandom(16),
        span_id=bytes.fromhex(new_span_id()),
        start_time_unix_nano=1_772_366_400_000_000_000,
        end_time_unix_nano=1_772_366_401_000_000_000,
    )
    span.attributes.append(KeyValue(key="input.value", value=AnyValue(string_value=value)))
    return span


def otlp(project: str, *spans: Span) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.append(
        KeyValue(key="openinference.project.name", value=AnyValue(string_value=project))
    )
    resource_spans.scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


def raw_otlp(project: str, spans: list[bytes]) -> bytes:
    """A request of spans that the library would not write."""
    name = raw_field(1, b"openinference.project.name") + raw_field(2, raw_field(1, project.encode()))
    scope_spans = b"".join(raw_field(2, span) for span in spans)
    return raw_field(1, raw_field(1, raw_field(1, name)) + raw_field(2, scope_spans))


def nested_value(depth: int) -> bytes:
    """An AnyValue: a list in a list in a list …"""
    pieces: list[bytes] = []
    length = 0
    for number in (1 if place % 2 else 5 for place in range(2 * depth)):
        head = bytes([number << 3 | 2]) + _varint(length)
        pieces.append(head)
        length += len(head)
    return b"".join(reversed(pieces))


def raw_field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def post_json_accepting(http: httpx.Client, project: str, body: Json, accept: str) -> httpx.Response:
    return http.post(
        "/v1/spans",
        params={"project_name": project},
        content=json.dumps(body),
        headers=JSON_TYPE | {"accept": accept},
    )
