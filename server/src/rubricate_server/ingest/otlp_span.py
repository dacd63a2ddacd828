"""One span of OTLP as it is stored."""

from typing import Any, Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rubricate_server.ingest.conventions.feedback import Feedback
from rubricate_server.ingest.conventions.openinference import EVALUATOR, build_span, event
from rubricate_server.ingest.otlp_json import BadField, span_message
from rubricate_server.ingest.otlp_limits import (
    MAX_TIME_NS,
    DecodeLimits,
    RefusedSpan,
    bad_id,
    bad_time,
    check_size,
    too_many,
)
from rubricate_server.ingest.otlp_surroundings import Scope, given
from rubricate_server.ingest.otlp_value import attributes_of, put_value
from rubricate_server.ingest.otlp_wire import has_more_fields, trouble
from rubricate_server.storage.contract import NewSpan

LARGE_SPAN: Final = 2**20
"""Bytes of a span from which on its fields are counted before it is parsed: two bytes make one of 90 in memory."""
SINGLE_FIELDS: Final = 100
"""Fields of a span that are no attribute, event or link: more than there are."""


def decoded_span(span: Span, scope: Scope, limits: DecodeLimits, feedback: Feedback) -> NewSpan:
    """The span; `feedback` takes what it says of itself and others. Raises RefusedSpan."""
    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
    if not trace_id.strip(b"\0") or len(trace_id) > limits.max_id_bytes:
        raise RefusedSpan(bad_id("trace_id", trace_id, limits))
    if not span_id.strip(b"\0") or len(span_id) > limits.max_id_bytes:
        raise RefusedSpan(bad_id("span_id", span_id, limits))
    if len(parent_id) > limits.max_id_bytes:
        raise RefusedSpan(bad_id("parent_span_id", parent_id, limits))
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if start > MAX_TIME_NS or end > MAX_TIME_NS:
        raise RefusedSpan(bad_time("start_time_unix_nano" if start > MAX_TIME_NS else "end_time_unix_nano"))
    pairs = span.attributes
    if len(pairs) > limits.max_attributes_per_span:
        raise RefusedSpan(too_many("attributes", limits))

    flat: dict[str, Any] = {}
    for pair in pairs:
        value = pair.value
        text = value.string_value
        if text:
            flat[pair.key] = text
        else:
            put_value(flat, pair.key, value, pair.key, limits)

    status = span.status
    code = status.code
    events = _events(span, limits) if span.events else None
    new = build_span(
        scope.project,
        trace_id,
        span_id,
        parent_id if parent_id.strip(b"\0") else None,
        span.name,
        start,
        end,
        code if 0 <= code <= 2 else 0,
        status.message,
        flat,
        events,
        _envelope(span, scope, limits),
        feedback.take_attributes,
    )
    if events:
        feedback.take_events(new, events)
    if new.kind == EVALUATOR and len(span.links) == 1 and span.links[0].span_id.strip(b"\0"):
        feedback.point(new, span.links[0].trace_id, span.links[0].span_id)
    return new


def opened_span(sent: Any, limits: DecodeLimits) -> Span:
    """The message of a span that came as bytes, or as JSON. Raises RefusedSpan."""
    if isinstance(sent, bytes):
        return _span_from_bytes(sent, limits)
    try:
        return span_message(sent, limits.max_depth)
    except BadField as error:
        raise RefusedSpan(str(error)) from error


def _span_from_bytes(sent: bytes, limits: DecodeLimits) -> Span:
    check_size(len(sent), limits)
    most = limits.max_attributes_per_span + 2 * limits.max_events_per_span + SINGLE_FIELDS
    if len(sent) > LARGE_SPAN and has_more_fields(sent, most):
        raise RefusedSpan(f"span: more than {most} attributes, events and links; raise the limit or send fewer")
    try:
        span: Span = Span.FromString(sent)
        return span
    except DecodeError:
        raise RefusedSpan(trouble(sent, limits.max_depth)) from None


def _events(span: Span, limits: DecodeLimits) -> list[dict[str, Any]]:
    if len(span.events) > limits.max_events_per_span:
        raise RefusedSpan(f"events: more than {limits.max_events_per_span}; raise the limit or send fewer")
    events = []
    for number, sent in enumerate(span.events):
        where = f"events[{number}]"
        if sent.time_unix_nano > MAX_TIME_NS:
            raise RefusedSpan(bad_time(f"{where}.time_unix_nano"))
        events.append(event(sent.name, sent.time_unix_nano, attributes_of(sent.attributes, where, limits)))
    return events


def _envelope(span: Span, scope: Scope, limits: DecodeLimits) -> bytes | None:
    kind, flags = span.kind, span.flags
    if not (
        span.dropped_attributes_count
        or span.dropped_events_count
        or span.dropped_links_count
        or span.trace_state
        or span.links
        or span.events
    ):
        return scope.envelope(kind, flags)  # nearly always
    if len(span.links) > limits.max_events_per_span:
        raise RefusedSpan(f"links: more than {limits.max_events_per_span}; raise the limit or send fewer")
    dropped = {
        "attributes": span.dropped_attributes_count,
        "events": span.dropped_events_count,
        "links": span.dropped_links_count,
        "event_attributes": sum(each.dropped_attributes_count for each in span.events),
    }
    own = {
        "trace_state": span.trace_state,
        "links": [_link(link, f"links[{number}]", limits) for number, link in enumerate(span.links)],
        "dropped": given(dropped),
    }
    return scope.envelope_with(kind, flags, given(own))


def _link(link: Span.Link, where: str, limits: DecodeLimits) -> dict[str, Any]:
    return given(
        {
            "trace_id": link.trace_id.hex(),
            "span_id": link.span_id.hex(),
            "trace_state": link.trace_state,
            "attributes": attributes_of(link.attributes, where, limits),
            "flags": link.flags,
            "dropped_attributes_count": link.dropped_attributes_count,
        }
    )
