"""Damaged and random OTLP over HTTP: an answer that says what is wrong, never a 500, and the server stays well."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ..server import Server
from .helpers import a_span, id_of, send, spans_in

BOUNDED = settings(
    max_examples=800,
    deadline=timedelta(seconds=5),
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ANSWERS = {200, 400, 413, 415}


def a_request() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    around = request.resource_spans.add()
    around.resource.attributes.append(_attribute("openinference.project.name", "fuzz"))
    inside = around.scope_spans.add()
    inside.scope.name = "fuzz"
    for number in (1, 2):
        span = inside.spans.add(
            name=f"span {number}",
            trace_id=bytes([number]) * 16,
            span_id=bytes([number]) * 8,
            parent_span_id=bytes([3 - number]) * 8,
            start_time_unix_nano=1_772_366_400_000_000_000,
            end_time_unix_nano=1_772_366_401_000_000_000,
            trace_state="a=b",
        )
        span.attributes.extend([_attribute("input.value", "hi"), _attribute("gen_ai.system", "openai")])
        span.events.add(name="exception", time_unix_nano=1_772_366_400_000_000_001).attributes.append(
            _attribute("exception.message", "no")
        )
        span.links.add(trace_id=b"l" * 16, span_id=b"l" * 8)
    return request


def _attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


WIRE = a_request().SerializeToString()
AS_JSON = MessageToDict(a_request())

PROTOBUF, JSON = "application/x-protobuf", "application/json"
damage = st.lists(
    st.tuples(
        st.integers(0, len(WIRE) - 1), st.sampled_from(["set", "cut", "insert"]), st.binary(min_size=1, max_size=6)
    ),
    min_size=1,
    max_size=4,
)
KEYS = set(re.findall(r'"(\w+)":', json.dumps(AS_JSON))) | {"intValue", "doubleValue", "arrayValue", "kvlistValue"}
keys = st.sampled_from(sorted(KEYS)) | st.text(max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def damaged(wire: bytes, changes: list[tuple[int, str, bytes]]) -> bytes:
    body = bytearray(wire)
    for place, how, piece in changes:
        place %= max(1, len(body))
        match how:
            case "set":
                body[place : place + len(piece)] = piece
            case "cut":
                del body[place : place + len(piece)]
            case _:
                body[place:place] = piece
    return bytes(body)


def replaced(value: object, path: list[int], new: object) -> object:
    """A copy, in which one thing, found by the path, is another."""
    if not path or not value or not isinstance(value, dict | list):
        return new
    if isinstance(value, list):
        place = path[0] % len(value)
        return [replaced(each, path[1:], new) if at == place else each for at, each in enumerate(value)]
    chosen = list(value)[path[0] % len(value)]
    return {key: replaced(each, path[1:], new) if key == chosen else each for key, each in value.items()}


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=False, trust_env=False, timeout=20) as client:
        yield client


def answered(http: httpx.Client, body: bytes, kind: str, *, packed: bool = False) -> None:
    headers = {"content-type": kind} | ({"content-encoding": "gzip"} if packed else {})
    response = http.post("/v1/traces", content=gzip.compress(body) if packed else body, headers=headers)
    assert response.status_code in ANSWERS, f"{response.status_code} {response.text[:300]}"
    if response.status_code != 200:
        assert response.content.strip(), "a refusal says why"


@seed(20260301)
@BOUNDED
@given(changes=damage, packed=st.booleans())
def test_damaged_protobuf(http: httpx.Client, changes: list[tuple[int, str, bytes]], packed: bool) -> None:
    answered(http, damaged(WIRE, changes), PROTOBUF, packed=packed)


@seed(20260301)
@BOUNDED
@given(body=st.binary(max_size=200), kind=st.sampled_from([PROTOBUF, JSON]))
def test_random_bytes(http: httpx.Client, body: bytes, kind: str) -> None:
    answered(http, body, kind)


@seed(20260301)
@BOUNDED
@given(path=st.lists(st.integers(0, 20), max_size=12), new=values)
def test_json_with_something_else_in_it(http: httpx.Client, path: list[int], new: object) -> None:
    answered(http, json.dumps(replaced(AS_JSON, path, new)).encode(), JSON)


@seed(20260301)
@BOUNDED
@given(changes=damage)
def test_damaged_json(http: httpx.Client, changes: list[tuple[int, str, bytes]]) -> None:
    answered(http, damaged(json.dumps(AS_JSON).encode(), changes), JSON)


def test_afterwards_the_server_is_well(http: httpx.Client, server: Server, project: str) -> None:
    assert http.get("/readyz").json() == {}
    [span] = send(server, project, [a_span()])
    assert [id_of(each) for each in spans_in(server, project)] == [id_of(span)]
    for each in http.get("/v1/projects", params={"limit": 1000}).json()["data"]:
        url = f"/v1/projects/{quote(each['id'], safe='')}"
        for kind in ("spans", "spans/otlpv1", "traces", "sessions", "annotations"):
            assert http.get(f"{url}/{kind}", params={"limit": 1000}).status_code == 200
    troubles = [line for line in server.said.splitlines() if "ERROR" in line or "Traceback" in line]
    assert troubles == []
