"""Notes on spans, traces and sessions over HTTP: free text that piles up."""

from typing import Any

from fastapi import APIRouter, Request, Response

from rubricate.records.annotation import AnnotationId, SessionNoteCreate, SpanNoteCreate, TraceNoteCreate
from rubricate.records.base import Data, Input
from rubricate_server.actions.annotate import add_note
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import author_of
from rubricate_server.api.identifier import global_id, storage_of
from rubricate_server.api.target import SESSION, SPAN, TRACE, Target, key_from_any_id
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotations"])

_WRITTEN: dict[str, Any] = {"response_model": Data[AnnotationId], "responses": refusals(404, 503)}


class SpanNoteBody(Input):
    """A note on a span to write."""

    data: SpanNoteCreate


class TraceNoteBody(Input):
    """A note on a trace to write."""

    data: TraceNoteCreate


class SessionNoteBody(Input):
    """A note on a session to write."""

    data: SessionNoteCreate


@router.post("/span_notes", **_WRITTEN)
def create_span_note(request: Request, body: SpanNoteBody) -> Response:
    """Write a note on a span, given by its OpenTelemetry id or its global id."""
    return _create(request, SPAN, body.data.span_id, body.data)


@router.post("/trace_notes", **_WRITTEN)
def create_trace_note(request: Request, body: TraceNoteBody) -> Response:
    """Write a note on a trace, given by its OpenTelemetry id or its global id."""
    return _create(request, TRACE, body.data.trace_id, body.data)


@router.post("/session_notes", **_WRITTEN)
def create_session_note(request: Request, body: SessionNoteBody) -> Response:
    """Write a note on a session, given by the application's id or its global id."""
    return _create(request, SESSION, body.data.session_id, body.data)


def _create(
    request: Request, target: Target, identifier: str, note: SpanNoteCreate | TraceNoteCreate | SessionNoteCreate
) -> Response:
    storage = storage_of(request)
    target_id = key_from_any_id(storage, target, identifier)
    missing = ApiError(404, _MISSING[target].format(identifier))
    if target_id is None:
        raise missing
    try:
        row = add_note(storage.annotations, target.kind, target_id, note.note, note.identifier, by=author_of(request))
    except NotFound:
        raise missing from None
    return json_answer({"data": {"id": global_id(target.type_name, row)}})


_MISSING = {
    SPAN: "Span with ID {} not found",
    TRACE: "Trace with ID {} not found",
    SESSION: "Session with session_id {} not found",
}
