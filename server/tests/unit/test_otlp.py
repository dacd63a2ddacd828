"""OTLP bytes in, spans out: nothing is lost without a word, and no span costs another."""

import base64
import json
import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from rubricate_server.ingest.errors import MalformedRequest, TooLarge
from rubricate_server.ingest.otlp import INTERNAL_ERROR, PARSED_AT_ONCE, Decoded, decode, export_response
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.storage.contract import NewSpan

TRACE, SPAN = bytes(range(1, 17)), bytes(range(1, 9))


def any_value(value: Any) -> AnyValue:
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
            sent.array_value.values.extend(any_value(item) for item in value)
        case dict():
            sent.kvlist_value.SetInParent()
            sent.kvlist_value.values.extend(key_values(value))
    return sent


def key_values(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
    given = {"trace_id": TRACE, "span_id": SPAN, "name": "s", "start_time_unix_nano": 1, "end_time_unix_nano": 2}
    return Span(**{**given, **fields}, attributes=key_values(attributes or {}))


def request(*spans: Span, resource: dict[str, Any] | None = None) -> ExportTraceServiceRequest:
    whole = ExportTraceServiceRequest()
    group = whole.resource_spans.add()
    group.resource.attributes.extend(key_values(resource or {}))
    group.scope_spans.add().spans.extend(spans)
    return whole


def decoded(*spans: Span, project: str | None = None, limits: DecodeLimits | None = None) -> Decoded:
    return decode(request(*spans).SerializeToString(), project=project, limits=limits or DecodeLimits())


def one(attributes: dict[str, Any] | None = None, **fields: Any) -> NewSpan:
    result = decoded(span(attributes, **fields))
    assert not result.rejected
    return result.spans[0]


def attributes_of(attributes: dict[str, Any]) -> Any:
    return json.loads(one(attributes).attributes)


def reasons(result: Decoded) -> list[str]:
    return [letter.reason for letter in result.rejected]


def length_delimited(number: int, value: bytes) -> bytes:
    length, prefix = len(value), bytearray([number << 3 | 2])
    while length >= 0x80:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*prefix, length]) + value


def raw_request(*spans: bytes, around: bytes = b"") -> bytes:
    """A request from spans that protobuf itself would not write."""
    scope = b"".join(length_delimited(2, each) for each in spans)
    return length_delimited(1, around + length_delimited(2, scope))


def spoilt(key: bytes = b"k", value: bytes = b"\xff\xfe") -> bytes:
    """A span one of whose strings is no UTF-8."""
    pair = length_delimited(1, key) + length_delimited(2, length_delimited(1, value))
    return bytes(span().SerializeToString() + length_delimited(9, pair))


def test_a_span_keeps_its_ids_times_name_and_status() -> None:
    sent = span(start_time_unix_nano=1_700_000_000_000_000_001, end_time_unix_nano=1_700_000_001_000_000_002)
    sent.status.code, sent.status.message = Status.STATUS_CODE_ERROR, "broke"
    got = decoded(sent).spans[0]
    assert (got.trace_id, got.span_id, got.parent_id, got.name) == (TRACE, SPAN, None, "s")
    assert (got.start_ns, got.end_ns) == (1_700_000_000_000_000_001, 1_700_000_001_000_000_002)
    assert (got.status, got.status_message) == (2, "broke")
    assert (got.small, got.events, got.envelope, got.attributes) == (None, None, None, b"{}")


def test_an_unknown_status_code_is_unset() -> None:
    sent = span()
    sent.status.MergeFromString(b"\x18\x07")
    assert decoded(sent).spans[0].status == 0


def test_values_of_every_type_come_back_as_json_says_them() -> None:
    sent = {"s": "x", "e": "", "i": -5, "d": 2.5, "t": True, "f": False, "n": None, "b": b"\x00\xff", "l": [1, "a"]}
    assert attributes_of(sent) == {**sent, "b": base64.b64encode(b"\x00\xff").decode()}


def test_the_last_of_two_equal_keys_wins() -> None:
    sent = span({"k": "first"})
    sent.attributes.extend(key_values({"k": "second"}))
    assert json.loads(decoded(sent).spans[0].attributes) == {"k": "second"}


def test_objects_become_dotted_keys_and_empty_ones_stay() -> None:
    sent = {"x": {"a": {"b": 1}, "l": [{"k": 1}, {"k": 2}], "e": {}, "el": []}, "m": [1, {"z": 2}]}
    assert attributes_of(sent) == {
        "x.a.b": 1,
        "x.l.0.k": 1,
        "x.l.1.k": 2,
        "x.e": {},
        "x.el": [],
        "m.0": 1,
        "m.1.z": 2,
    }


@pytest.mark.parametrize(("number", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_numbers_that_json_lacks_are_kept_by_name(number: float, text: str) -> None:
    many = [1.0] * 20
    assert attributes_of({"x": number, "l": [1.0, number], "v": [*many, number]}) == {
        "x": text,
        "l": [1.0, text],
        "v": [*many, text],
    }


@pytest.mark.parametrize(
    "vector",
    [
        [0.5] * 1536,
        [0.5, 0.0] * 20,
        [0.0] * 40,
        [1e308] * 40,
        [0.5] * 30 + [7],
        [0.5] * 30 + ["text"],
        [0.5] * 30 + [[0.5]],
    ],
)
def test_long_lists_of_numbers_are_read_exactly(vector: list[Any]) -> None:
    assert attributes_of({"embedding.vector": vector}) == {"embedding.vector": vector}


def test_nul_characters_are_made_visible_everywhere() -> None:
    sent = span(
        {
            "k\0": "a\0b",
            "session.id": "s\0",
            "user.id": "u\0",
            "llm.model_name": "m\0",
            "input.value": "i\0",
            "output.value": "o\0",
            "openinference.span.kind": "K\0",
            "literal": "\\u0000",
            "metadata": json.dumps({"deep": ["\0"]}),
        },
        name="n\0",
        trace_state="t\0",
    )
    sent.status.message = "m\0"
    sent.events.add(name="e\0", attributes=key_values({"x": "\0"}))
    result = decode(request(sent).SerializeToString(), project="p\0", limits=DecodeLimits())
    got = result.spans[0]
    shown = "\\u0000"
    assert (got.project, got.name, got.status_message) == (f"p{shown}", f"n{shown}", f"m{shown}")
    assert (got.session_id, got.user_id, got.model) == (f"s{shown}", f"u{shown}", f"m{shown}")
    assert (got.input, got.output, got.kind) == (f"i{shown}", f"o{shown}", f"K{shown}")
    attributes = json.loads(got.attributes)
    assert attributes[f"k{shown}"] == f"a{shown}b"
    assert attributes["literal"] == shown
    assert attributes["metadata"] == {"deep": [shown]}
    assert json.loads(got.small or "")[f"k{shown}"] == f"a{shown}b"
    assert json.loads(got.events or b"")[0] == {"name": f"e{shown}", "timestamp": 0, "attributes": {"x": shown}}
    assert json.loads(got.envelope or b"")["trace_state"] == f"t{shown}"


def test_the_project_is_the_header_then_the_resource_then_default() -> None:
    body = request(span(), resource={"openinference.project.name": "mine"}).SerializeToString()
    limits = DecodeLimits()
    assert decode(body, project="theirs", limits=limits).spans[0].project == "theirs"
    assert decode(body, project=None, limits=limits).spans[0].project == "mine"
    for useless in ("", 5):
        body = request(span(), resource={"openinference.project.name": useless}).SerializeToString()
        assert decode(body, project=None, limits=limits).spans[0].project == "default"


def test_what_surrounds_a_span_is_kept() -> None:
    sent = span(kind=3, flags=257, trace_state="a=b", dropped_attributes_count=4, dropped_events_count=1)
    sent.links.add(trace_id=TRACE, span_id=SPAN, attributes=key_values({"why": "retry"}))
    sent.events.add(name="e", dropped_attributes_count=2)
    whole = request(sent, span(kind=1), resource={"service.name": "svc", "nested": {"a": 1}})
    group = whole.resource_spans[0]
    group.schema_url = "https://r"
    group.resource.entity_refs.add(type="service", id_keys=["service.name"])
    scope = group.scope_spans[0]
    scope.schema_url = "https://s"
    scope.scope.name, scope.scope.version = "lib", "1"
    scope.scope.attributes.extend(key_values({"k": True}))
    full, plain = decode(whole.SerializeToString(), project=None, limits=DecodeLimits()).spans
    around = {
        "resource": {
            "attributes": {"service.name": "svc", "nested.a": 1},
            "schema_url": "https://r",
            "entity_refs": [{"type": "service", "id_keys": ["service.name"]}],
        },
        "scope": {"name": "lib", "version": "1", "attributes": {"k": True}, "schema_url": "https://s"},
    }
    assert json.loads(plain.envelope or b"") == {**around, "otlp_kind": "INTERNAL"}
    assert json.loads(full.envelope or b"") == {
        **around,
        "otlp_kind": "CLIENT",
        "flags": 257,
        "trace_state": "a=b",
        "links": [{"trace_id": TRACE.hex(), "span_id": SPAN.hex(), "attributes": {"why": "retry"}}],
        "dropped": {"attributes": 4, "events": 1, "event_attributes": 2},
    }


def test_exception_events_always_have_a_message() -> None:
    sent = span()
    sent.events.add(name="exception", time_unix_nano=7, attributes=key_values({"exception.type": "E"}))
    sent.events.add(name="other", time_unix_nano=8, attributes=key_values({"q": {"a": 1}}))
    assert json.loads(decoded(sent).spans[0].events or b"") == [
        {"name": "exception", "timestamp": 7, "attributes": {"exception.type": "E", "exception.message": ""}},
        {"name": "other", "timestamp": 8, "attributes": {"q.a": 1}},
    ]


@pytest.mark.parametrize("size", [1, 7, 8, 16, 32])
def test_ids_of_any_usual_length_are_kept(size: int) -> None:
    got = decoded(span(trace_id=b"\x01" * size, span_id=b"\x02" * size, parent_span_id=b"\x03" * size)).spans[0]
    assert (got.trace_id, got.span_id, got.parent_id) == (b"\x01" * size, b"\x02" * size, b"\x03" * size)


def test_a_parent_of_zeros_is_none() -> None:
    assert one(parent_span_id=bytes(8)).parent_id is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"trace_id": b""}, "trace_id: empty"),
        ({"trace_id": bytes(16)}, "trace_id: only zeros"),
        ({"span_id": b""}, "span_id: empty"),
        ({"span_id": bytes(8)}, "span_id: only zeros"),
        ({"span_id": b"x" * 33}, "span_id: 33 bytes"),
        ({"parent_span_id": b"x" * 33}, "parent_span_id: 33 bytes"),
        ({"start_time_unix_nano": 1 << 63}, "start_time_unix_nano: after the year 2262"),
        ({"end_time_unix_nano": (1 << 64) - 1}, "end_time_unix_nano: after the year 2262"),
    ],
)
def test_a_bad_span_is_refused_with_its_field_and_the_others_are_kept(fields: dict[str, Any], field: str) -> None:
    bad = span(**fields)
    result = decoded(span(span_id=b"a"), bad, span(span_id=b"b"), project="p")
    assert [each.span_id for each in result.spans] == [b"a", b"b"]
    (letter,) = result.rejected
    assert letter.reason.startswith(field)
    assert (letter.project, letter.payload, letter.encoding) == ("p", bad.SerializeToString(), "protobuf")


def test_times_up_to_2262_are_kept() -> None:
    assert one(end_time_unix_nano=(1 << 63) - 1).end_ns == (1 << 63) - 1


def test_an_event_after_2262_is_named() -> None:
    bad = span()
    bad.events.add(time_unix_nano=1 << 63)
    assert reasons(decoded(bad))[0].startswith("events[0].time_unix_nano")


def test_limits_refuse_one_span_only() -> None:
    limits = DecodeLimits(max_attributes_per_span=3, max_events_per_span=1, max_span_bytes=500, max_depth=2)
    many_events, many_links, event_with_many = span(), span(), span()
    many_events.events.extend([Span.Event(), Span.Event()])
    many_links.links.extend([Span.Link(), Span.Link()])
    event_with_many.events.add(attributes=key_values(dict.fromkeys("abcd", 1)))
    result = decoded(
        span({"a": 1, "b": 2, "c": 3}),
        span(dict.fromkeys("abcd", 1)),
        span({"x": dict.fromkeys("abcd", 1)}),
        span({"x": "y" * 600}),
        span({"x": {"a": {"b": 1}}}),
        span({"x": {"a": [{"b": 1}]}}),
        many_events,
        many_links,
        event_with_many,
        limits=limits,
    )
    assert len(result.spans) == 2
    assert [reason.partition(":")[0] for reason in reasons(result)] == [
        "attributes",
        "attributes",
        "span",
        "attribute 'x'",
        "events",
        "links",
        "events[0].attributes",
    ]


def test_a_long_key_around_an_object_cannot_multiply_a_span() -> None:
    result = decoded(span({"x" * 5000: {"a": 1}}), span())
    assert len(result.spans) == 1
    assert "characters of key" in reasons(result)[0]


def span_with_nested(depth: int) -> bytes:
    """A span whose attribute `deep` is {"k": {"k": … 7}}, written by hand: protobuf would not write the deep ones."""
    value = b"\x18\x07"
    for _ in range(depth):
        value = length_delimited(6, length_delimited(1, length_delimited(1, b"k") + length_delimited(2, value)))
    pair = length_delimited(1, b"deep") + length_delimited(2, value)
    return bytes(span().SerializeToString() + length_delimited(9, pair))


def test_the_deepest_nesting_allowed_is_kept_and_one_more_is_refused() -> None:
    sent = [span_with_nested(depth) for depth in (31, 32, 33, 40)]
    result = decode(raw_request(*sent), project=None, limits=DecodeLimits())
    assert [json.loads(each.attributes) for each in result.spans] == [{"deep" + ".k" * depth: 7} for depth in (31, 32)]
    assert [letter.payload for letter in result.rejected] == sent[2:]
    assert all("'deep'" in reason and "nested too deep" in reason for reason in reasons(result))


def test_twenty_thousand_nested_objects_cost_one_span() -> None:
    bad = span_with_nested(20_000)
    result = decode(raw_request(span().SerializeToString(), bad), project=None, limits=DecodeLimits())
    assert len(result.spans) == 1
    assert "'deep'" in reasons(result)[0]
    assert "nested too deep" in reasons(result)[0]
    assert result.rejected[0].payload == bad


def test_invalid_utf8_in_one_of_three_spans_costs_that_span() -> None:
    good = [span({"k": "v"}, span_id=each).SerializeToString() for each in (b"a", b"b")]
    bad = spoilt(b"my.key")
    result = decode(raw_request(good[0], bad, good[1]), project=None, limits=DecodeLimits())
    assert [each.span_id for each in result.spans] == [b"a", b"b"]
    assert [json.loads(each.attributes) for each in result.spans] == [{"k": "v"}, {"k": "v"}]
    assert result.rejected[0].payload == bad
    assert reasons(result)[0].startswith("attributes['my.key']: no valid UTF-8 at byte 0")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (span().SerializeToString() + length_delimited(5, b"\xff"), "name: no valid UTF-8"),
        (spoilt(key=b"\xff"), "attributes"),
        (span().SerializeToString() + length_delimited(11, length_delimited(2, b"\xff")), "events.name: no valid"),
        (b"\x0a\xff\x01", "span: its bytes are no protobuf"),
    ],
)
def test_what_protobuf_refuses_is_named(sent: bytes, field: str) -> None:
    result = decode(raw_request(sent, span().SerializeToString()), project=None, limits=DecodeLimits())
    assert len(result.spans) == 1
    assert reasons(result)[0].startswith(field)


def test_a_huge_resource_is_cut_and_costs_no_span() -> None:
    resource = {f"k{number}": "x" * 1000 for number in range(100)} | {"openinference.project.name": "mine", "k": "v"}
    body = request(span(), resource=resource | {"deep": {str(n): n for n in range(5000)}}).SerializeToString()
    got = decode(body, project=None, limits=DecodeLimits()).spans[0]
    kept = json.loads(got.envelope or b"")["resource"]
    assert got.project == "mine"
    assert len(got.envelope or b"") < 70_000
    assert kept["attributes"]["k0"] == "x" * 1000
    assert len(kept["attributes"]) + kept["dropped_attributes_count"] == len(resource) + 1


def test_an_unreadable_resource_attribute_costs_no_span() -> None:
    def pair(key: bytes, value: bytes) -> bytes:
        return length_delimited(1, length_delimited(1, key) + length_delimited(2, length_delimited(1, value)))

    resource = length_delimited(1, pair(b"bad", b"\xff") + pair(b"openinference.project.name", b"mine"))
    body = raw_request(span().SerializeToString(), around=resource)
    result = decode(body, project=None, limits=DecodeLimits())
    assert [each.project for each in result.spans] == ["mine"]
    assert json.loads(result.spans[0].envelope or b"")["resource"]["dropped_attributes_count"] == 1


def test_an_empty_body_is_an_empty_request() -> None:
    assert decode(b"", project=None, limits=DecodeLimits())[:2] == ([], [])


@pytest.mark.parametrize(
    "body", [b'{"resourceSpans": []}', b"hello", b"\x0a\xff", b"\x1f\x8b\x08\x00", b"\x0a\x02\x12\x05"]
)
def test_what_is_no_request_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode(body, project=None, limits=DecodeLimits())


def test_a_truncated_request_is_malformed() -> None:
    body = request(span({"k": "v" * 300})).SerializeToString()
    with pytest.raises(MalformedRequest, match="runs past the end"):
        decode(body[:-5], project=None, limits=DecodeLimits())


def test_a_request_of_nothing_but_bad_spans_is_malformed() -> None:
    with pytest.raises(MalformedRequest, match="more than 10000 spans are bad; the first: trace_id"):
        decode(request(*[Span()] * 20_000).SerializeToString(), project=None, limits=DecodeLimits())


def test_the_answer_is_empty_unless_something_was_refused() -> None:
    assert export_response(0, "") == b""
    answer = ExportTraceServiceResponse.FromString(export_response(2, "why"))
    assert (answer.partial_success.rejected_spans, answer.partial_success.error_message) == (2, "why")


# --- properties -------------------------------------------------------------------------------------------------------

scalars = (
    st.text(max_size=20)
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats()
    | st.binary(max_size=8)
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
known_keys = st.sampled_from(
    [
        "openinference.span.kind",
        "session.id",
        "user.id",
        "metadata",
        "tool.parameters",
        "llm.model_name",
        "llm.provider",
        "llm.token_count.prompt",
        "llm.token_count.completion",
        "llm.token_count.total",
        "llm.cost.prompt",
        "llm.cost.completion",
        "llm.cost.total",
        "input.value",
        "output.value",
        "input.mime_type",
        "retrieval.documents.0.document.metadata",
    ]
)
keys = known_keys | st.text(max_size=12) | st.from_regex(r"[a-c](\.([a-c]|[0-9])){0,4}", fullmatch=True)
texts = st.text(max_size=20)
ids = st.binary(min_size=1, max_size=32).filter(lambda each: any(each))


@given(
    attributes=st.dictionaries(keys, values, max_size=12),
    trace_id=ids,
    span_id=ids,
    parent_id=ids,
    name=texts,
    message=texts,
    times=st.tuples(st.integers(0, (1 << 63) - 1), st.integers(0, (1 << 63) - 1)),
    event=st.dictionaries(keys, values, max_size=3),
)
def test_any_span_is_decoded_with_its_ids(
    attributes: dict[str, Any],
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    name: str,
    message: str,
    times: tuple[int, int],
    event: dict[str, Any],
) -> None:
    sent = span(
        attributes,
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent_id,
        name=name,
        start_time_unix_nano=times[0],
        end_time_unix_nano=times[1],
    )
    sent.status.message = message
    sent.events.add(name=name, attributes=key_values(event))
    result = decoded(sent)
    assert not result.rejected
    (got,) = result.spans
    assert (got.trace_id, got.span_id, got.parent_id, (got.start_ns, got.end_ns)) == (
        trace_id,
        span_id,
        parent_id,
        times,
    )
    held = [got.attributes, got.events, got.envelope, (got.small or "{}").encode()]
    assert all(b"\\u0000" not in (part or b"").replace(rb"\\u0000", b"") for part in held)
    body = json.loads(got.attributes)
    assert got.small is None or isinstance(json.loads(got.small), dict)
    for count in (got.tokens_prompt, got.tokens_completion, got.tokens_total):
        assert count is None or -(1 << 63) <= count < 1 << 63
    for cost in (got.cost_prompt_usd, got.cost_completion_usd, got.cost_usd):
        assert cost is None or math.isfinite(cost)
    for key, value in attributes.items():
        shown = key.replace("\0", "\\u0000")
        readable = shown in body or any(other.startswith(f"{shown}.") for other in body)
        assert readable or key in ("input.value", "output.value")
        if isinstance(value, str) and not shown.endswith(("metadata", "parameters", "prompt", "completion", "total")):
            held_text = {"input.value": got.input, "output.value": got.output}.get(key, body.get(shown))
            assert held_text == value.replace("\0", "\\u0000") or any(other != key for other in attributes)


@given(
    groups=st.lists(st.tuples(st.dictionaries(keys, values, max_size=3), st.lists(values, max_size=3)), max_size=3),
    name=texts,
)
def test_a_large_request_says_the_same_as_a_small_one(
    groups: list[tuple[dict[str, Any], list[Any]]], name: str
) -> None:
    whole = ExportTraceServiceRequest()
    for resource, attributes in groups:
        group = whole.resource_spans.add(schema_url=name)
        group.resource.attributes.extend(key_values(resource))
        for number, value in enumerate(attributes):
            scope = group.scope_spans.add(schema_url=str(number))
            scope.scope.name = name
            scope.spans.extend([span({"value": value}), span(name=name)])
    small = whole.SerializeToString()
    large = small + length_delimited(15, bytes(PARSED_AT_ONCE))  # a field that nobody knows
    of_large, of_small = (decode(body, project=None, limits=DecodeLimits()) for body in (large, small))
    assert (of_large.spans, of_large.rejected) == (of_small.spans, of_small.rejected)


def test_more_spans_than_a_request_may_have_are_none() -> None:
    limits = DecodeLimits(max_spans_per_request=2)
    assert len(decoded(span(), span(), limits=limits).spans) == 2
    with pytest.raises(TooLarge, match=r"more than 2 spans.*RUBRICATE_MAX_SPANS"):
        decoded(span(), span(), span(), limits=limits)


@given(st.binary(max_size=200))
@example(b"\x0a\x00")
def test_random_bytes_are_decoded_or_malformed(body: bytes) -> None:
    try:
        result = decode(body, project=None, limits=DecodeLimits())
    except MalformedRequest:
        return
    assert INTERNAL_ERROR not in reasons(result)


@given(st.data())
def test_damaged_requests_are_decoded_refused_or_malformed(data: st.DataObject) -> None:
    sent = span({"a": "text", "l": [1, 2.5, {"b": "c"}], "metadata": '{"k": [1]}', "k": {"x": {"y": b"z"}}})
    sent.events.add(name="e", attributes=key_values({"x": 1}))
    sent.links.add(trace_id=TRACE, span_id=SPAN)
    body = bytearray(request(sent, span({"b": "c"}), resource={"service.name": "s"}).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        result = decode(bytes(body), project=None, limits=DecodeLimits())
    except MalformedRequest:
        return
    assert INTERNAL_ERROR not in reasons(result)


def test_the_wire_of_a_double_is_what_the_fast_path_reads() -> None:
    """The fast path for embeddings knows these eleven bytes; should protobuf ever change them, it must fall back."""
    array = any_value([0.5]).array_value
    assert array.SerializeToString() == b"\x0a\x09\x21" + struct.pack("<d", 0.5)
