"""OTLP requests as spans ready to be stored.

A bad span never costs its neighbours: it is rejected with a reason, and kept with its bytes. When protobuf refuses the
whole message because of one bad string, or the message is large, the wire is walked by hand (`otlp_wire`), and every
span is parsed on its own.

Parsing is done by upb (C); the rest is one loop over attributes in Python, 20 to 30 µs a span. JSON becomes the same
messages first (`otlp_json`), so that both encodings end in the same spans.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rubricate_server.ingest.conventions.feedback import Feedback
from rubricate_server.ingest.errors import MalformedRequest, TooLarge
from rubricate_server.ingest.otlp_json import (
    BadField,
    list_in,
    parsed_body,
    resource_message,
    scope_message,
)
from rubricate_server.ingest.otlp_limits import DecodeLimits, RefusedSpan, check_size
from rubricate_server.ingest.otlp_span import decoded_span, opened_span
from rubricate_server.ingest.otlp_surroundings import Scope, resource_of, scope_of
from rubricate_server.ingest.otlp_wire import BrokenWire, scopes_of
from rubricate_server.storage.contract import DeadLetter, NewSpan

log = logging.getLogger(__name__)

INTERNAL_ERROR: Final = "internal error while decoding this span; the server's log says more"
PARSED_AT_ONCE: Final = 4 * 2**20
"""Bytes of a request up to which protobuf parses it as a whole, and takes up to 45 times as many."""


class Decoded(NamedTuple):
    """What a request held."""

    spans: list[NewSpan]
    rejected: list[DeadLetter]
    feedback: Feedback
    """Annotations that the spans brought along."""


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


def _all_decoded(scopes: Iterable[Scope], limits: DecodeLimits, size: int) -> Decoded:
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
                span = sent if sent.__class__ is Span else opened_span(sent, limits)
                if large:
                    check_size(span.ByteSize(), limits)
                spans.append(decoded_span(span, scope, limits, feedback))
            except RefusedSpan as refusal:
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


# --- spans that came together -----------------------------------------------------------------------------------------


def _parsed(request: ExportTraceServiceRequest, project: str | None) -> Iterator[Scope]:
    for group in request.resource_spans:
        resource, named = resource_of(group.resource, group.schema_url)
        for scope in group.scope_spans:
            around = resource | scope_of(scope.scope, scope.schema_url)
            yield Scope(project or named, around, scope.spans)


def _parsed_json(whole: Any, project: str | None, limits: DecodeLimits) -> Iterator[Scope]:
    for number, group in enumerate(list_in(whole, "resourceSpans")):
        where = f"resourceSpans[{number}]"
        parts = list_in(group, "scopeSpans", where)
        resource, named = resource_of(resource_message(group.get("resource"), limits.max_depth), _url(group))
        for place, part in enumerate(parts):
            spans = list_in(part, "spans", f"{where}.scopeSpans[{place}]")
            around = resource | scope_of(scope_message(part.get("scope"), limits.max_depth), _url(part))
            yield Scope(project or named, around, spans)


def _walked(body: bytes, project: str | None) -> Iterator[Scope]:
    """The scopes of a request, their spans still as bytes. Raises BrokenWire."""
    for found in scopes_of(body):
        resource, named = resource_of(found.resource, found.resource_url)
        yield Scope(project or named, resource | scope_of(found.scope, found.scope_url), found.spans)


def _url(sent: dict[str, Any]) -> str:
    url = sent.get("schemaUrl")
    return url if isinstance(url, str) else ""


# --- refusals ---------------------------------------------------------------------------------------------------------


def _refuse(rejected: list[DeadLetter], scope: Scope, sent: Any, reason: str, limits: DecodeLimits) -> None:
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
