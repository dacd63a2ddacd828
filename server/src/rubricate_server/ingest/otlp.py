"""OTLP requests as spans ready to be stored.

A bad span never costs its neighbours: it is rejected with a reason, and kept with its bytes. When protobuf refuses the
whole message because of one bad string, or the message is large, the wire is walked by hand (`otlp_wire`), and every
span is parsed on its own.

Parsing is done by upb (C); the rest is one loop over attributes in Python, 20 to 30 µs a span. JSON becomes the same
messages first (`otlp_json`), so that both encodings end in the same spans.
"""

import base64
import json
import logging
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # has no stubs
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rubricate_server.ingest.conventions.feedback import Feedback
from rubricate_server.ingest.conventions.openinference import (
    DEFAULT_PROJECT,
    EVALUATOR,
    PROJECT,
    build_span,
    event,
    number_text,
    put,
)
from rubricate_server.ingest.errors import MalformedRequest, TooLarge
from rubricate_server.ingest.otlp_json import (
    BadField,
    list_in,
    parsed_body,
    resource_message,
    scope_message,
    span_message,
)
from rubricate_server.ingest.otlp_wire import BrokenWire, has_more_fields, scopes_of, too_deep, trouble
from rubricate_server.storage.contract import DeadLetter, NewSpan

log = logging.getLogger(__name__)

MAX_TIME_NS: Final = (1 << 63) - 1
"""2262-04-11: the last moment that fits a signed 64-bit count of nanoseconds."""

INTERNAL_ERROR: Final = "internal error while decoding this span; the server's log says more"


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Up to where a span is taken. Far beyond what an instrumentation sends, far below what hurts the server."""

    max_attributes_per_span: int = 4096
    """Also for each event and link. OpenTelemetry's own default is 128; a long chat with tools has some hundreds."""
    max_events_per_span: int = 4096
    """Also for links. OpenTelemetry's own default is 128."""
    max_span_bytes: int = 16 * 2**20
    """As sent. A prompt that fills the largest context windows has about 10 MB."""
    max_depth: int = 32
    """Of objects and lists in one attribute. protobuf itself gives up at about the same depth."""
    max_rejected_per_request: int = 10_000
    """Beyond it the request as a whole is nonsense: two bytes make an empty span, and each is kept as a dead letter."""
    max_spans_per_request: int = 100_000
    """OpenTelemetry sends 512. Some bytes make a span, and in memory each takes 4 kB."""
    max_id_bytes: int = 32
    """OpenTelemetry says 16 and 8; others are seen in the wild, and are kept as they come."""


PARSED_AT_ONCE: Final = 4 * 2**20
"""Bytes of a request up to which protobuf parses it as a whole, and takes up to 45 times as many."""
LARGE_SPAN: Final = 2**20
"""Bytes of a span from which on its fields are counted before it is parsed, for the same reason."""
SINGLE_FIELDS: Final = 100
"""Fields of a span that are no attribute, event or link: more than there are."""


class Decoded(NamedTuple):
    """What a request held."""

    spans: list[NewSpan]
    rejected: list[DeadLetter]
    feedback: Feedback
    """Annotations that the spans brought along."""


class _Refused(Exception):
    """This span cannot be stored; the message names the field and what would be right."""


def decode(body: bytes, *, project: str | None, limits: DecodeLimits) -> Decoded:
    """The spans of a serialised ExportTraceServiceRequest. Raises MalformedRequest and TooLarge.

    `project` is the one that the sender names in a header; without it, the resource says, or it is `default`.
    """
    if len(body) <= PARSED_AT_ONCE:
        try:
            return _all_decoded(_parsed(ExportTraceServiceRequest.FromString(body), project), limits, len(body))
        except DecodeError:
            pass
    try:
        return _all_decoded(_walked(body, project), limits, len(body))
    except BrokenWire as broken:
        raise MalformedRequest(f"the body is no ExportTraceServiceRequest in protobuf: {broken}") from broken


def decode_json(body: bytes, *, project: str | None, limits: DecodeLimits) -> Decoded:
    """The same from OTLP's JSON. Raises MalformedRequest and TooLarge."""
    try:
        whole = parsed_body(body)
        if isinstance(whole, dict) and whole and "resourceSpans" not in whole:
            raise BadField("the body has no resourceSpans; an ExportTraceServiceRequest in JSON has them at the top")
        scopes = list(_parsed_json(whole, project, limits))
    except BadField as error:
        raise MalformedRequest(str(error)) from error
    return _all_decoded(scopes, limits, len(body))


def _all_decoded(scopes: Iterable["_Scope"], limits: DecodeLimits, size: int) -> Decoded:
    spans: list[NewSpan] = []
    rejected: list[DeadLetter] = []
    feedback = Feedback()
    large = size > limits.max_span_bytes  # measuring a span means serialising it: only if one can be too large
    for scope in scopes:
        for sent in scope.spans:
            if len(spans) >= limits.max_spans_per_request:
                raise TooLarge(
                    f"the request has more than {limits.max_spans_per_request} spans; send fewer at once, or raise"
                    " RUBRICATE_MAX_SPANS"
                )
            try:
                span = sent if sent.__class__ is Span else _opened(sent, limits)
                if large:
                    _check_size(span.ByteSize(), limits)
                spans.append(_decoded(span, scope, limits, feedback))
            except _Refused as refusal:
                _refuse(rejected, scope, sent, str(refusal), limits)
            except Exception:  # the promise of this module: one span, known or unknown trouble, never costs a batch
                log.exception("a span could not be decoded")
                _refuse(rejected, scope, sent, INTERNAL_ERROR, limits)
    return Decoded(spans, rejected, feedback)


def export_response(rejected: int, message: str) -> bytes:
    """What OTLP answers: nothing when all is well, otherwise how many spans were refused, and why.

    A message with none refused is a warning.
    """
    response = ExportTraceServiceResponse()
    if rejected or message:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return bytes(response.SerializeToString())


def export_response_json(rejected: int, message: str) -> bytes:
    """The same in JSON."""
    partial: dict[str, str] = {}
    if rejected:
        partial["rejectedSpans"] = str(rejected)
    if message:
        partial["errorMessage"] = message
    return orjson.dumps({"partialSuccess": partial} if partial else {})


# --- one span ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Scope:
    """Spans that came together, and what surrounds them."""

    project: str
    around: dict[str, Any]
    spans: Iterable[Any]
    """Messages; what protobuf refused as a whole, as bytes; what came as JSON, as that."""
    envelopes: dict[tuple[int, int], bytes | None] = field(default_factory=dict)

    def envelope(self, kind: int, flags: int) -> bytes | None:
        """What surrounds an ordinary span. Few combinations exist, so the JSON is written once for each."""
        try:
            return self.envelopes[kind, flags]
        except KeyError:
            return self.envelopes.setdefault((kind, flags), self.envelope_with(kind, flags, {}))

    def envelope_with(self, kind: int, flags: int, more: dict[str, Any]) -> bytes | None:
        """What surrounds a span that brings something of its own."""
        whole = dict(self.around)
        if kind:
            whole["otlp_kind"] = _KINDS.get(kind, kind)
        if flags:
            whole["flags"] = flags
        whole.update(more)
        return orjson.dumps(whole) if whole else None


_KINDS: Final[dict[int, str]] = {
    number: name.removeprefix("SPAN_KIND_") for name, number in Span.SpanKind.items() if number
}


def _decoded(span: Span, scope: _Scope, limits: DecodeLimits, feedback: Feedback) -> NewSpan:
    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
    if not trace_id.strip(b"\0") or len(trace_id) > limits.max_id_bytes:
        raise _Refused(_bad_id("trace_id", trace_id, limits))
    if not span_id.strip(b"\0") or len(span_id) > limits.max_id_bytes:
        raise _Refused(_bad_id("span_id", span_id, limits))
    if len(parent_id) > limits.max_id_bytes:
        raise _Refused(_bad_id("parent_span_id", parent_id, limits))
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if start > MAX_TIME_NS or end > MAX_TIME_NS:
        raise _Refused(_bad_time("start_time_unix_nano" if start > MAX_TIME_NS else "end_time_unix_nano"))
    pairs = span.attributes
    if len(pairs) > limits.max_attributes_per_span:
        raise _Refused(_too_many("attributes", limits))

    flat: dict[str, Any] = {}
    for pair in pairs:
        value = pair.value
        text = value.string_value
        if text:
            flat[pair.key] = text
        else:
            _put(flat, pair.key, value, pair.key, limits)

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


def _opened(sent: Any, limits: DecodeLimits) -> Span:
    if isinstance(sent, bytes):
        return _span_from_bytes(sent, limits)
    try:
        return span_message(sent, limits.max_depth)
    except BadField as error:
        raise _Refused(str(error)) from error


def _span_from_bytes(sent: bytes, limits: DecodeLimits) -> Span:
    _check_size(len(sent), limits)
    most = limits.max_attributes_per_span + 2 * limits.max_events_per_span + SINGLE_FIELDS
    if len(sent) > LARGE_SPAN and has_more_fields(sent, most):
        raise _Refused(f"span: more than {most} attributes, events and links; raise the limit or send fewer")
    try:
        span: Span = Span.FromString(sent)
        return span
    except DecodeError:
        raise _Refused(trouble(sent, limits.max_depth)) from None


def _put(flat: dict[str, Any], key: str, value: AnyValue, where: str, limits: DecodeLimits) -> None:
    plain = _plain(value, where, limits.max_depth)
    if plain.__class__ in (dict, list):
        try:
            put(flat, key, plain, limits.max_attributes_per_span)
        except ValueError as error:
            raise _Refused(str(error)) from error
    else:
        flat[key] = plain


def _plain(value: AnyValue, where: str, depth: int) -> Any:
    """An AnyValue as JSON can say it: bytes as base64, numbers that JSON lacks by their name."""
    match value.WhichOneof("value"):
        case "int_value":
            return value.int_value
        case "double_value":
            number = value.double_value
            return number if isfinite(number) else number_text(number)
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case "array_value":
            if not depth:
                raise _Refused(too_deep(where))
            return _list(value.array_value, where, depth - 1)
        case "kvlist_value":
            if not depth:
                raise _Refused(too_deep(where))
            pairs = value.kvlist_value.values
            return {pair.key: _plain(pair.value, where, depth - 1) for pair in pairs}
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case _:
            return None


def _list(array: ArrayValue, where: str, depth: int) -> list[Any]:
    values = array.values
    if len(values) >= 16 and values[0].double_value and (vector := _vector(array)):
        return vector
    return [_plain(value, where, depth) for value in values]


# On the wire, each number of an embedding is the same three bytes (AnyValue of 9 bytes, holding a double) and eight
# more. Reading them at once is five times as fast as asking a thousand messages what they are: 0.03 µs a number.
_NUMBER: Final = struct.Struct("<3xd")
_LEAD: Final = b"\x0a\x09\x21"


def _vector(array: ArrayValue) -> list[float] | None:
    """The numbers of an array that holds nothing else, and none that JSON lacks; None for any other array."""
    wire = array.SerializeToString()
    count, rest = divmod(len(wire), _NUMBER.size)
    if rest or any(wire[place :: _NUMBER.size] != _LEAD[place : place + 1] * count for place in range(3)):
        return None
    numbers = [number for (number,) in _NUMBER.iter_unpack(wire)]
    return numbers if isfinite(sum(numbers)) else None


def _attributes(pairs: Sequence[KeyValue], where: str, limits: DecodeLimits) -> dict[str, Any]:
    if len(pairs) > limits.max_attributes_per_span:
        raise _Refused(_too_many(f"{where}.attributes", limits))
    flat: dict[str, Any] = {}
    for pair in pairs:
        _put(flat, pair.key, pair.value, f"{where}.{pair.key}", limits)
    return flat


def _events(span: Span, limits: DecodeLimits) -> list[dict[str, Any]]:
    if len(span.events) > limits.max_events_per_span:
        raise _Refused(f"events: more than {limits.max_events_per_span}; raise the limit or send fewer")
    events = []
    for number, sent in enumerate(span.events):
        where = f"events[{number}]"
        if sent.time_unix_nano > MAX_TIME_NS:
            raise _Refused(_bad_time(f"{where}.time_unix_nano"))
        events.append(event(sent.name, sent.time_unix_nano, _attributes(sent.attributes, where, limits)))
    return events


def _envelope(span: Span, scope: _Scope, limits: DecodeLimits) -> bytes | None:
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
        raise _Refused(f"links: more than {limits.max_events_per_span}; raise the limit or send fewer")
    dropped = {
        "attributes": span.dropped_attributes_count,
        "events": span.dropped_events_count,
        "links": span.dropped_links_count,
        "event_attributes": sum(each.dropped_attributes_count for each in span.events),
    }
    own = {
        "trace_state": span.trace_state,
        "links": [_link(link, f"links[{number}]", limits) for number, link in enumerate(span.links)],
        "dropped": _given(dropped),
    }
    return scope.envelope_with(kind, flags, _given(own))


def _link(link: Span.Link, where: str, limits: DecodeLimits) -> dict[str, Any]:
    return _given(
        {
            "trace_id": link.trace_id.hex(),
            "span_id": link.span_id.hex(),
            "trace_state": link.trace_state,
            "attributes": _attributes(link.attributes, where, limits),
            "flags": link.flags,
            "dropped_attributes_count": link.dropped_attributes_count,
        }
    )


# --- what surrounds spans ---------------------------------------------------------------------------------------------


def _parsed(request: ExportTraceServiceRequest, project: str | None) -> Iterator[_Scope]:
    for group in request.resource_spans:
        resource, named = _resource(group.resource, group.schema_url)
        for scope in group.scope_spans:
            around = resource | _scope(scope.scope, scope.schema_url)
            yield _Scope(project or named, around, scope.spans)


def _parsed_json(whole: Any, project: str | None, limits: DecodeLimits) -> Iterator[_Scope]:
    for number, group in enumerate(list_in(whole, "resourceSpans")):
        where = f"resourceSpans[{number}]"
        parts = list_in(group, "scopeSpans", where)
        resource, named = _resource(resource_message(group.get("resource"), limits.max_depth), _url(group))
        for place, part in enumerate(parts):
            spans = list_in(part, "spans", f"{where}.scopeSpans[{place}]")
            around = resource | _scope(scope_message(part.get("scope"), limits.max_depth), _url(part))
            yield _Scope(project or named, around, spans)


def _walked(body: bytes, project: str | None) -> Iterator[_Scope]:
    """The scopes of a request, their spans still as bytes. Raises BrokenWire."""
    for found in scopes_of(body):
        resource, named = _resource(found.resource, found.resource_url)
        yield _Scope(project or named, resource | _scope(found.scope, found.scope_url), found.spans)


def _url(sent: dict[str, Any]) -> str:
    url = sent.get("schemaUrl")
    return url if isinstance(url, str) else ""


MAX_SURROUNDINGS: Final = 64 * 1024
"""Characters of JSON that the attributes of a resource, or of a scope, may take: every span repeats them."""

MAX_NAME: Final = 1024
"""Characters of a scope's name or version, or of a schema URL; the rest is cut."""


def _resource(resource: Resource, schema_url: str) -> tuple[dict[str, Any], str]:
    """The resource as the envelope holds it, and the project that it names."""
    project = DEFAULT_PROJECT
    for pair in resource.attributes:
        if pair.key == PROJECT and pair.value.string_value:
            project = pair.value.string_value
    attributes, dropped = _surrounding_attributes(resource.attributes)
    kept = _given(
        {
            "attributes": attributes,
            "dropped_attributes_count": resource.dropped_attributes_count + dropped,
            "schema_url": schema_url[:MAX_NAME],
            "entity_refs": [MessageToDict(ref, preserving_proto_field_name=True) for ref in resource.entity_refs[:100]],
        }
    )
    return ({"resource": kept} if kept else {}), project


def _scope(scope: InstrumentationScope, schema_url: str) -> dict[str, Any]:
    attributes, dropped = _surrounding_attributes(scope.attributes)
    kept = _given(
        {
            "name": scope.name[:MAX_NAME],
            "version": scope.version[:MAX_NAME],
            "attributes": attributes,
            "dropped_attributes_count": scope.dropped_attributes_count + dropped,
            "schema_url": schema_url[:MAX_NAME],
        }
    )
    return {"scope": kept} if kept else {}


def _surrounding_attributes(pairs: Sequence[KeyValue]) -> tuple[dict[str, Any], int]:
    """As many as fit, and how many do not: what belongs to many spans is no reason to refuse them."""
    kept: dict[str, Any] = {}
    size = dropped = 0
    for pair in pairs:
        one: dict[str, Any] = {}
        try:
            _put(one, pair.key, pair.value, pair.key, _SURROUNDINGS)
        except _Refused:
            dropped += 1
            continue
        taken = len(orjson.dumps(one))
        if size + taken > MAX_SURROUNDINGS:
            dropped += 1
        else:
            size += taken
            kept |= one
    return kept, dropped


_SURROUNDINGS: Final = DecodeLimits()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


# --- refusals ---------------------------------------------------------------------------------------------------------


def _refuse(rejected: list[DeadLetter], scope: _Scope, sent: Any, reason: str, limits: DecodeLimits) -> None:
    if len(rejected) >= limits.max_rejected_per_request:
        raise MalformedRequest(f"more than {len(rejected)} spans are bad; the first: {rejected[0].reason}")
    if isinstance(sent, bytes):
        rejected.append(DeadLetter(scope.project, reason, sent, "protobuf"))
    elif isinstance(sent, Span):
        rejected.append(DeadLetter(scope.project, reason, sent.SerializeToString(), "protobuf"))
    else:
        rejected.append(DeadLetter(scope.project, reason, _json_bytes(sent), "json"))


def _json_bytes(sent: Any) -> bytes:
    try:
        return orjson.dumps(sent)
    except orjson.JSONEncodeError:  # deeper, or with larger numbers, than orjson writes
        return json.dumps(sent).encode()


def _bad_id(name: str, value: bytes, limits: DecodeLimits) -> str:
    if len(value) > limits.max_id_bytes:
        return f"{name}: {len(value)} bytes; at most {limits.max_id_bytes} are kept, OpenTelemetry uses 16 and 8"
    what = "only zeros" if value else "empty"
    return f"{name}: {what}; it must have 1 to {limits.max_id_bytes} bytes that are not all zero"


def _bad_time(name: str) -> str:
    return f"{name}: after the year 2262; it must be nanoseconds since 1970 below 2^63 (is the unit right?)"


def _too_many(name: str, limits: DecodeLimits) -> str:
    return f"{name}: more than {limits.max_attributes_per_span}; raise the limit or send fewer"


def _check_size(size: int, limits: DecodeLimits) -> None:
    if size > limits.max_span_bytes:
        raise _Refused(f"span: {size} bytes; at most {limits.max_span_bytes} are kept, raise the limit or send less")
