"""Spans over HTTP: pages of them, creation, deletion."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Input, Page, Record
from rubricate.records.span import Span, SpanCreate, StatusCode
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import bytes_of, cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.api.mark import mark_cursor, mark_of
from rubricate_server.api.moment import LAST_NS, bound_ns, iso_from_ns, ns_of
from rubricate_server.domain.attributes import flatten
from rubricate_server.ingest.conventions.feedback import Feedback
from rubricate_server.ingest.conventions.openinference import KIND, build_span, events_from, flat_attributes
from rubricate_server.storage.contract import NewSpan, SpanMark, SpanOrder, SpanQuery, Storage, StoredSpan
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["spans"])

STATUSES = [status.value for status in (StatusCode.UNSET, StatusCode.OK, StatusCode.ERROR)]
KINDS = [
    "LLM",
    "CHAIN",
    "AGENT",
    "TOOL",
    "RETRIEVER",
    "RERANKER",
    "EMBEDDING",
    "GUARDRAIL",
    "EVALUATOR",
    "PROMPT",
    "DECISION",
    "UNKNOWN",
]
ORDERS: Final[dict[tuple[str, str], SpanOrder]] = {
    ("id", "desc"): "id",
    ("id", "asc"): "arrival",
    ("start_time", "desc"): "start_time",
    ("start_time", "asc"): "start_time_ascending",
}
SHOWN = frozenset({"input", "output", "attributes", "events"})

Several = Annotated[list[str] | None, Query(description="Repeat for several: any of them.")]


@router.get("/projects/{project_identifier}/spans", response_model=Page[Span], responses=refusals(404, 422))
def list_spans(
    request: Request,
    project_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Spans on a page.")] = 100,
    sort: Annotated[Literal["id", "start_time"], Query(description="By arrival, or by start.")] = "id",
    order: Literal["asc", "desc"] = "desc",
    start_time: Annotated[datetime | None, Query(description="Started at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started before.")] = None,
    trace_id: Several = None,
    span_id: Several = None,
    parent_id: Annotated[str | None, Query(description="A span id, or `null` for spans without a parent.")] = None,
    name: Several = None,
    span_kind: Several = None,
    status_code: Several = None,
    attribute: Annotated[
        list[str] | None,
        Query(description="`key:value`; the value is read as JSON if it can be, else as text. Repeat: all of them."),
    ] = None,
) -> Response:
    """Spans of a project, newest first unless told otherwise."""
    storage = storage_of(request)
    query = span_query(
        storage,
        project_identifier,
        cursor=cursor if sort == "id" else None,
        start_time=start_time,
        end_time=end_time,
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=name,
        span_kind=span_kind,
        status_code=status_code,
        attribute=attribute,
    )
    if sort == "start_time":
        query = replace(query, from_start=SpanMark(*mark_of(cursor, sort)) if cursor else None)
    found = storage.spans.find(replace(query, order=ORDERS[sort, order]), limit + 1, SHOWN)
    following = _cursor(sort, found[limit]) if len(found) > limit else None
    return page_answer([span_wire(span) for span in found[:limit]], following)


def _cursor(sort: str, first: StoredSpan) -> str:
    return global_id("Span", first.id) if sort == "id" else mark_cursor(sort, first.start_ns, first.id)


def span_query(
    storage: Storage,
    project_identifier: str,
    *,
    cursor: str | None,
    start_time: datetime | None,
    end_time: datetime | None,
    trace_id: list[str] | None,
    span_id: list[str] | None,
    parent_id: str | None,
    name: list[str] | None,
    span_kind: list[str] | None,
    status_code: list[str] | None,
    attribute: list[str] | None,
) -> SpanQuery:
    """What the parameters of a list of spans ask for. Raises 404 and 422."""
    return SpanQuery(
        project_of(storage, project_identifier).id,
        start_ns=bound_ns(start_time),
        end_ns=bound_ns(end_time),
        trace_ids=_ids(trace_id),
        span_ids=_ids(span_id),
        parent_id=_ids([parent_id])[0] if parent_id not in (None, "null") else None,
        roots=parent_id == "null",
        names=tuple(name or ()),
        kinds=_words("span_kind", span_kind, KINDS),
        statuses=tuple(map(STATUSES.index, _words("status_code", status_code, STATUSES))),
        attributes=tuple(map(_pair, attribute or ())),
        from_id=cursor_row(cursor, "Span"),
    )


class SpansBody(Input):
    """Spans to store."""

    data: list[SpanCreate]


class SpansAccepted(Record):
    """How many spans were received, and how many of them were stored: all."""

    total_received: int
    total_queued: int


class RefusedSpan(Record):
    """A span that is stored already."""

    span_id: str
    trace_id: str


class InvalidSpan(RefusedSpan):
    """A span that cannot be stored, and why."""

    error: str


class SpansRefused(Record):
    """Which spans of a request are why none of them was stored."""

    error: str
    total_received: int
    total_queued: int
    total_duplicates: int
    total_invalid: int
    duplicate_spans: list[RefusedSpan]
    invalid_spans: list[InvalidSpan]


_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": SpansRefused, "description": "Spans are invalid, or stored already."}
}


@router.post(
    "/projects/{project_identifier}/spans",
    status_code=202,
    response_model=SpansAccepted,
    responses=_REFUSED | refusals(404, 503),
)
def create_spans(request: Request, project_identifier: str, body: SpansBody) -> Response:
    """Store spans; they are durable and readable when the answer comes.

    All or nothing: one invalid span, or one whose id is stored already, refuses the request with 400, which lists
    them. A project that does not exist is made.
    """
    storage = storage_of(request)
    row = row_of(project_identifier, "Project")
    project = project_identifier if row is None else project_of(storage, project_identifier).name
    plan = _planned(project, body.data)
    stored = storage.spans.rows_of([span.span_id for span in plan.spans])
    duplicates = plan.duplicates + [_ids_of(span) for span in plan.spans if span.span_id in stored]
    if duplicates or plan.invalid:
        return _refused(len(body.data), duplicates, plan.invalid)
    storage.spans.add(plan.spans, (), plan.feedback.annotations)
    return json_answer({"total_received": len(body.data), "total_queued": len(body.data)}, 202)


@router.delete("/spans/{span_identifier}", status_code=204, response_class=Response, responses=refusals(404))
def delete_span(request: Request, span_identifier: str) -> None:
    """Delete one span, by OpenTelemetry id or global id, with its annotations. Its children stay."""
    storage = storage_of(request)
    row = row_of(span_identifier, "Span")
    span_id = bytes_of(span_identifier) if row is None else storage.spans.span_id_of(row)
    try:
        storage.spans.delete(span_id or b"")
    except NotFound:
        raise ApiError(404, f"Span with span_id {span_identifier!r} not found") from None


def _ids(texts: list[str] | None) -> tuple[bytes, ...]:
    """Ids from hex. What is no id matches nothing, like an id that is not stored."""
    return tuple(bytes_of(text) or b"" for text in texts or ())


def _words(parameter: str, words: list[str] | None, known: list[str]) -> tuple[str, ...]:
    upper = tuple(word.upper() for word in words or ())
    unknown = [word for word in upper if word not in known]
    if unknown:
        raise ApiError(422, f"Invalid {parameter} values: {unknown}. Known are {', '.join(known)}.")
    return upper


def _pair(text: str) -> tuple[str, Any]:
    key, colon, value = text.partition(":")
    if not colon or not key:
        raise ApiError(422, f"Invalid attribute {text!r}: expected format 'key:value'")
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return key, value
    return key, value if isinstance(parsed, dict | list) else parsed


class _Plan(NamedTuple):
    spans: list[NewSpan]
    duplicates: list[dict[str, str]]
    invalid: list[dict[str, str]]
    feedback: Feedback


def _planned(project: str, given: list[SpanCreate]) -> _Plan:
    plan = _Plan([], [], [], Feedback())
    seen: set[bytes] = set()
    for new in given:
        try:
            span = _built(project, new, plan.feedback)
        except ValueError as error:
            plan.invalid.append({**new.context.model_dump(), "error": str(error)})
            continue
        if span.span_id in seen:
            plan.duplicates.append(_ids_of(span))
        else:
            seen.add(span.span_id)
            plan.spans.append(span)
    return plan


def _built(project: str, new: SpanCreate, feedback: Feedback) -> NewSpan:
    attributes = flat_attributes(new.attributes or {})
    attributes.setdefault(KIND, new.span_kind)
    events = [
        (event.name, ns_of(event.timestamp) if event.timestamp else 0, event.attributes or {})
        for event in new.events or ()
    ]
    start_ns, end_ns = ns_of(new.start_time), ns_of(new.end_time)
    moments = {"start_time": start_ns, "end_time": end_ns}
    moments |= {f"events[{place}].timestamp": moment for place, (_, moment, _) in enumerate(events)}
    for field, moment in moments.items():
        if not 0 <= moment <= LAST_NS:
            raise ValueError(f"{field} must lie between 1970 and 2262")
    stored_events = events_from(events)
    span = build_span(
        project,
        bytes.fromhex(new.context.trace_id),
        bytes.fromhex(new.context.span_id),
        bytes.fromhex(new.parent_id) if new.parent_id else None,
        new.name,
        start_ns,
        end_ns,
        STATUSES.index(new.status_code),
        new.status_message,
        attributes,
        stored_events,
        take_feedback=feedback.take_attributes,
    )
    feedback.take_events(span, stored_events)
    return span


def _ids_of(span: NewSpan) -> dict[str, str]:
    return {"span_id": span.span_id.hex(), "trace_id": span.trace_id.hex()}


def _refused(received: int, duplicates: list[dict[str, str]], invalid: list[dict[str, str]]) -> Response:
    detail = {
        "error": "Request contains invalid or duplicate spans",
        "total_received": received,
        "total_queued": 0,
        "total_duplicates": len(duplicates),
        "total_invalid": len(invalid),
        "duplicate_spans": duplicates,
        "invalid_spans": invalid,
    }
    # Clients from npm read the lists only of what calls itself JSON.
    return json_answer(detail, 400)


def span_wire(span: StoredSpan) -> dict[str, Any]:
    """A span as it is answered."""
    body = span.body
    attributes = flatten(orjson.loads(body.attributes))
    attributes.pop(KIND, None)  # it is `span_kind`, above
    attributes = {key: value for key, value in attributes.items() if value is not None}
    if body.input is not None:
        attributes["input.value"] = body.input
    if body.output is not None:
        attributes["output.value"] = body.output
    return {
        "id": global_id("Span", span.id),
        "name": span.name,
        "context": {"trace_id": span.trace_id.hex(), "span_id": span.span_id.hex()},
        "span_kind": span.kind,
        "parent_id": span.parent_id.hex() if span.parent_id is not None else None,
        "start_time": iso_from_ns(span.start_ns),
        "end_time": iso_from_ns(span.end_ns),
        "status_code": STATUSES[span.status],
        "status_message": span.status_message,
        "attributes": attributes,
        "events": _events(body.events),
    }


def _events(stored: bytes | None) -> list[dict[str, Any]]:
    if stored is None:
        return []
    return [
        {"name": event["name"], "timestamp": iso_from_ns(event["timestamp"]), "attributes": event["attributes"]}
        for event in orjson.loads(stored)
    ]
