"""OTLP in JSON: the same spans as in protobuf, and no body that breaks anything but itself."""

import base64
import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from rubricate_server.ingest.errors import MalformedRequest
from rubricate_server.ingest.otlp import INTERNAL_ERROR, Decoded, decode, decode_json, export_response_json
from rubricate_server.ingest.otlp_limits import DecodeLimits

IDS = {"traceId": "0A" * 16, "spanId": "0b" * 8}


def read(body: Any, limits: DecodeLimits | None = None) -> Decoded:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_json(raw, project=None, limits=limits or DecodeLimits())


def request(*spans: Any, **more: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}], **more}]}


def attributes_of(*values: Any) -> dict[str, Any]:
    pairs = [{"key": f"k{number}", "value": value} for number, value in enumerate(values)]
    decoded = read(request({**IDS, "attributes": pairs}))
    assert not decoded.rejected, decoded.rejected
    stored: dict[str, Any] = orjson.loads(decoded.spans[0].attributes)
    return stored


def reason(span: Any, limits: DecodeLimits | None = None) -> str:
    decoded = read(request(span, IDS), limits)
    assert len(decoded.spans) == 1, "the neighbour must come through"
    (letter,) = decoded.rejected
    assert letter.encoding == "json"
    assert orjson.loads(letter.payload) == span
    assert letter.reason != INTERNAL_ERROR
    return letter.reason


# --- the same spans as in protobuf ------------------------------------------------------------------------------------

scalars = (
    st.text(max_size=8)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.binary(max_size=5)
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
attributes = st.dictionaries(st.text(max_size=6), values, max_size=4)
times = st.integers(0, 2**64 - 1)
events = st.fixed_dictionaries({"name": st.text(max_size=4), "time": times, "attributes": attributes})
links = st.fixed_dictionaries(
    {"trace": st.binary(max_size=16), "span": st.binary(max_size=8), "attributes": attributes}
)
spans = st.fixed_dictionaries(
    {
        "trace": st.binary(min_size=1, max_size=16),
        "span": st.binary(min_size=1, max_size=8),
        "parent": st.binary(max_size=8),
        "name": st.text(max_size=8),
        "start": times,
        "end": times,
        "kind": st.integers(0, 6),
        "code": st.integers(0, 3),
        "message": st.text(max_size=4),
        "attributes": attributes,
        "events": st.lists(events, max_size=2),
        "links": st.lists(links, max_size=2),
        "flags": st.integers(0, 2**32 - 1),
        "state": st.text(max_size=4),
        "dropped": st.integers(0, 2**32 - 1),
    }
)


def wire_value(value: Any) -> AnyValue:
    sent = AnyValue()
    match value:
        case None:
            pass
        case bool():
            sent.bool_value = value
        case str():
            sent.string_value = value
        case int():
            sent.int_value = value
        case float():
            sent.double_value = value
        case bytes():
            sent.bytes_value = value
        case list():
            sent.array_value.SetInParent()
            sent.array_value.values.extend(wire_value(item) for item in value)
        case dict():
            sent.kvlist_value.SetInParent()
            sent.kvlist_value.values.extend(wire_pairs(value))
    return sent


def wire_pairs(given: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=wire_value(value)) for key, value in given.items()]


def json_value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value) if value % 2 else value}
        case float():
            if math.isfinite(value):
                return {"doubleValue": value}
            return {"doubleValue": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": [json_value(item) for item in value]}}
        case _:
            return {"kvlistValue": {"values": json_pairs(value)}}


def json_pairs(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": json_value(value)} for key, value in given.items()]


def in_protobuf(sent: list[dict[str, Any]], resource: dict[str, Any]) -> bytes:
    whole = ExportTraceServiceRequest()
    group = whole.resource_spans.add(schema_url="r")
    group.resource.attributes.extend(wire_pairs(resource))
    scope = group.scope_spans.add(schema_url="s")
    scope.scope.name, scope.scope.version = "n", "v"
    for one in sent:
        span = scope.spans.add(
            trace_id=one["trace"],
            span_id=one["span"],
            parent_span_id=one["parent"],
            name=one["name"],
            start_time_unix_nano=one["start"],
            end_time_unix_nano=one["end"],
            kind=one["kind"],
            attributes=wire_pairs(one["attributes"]),
            flags=one["flags"],
            trace_state=one["state"],
            dropped_attributes_count=one["dropped"],
        )
        span.status.code, span.status.message = one["code"], one["message"]
        for each in one["events"]:
            span.events.add(name=each["name"], time_unix_nano=each["time"], attributes=wire_pairs(each["attributes"]))
        for each in one["links"]:
            span.links.add(trace_id=each["trace"], span_id=each["span"], attributes=wire_pairs(each["attributes"]))
    return bytes(whole.SerializeToString())


def in_json(sent: list[dict[str, Any]], resource: dict[str, Any]) -> bytes:
    made = [
        {
            "traceId": one["trace"].hex().upper(),
            "spanId": one["span"].hex(),
            "parentSpanId": one["parent"].hex(),
            "name": one["name"],
            "startTimeUnixNano": str(one["start"]),
            "endTimeUnixNano": one["end"],
            "kind": one["kind"],
            "attributes": json_pairs(one["attributes"]),
            "flags": one["flags"],
            "traceState": one["state"],
            "droppedAttributesCount": one["dropped"],
            "status": {"code": one["code"], "message": one["message"]},
            "events": [
                {"name": each["name"], "timeUnixNano": str(each["time"]), "attributes": json_pairs(each["attributes"])}
                for each in one["events"]
            ],
            "links": [
                {
                    "traceId": each["trace"].hex(),
                    "spanId": each["span"].hex(),
                    "attributes": json_pairs(each["attributes"]),
                }
                for each in one["links"]
            ],
            "somethingNew": {"a": [1]},
        }
        for one in sent
    ]
    scope = {"scope": {"name": "n", "version": "v"}, "schemaUrl": "s", "spans": made}
    group = {"resource": {"attributes": json_pairs(resource)}, "schemaUrl": "r", "scopeSpans": [scope]}
    return json.dumps({"resourceSpans": [group]}).encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(spans, max_size=3), attributes)
def test_both_encodings_are_the_same_spans(sent: list[dict[str, Any]], resource: dict[str, Any]) -> None:
    limits = DecodeLimits()
    wire = decode(in_protobuf(sent, resource), project=None, limits=limits)
    text = decode_json(in_json(sent, resource), project=None, limits=limits)
    assert text.spans == wire.spans
    assert [letter.reason for letter in text.rejected] == [letter.reason for letter in wire.rejected]


# --- whatever comes ---------------------------------------------------------------------------------------------------

NAMES = [
    *("resourceSpans", "scopeSpans", "spans", "resource", "scope", "attributes", "key", "value", "traceId", "spanId"),
    *("name", "events", "links", "status", "code", "kind", "arrayValue", "kvlistValue", "values", "stringValue"),
    *("intValue", "bytesValue", "doubleValue", "startTimeUnixNano", "flags", "droppedAttributesCount", "schemaUrl"),
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["0a" * 8, "SPAN_KIND_SERVER", "STATUS_CODE_ERROR", "9" * 30, "-1", "NaN", "\ud800"])
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


def survives(body: bytes) -> None:
    try:
        decoded = decode_json(body, project=None, limits=DecodeLimits())
    except MalformedRequest:
        return
    assert all(letter.reason and letter.reason != INTERNAL_ERROR for letter in decoded.rejected)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_any_json_is_answered(body: Any) -> None:
    survives(json.dumps(body).encode())


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=6), st.lists(anything, max_size=3))
def test_any_span_is_answered(span: dict[str, Any], pairs: list[Any]) -> None:
    survives(json.dumps(request({**IDS, **span}, {**IDS, "attributes": pairs}, {**IDS, "events": [span]})).encode())


@given(st.binary(max_size=40))
def test_any_bytes_are_answered(body: bytes) -> None:
    survives(body)


# --- by example -------------------------------------------------------------------------------------------------------


def test_values_in_every_form_that_the_encoding_allows() -> None:
    stored = attributes_of(
        {"intValue": "9007199254740993"},
        {"intValue": 5.0},
        {"doubleValue": 1},
        {"bytesValue": "_-8"},
        {"boolValue": False},
        {"stringValue": None},
        {"futureValue": 1},
        None,
    )
    assert stored == {
        "k0": 9007199254740993,
        "k1": 5,
        "k2": 1.0,
        "k3": "/+8=",
        "k4": False,
        "k5": None,
        "k6": None,
        "k7": None,
    }


def test_enums_are_numbers_and_names_are_tolerated() -> None:
    decoded = read(request({**IDS, "kind": "SPAN_KIND_SERVER", "status": {"code": "STATUS_CODE_ERROR"}}))
    assert decoded.spans[0].status == 2
    assert decoded.spans[0].envelope == b'{"otlp_kind":"SERVER"}'


def test_half_a_surrogate_pair_costs_nobody_anything() -> None:
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","name":"cut \\ud83d"}]}]}]}'
    decoded = read(body)
    assert decoded.spans[0].name == "cut \\ud83d"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"traceId": "xyz", "spanId": "01"}, "traceId: 'xyz' is no hexadecimal"),
        ({"spanId": "01"}, "trace_id: empty"),
        ({**IDS, "startTimeUnixNano": "soon"}, "startTimeUnixNano: 'soon' is no integer"),
        ({**IDS, "startTimeUnixNano": -1}, "startTimeUnixNano: -1 must lie between 0"),
        ({**IDS, "name": 5}, "name: a string is expected, not 5"),
        ({**IDS, "attributes": {"a": 1}}, "attributes: a list is expected, not an object"),
        ({**IDS, "attributes": [{"value": {}}]}, "attributes: {key, value} is expected"),
        ({**IDS, "attributes": [{"key": "k", "value": "v"}]}, "attribute 'k': an object like"),
        (
            {**IDS, "attributes": [{"key": "k", "value": {"intValue": "x"}}]},
            "attribute 'k': intValue: 'x' is no integer",
        ),
        ({**IDS, "attributes": [{"key": "k", "value": {"bytesValue": "!"}}]}, "bytesValue '!' is no base64"),
        ({**IDS, "events": [{"name": 1}]}, "events[0].name: a string is expected"),
        ({**IDS, "links": ["x"]}, "links[0]: an object is expected, not 'x'"),
        ("span", "span: an object is expected, not 'span'"),
    ],
)
def test_a_bad_span_is_kept_with_a_reason(span: Any, expected: str) -> None:
    assert expected in reason(span)


def test_nesting_has_a_limit() -> None:
    value: dict[str, Any] = {"stringValue": "deep"}
    for _ in range(40):
        value = {"arrayValue": {"values": [value]}}
    assert "'k': nested too deep" in reason({**IDS, "attributes": [{"key": "k", "value": value}]})


def test_a_span_has_a_size_limit() -> None:
    limits = DecodeLimits(max_span_bytes=1000)
    assert "at most 1000 are kept" in reason({**IDS, "name": "x" * 2000}, limits)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "no JSON: .*line 1 column 2"),
        (b"\xff{}", "no UTF-8 at byte 0"),
        (b"[" * 100_000, "nested too deep|no JSON"),
        (b"[1]", "the body: an object is expected, not a list"),
        (b'{"data": []}', "no resourceSpans"),
        (b'{"resourceSpans": 1}', "resourceSpans: a list is expected, not 1"),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}', r"resourceSpans\[0\].scopeSpans\[0\].spans: a list"),
    ],
)
def test_a_body_that_is_no_request_is_refused_with_a_place(body: bytes, expected: str) -> None:
    with pytest.raises(MalformedRequest, match=expected):
        read(body)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"resourceSpans": null}', b'{"resourceSpans": [{}]}'])
def test_a_request_without_spans_is_one(body: bytes) -> None:
    assert read(body)[:2] == ([], [])


def test_a_bad_resource_attribute_costs_no_span() -> None:
    resource = {"attributes": [{"key": "a", "value": {"stringValue": "b"}}, {"key": 1}, "x"]}
    (span,) = read(request(IDS, resource=resource)).spans
    assert span.envelope is not None
    assert orjson.loads(span.envelope) == {"resource": {"attributes": {"a": "b"}, "dropped_attributes_count": 2}}


def test_the_answer_is_an_export_response() -> None:
    assert export_response_json(0, "") == b"{}"
    assert orjson.loads(export_response_json(2, "bad")) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "bad"}
    }
    assert orjson.loads(export_response_json(0, "hm")) == {"partialSuccess": {"errorMessage": "hm"}}
