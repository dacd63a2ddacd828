"""Traces over HTTP: pages of them, deletion, transfer to another project."""

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.trace import Trace, TracesTransferred, TraceTransfer
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import MAX_ROW, bytes_of, global_id, project_of, row_of, storage_of
from rubricate_server.api.mark import mark_cursor, mark_of
from rubricate_server.api.moment import bound_ns, iso_from_ns, ns_of
from rubricate_server.api.span import STATUSES
from rubricate_server.domain.filter import TRACES
from rubricate_server.storage.contract import (
    SpanQuery,
    Storage,
    StoredProject,
    StoredSpan,
    StoredTrace,
    TraceMark,
    TraceQuery,
)
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["traces"])

SORT = Literal["start_time", "latency_ms"]

Filter = Annotated[str | None, Query(description="A condition, such as `num_spans > 3 and error_count == 0`.")]
Latency = Annotated[float | None, Query(ge=0, allow_inf_nan=False)]


@router.get("/projects/{project_identifier}/traces", response_model=Page[Trace], responses=refusals(400, 404, 422))
def list_project_traces(
    request: Request,
    project_identifier: str,
    start_time: Annotated[datetime | None, Query(description="Started at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started before.")] = None,
    sort: SORT = "start_time",
    order: Literal["asc", "desc"] = "desc",
    limit: Annotated[int, Query(gt=0, le=1000, description="Traces on a page.")] = 100,
    cursor: str | None = None,
    include_spans: Annotated[bool, Query(description="With the spans of each trace, by start.")] = False,
    session_identifier: Annotated[
        list[str] | None, Query(description="Ids of the application or global ids. Repeat for several: any of them.")
    ] = None,
    error: Annotated[bool | None, Query(description="Whether a span of the trace failed.")] = None,
    min_latency_ms: Latency = None,
    max_latency_ms: Latency = None,
    filter: Filter = None,
) -> Response:
    """Traces of a project, newest first unless told otherwise."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    query = TraceQuery(
        project.id,
        start_ns=bound_ns(start_time),
        end_ns=bound_ns(end_time),
        session_rows=_session_rows(storage, session_identifier) if session_identifier else None,
        error=error,
        min_latency_ns=_ns(min_latency_ms),
        max_latency_ns=_ns(max_latency_ms),
        condition=condition_of(filter, TRACES),
        order="latency" if sort == "latency_ms" else "start_time",
        descending=order == "desc",
        after=TraceMark(*mark_of(cursor, sort)) if cursor else None,
    )
    found = storage.traces.find(query, limit + 1)
    following = _cursor(sort, found[limit - 1]) if len(found) > limit else None
    spans = _spans(storage, project, found[:limit]) if include_spans else None
    return page_answer([_wire(trace, spans) for trace in found[:limit]], following)


@router.delete(
    "/projects/{project_identifier}/traces", status_code=204, response_class=Response, responses=refusals(404, 422)
)
def delete_project_traces(
    request: Request,
    project_identifier: str,
    start_time: Annotated[datetime, Query(description="Started at or after.")],
    end_time: Annotated[datetime, Query(description="Started before.")],
) -> None:
    """Delete the traces of a time range, with their spans and annotations."""
    if ns_of(start_time) >= ns_of(end_time):
        raise ApiError(422, "`start_time` must be strictly earlier than `end_time`.")
    storage = storage_of(request)
    storage.traces.delete_range(project_of(storage, project_identifier).id, bound_ns(start_time), bound_ns(end_time))


@router.delete("/traces/{trace_identifier}", status_code=204, response_class=Response, responses=refusals(404))
def delete_trace(request: Request, trace_identifier: str) -> None:
    """Delete one trace, by OpenTelemetry id or global id, with its spans and annotations."""
    storage = storage_of(request)
    try:
        trace = _trace_of(storage, trace_identifier)
    except NotFound:
        what = "trace_id" if row_of(trace_identifier, "Trace") is None else "relay ID"
        raise ApiError(404, f"Trace with {what} {trace_identifier!r} not found") from None
    storage.traces.delete([trace.id])


@router.post("/traces/transfer", response_model=Data[TracesTransferred], responses=refusals(404))
def transfer_traces(request: Request, body: TraceTransfer) -> Response:
    """Move traces to another project, with their spans and annotations. Safe to repeat."""
    storage = storage_of(request)
    project = project_of(storage, body.destination_project_identifier)
    try:
        rows = {_trace_of(storage, identifier).id: None for identifier in body.trace_identifiers}
    except NotFound:
        raise ApiError(404, "One or more traces not found") from None
    moved = storage.traces.transfer(list(rows), project.id)
    return json_answer(
        {"data": {"transferred_trace_count": moved, "destination_project_id": global_id("Project", project.id)}}
    )


def _trace_of(storage: Storage, identifier: str) -> StoredTrace:
    """A trace by global id or by OpenTelemetry id. Raises NotFound."""
    row = row_of(identifier, "Trace")
    return storage.traces.get(bytes_of(identifier) or b"") if row is None else storage.traces.get_by_id(row)


def _session_rows(storage: Storage, identifiers: list[str]) -> tuple[int, ...]:
    """Rows of sessions. What is not stored matches nothing."""
    rows = {identifier: row_of(identifier, "ProjectSession") for identifier in identifiers}
    named = storage.sessions.rows_of([identifier for identifier, row in rows.items() if row is None])
    return (*named.values(), *(row for row in rows.values() if row is not None))


def _ns(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else min(round(milliseconds * 1_000_000), MAX_ROW)


def _cursor(sort: SORT, last: StoredTrace) -> str:
    value = last.end_ns - last.start_ns if sort == "latency_ms" else last.start_ns
    return mark_cursor(sort, value, last.id)


def _spans(storage: Storage, project: StoredProject, traces: list[StoredTrace]) -> dict[bytes, list[StoredSpan]]:
    """The spans of each trace, by start."""
    found: dict[bytes, list[StoredSpan]] = {trace.trace_id: [] for trace in traces}
    if found:
        query = SpanQuery(project.id, trace_ids=tuple(found))
        for batch in storage.spans.scan(query, None, parts=frozenset()):
            for span in batch:
                found[span.trace_id].append(span)
    return {trace_id: sorted(spans, key=lambda span: (span.start_ns, span.id)) for trace_id, spans in found.items()}


def _wire(trace: StoredTrace, spans: dict[bytes, list[StoredSpan]] | None) -> dict[str, Any]:
    return {
        "id": global_id("Trace", trace.id),
        "trace_id": trace.trace_id.hex(),
        "project_id": global_id("Project", trace.project_id),
        "start_time": iso_from_ns(trace.start_ns),
        "end_time": iso_from_ns(trace.end_ns),
        "token_count_prompt": trace.tokens_prompt,
        "token_count_completion": trace.tokens_completion,
        "token_count_total": trace.tokens_prompt + trace.tokens_completion,
        "span_count": trace.span_count,
        "error_count": trace.error_count,
        "total_cost": trace.cost_usd if math.isfinite(trace.cost_usd) else None,
        "spans": None if spans is None else [_wire_span(span) for span in spans[trace.trace_id]],
    }


def _wire_span(span: StoredSpan) -> dict[str, Any]:
    return {
        "id": global_id("Span", span.id),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_id.hex() if span.parent_id is not None else None,
        "name": span.name,
        "span_kind": span.kind,
        "status_code": STATUSES[span.status],
        "start_time": iso_from_ns(span.start_ns),
        "end_time": iso_from_ns(span.end_ns),
    }
