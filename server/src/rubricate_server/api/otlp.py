"""Spans in the shape of OTLP, as clients of Phoenix read them: snake_case keys, ids in hex, nothing left out."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Page
from rubricate_server.api.answer import page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import global_id, storage_of
from rubricate_server.api.span import SHOWN, Several, span_query
from rubricate_server.domain.attributes import flatten
from rubricate_server.storage.contract import StoredSpan

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["spans"])

PARTS = SHOWN | {"envelope"}
INTERNAL = "SPAN_KIND_INTERNAL"
_LARGEST = 2**63


@router.get(
    "/projects/{project_identifier}/spans/otlpv1",
    response_model=Page[dict[str, Any]],
    responses=refusals(404, 422),
)
def span_search(
    request: Request,
    project_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Spans on a page.")] = 100,
    start_time: Annotated[datetime | None, Query(description="Started at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started before.")] = None,
    trace_id: Several = None,
    span_id: Several = None,
    parent_id: Annotated[str | None, Query(description="A span id, or `null` for spans without a parent.")] = None,
    name: Several = None,
    span_kind: Several = None,
    status_code: Several = None,
    attribute: Several = None,
) -> Response:
    """Spans of a project, newest first, in the shape of OTLP. The parameters are those of the list of spans."""
    storage = storage_of(request)
    query = span_query(
        storage,
        project_identifier,
        cursor=cursor,
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
    found = storage.spans.find(query, limit + 1, PARTS)
    following = global_id("Span", found[limit].id) if len(found) > limit else None
    return page_answer([_wire(span) for span in found[:limit]], following)


def _wire(span: StoredSpan) -> dict[str, Any]:
    body = span.body
    around = orjson.loads(body.envelope) if body.envelope is not None else {}
    dropped = around.get("dropped", {})
    attributes = flatten(orjson.loads(body.attributes))
    for key, text in (("input.value", body.input), ("output.value", body.output)):
        if text is not None:
            attributes[key] = text
    return {
        "attributes": _attributes(attributes),
        "dropped_attributes_count": dropped.get("attributes"),
        "dropped_events_count": dropped.get("events"),
        "dropped_links_count": dropped.get("links"),
        "end_time_unix_nano": span.end_ns,
        "events": _events(body.events),
        "flags": around.get("flags"),
        "kind": f"SPAN_KIND_{around['otlp_kind']}" if "otlp_kind" in around else INTERNAL,
        "links": _links(around.get("links")),
        "name": span.name,
        "parent_span_id": span.parent_id.hex() if span.parent_id is not None else None,
        "span_id": span.span_id.hex(),
        "start_time_unix_nano": span.start_ns,
        "status": {"code": span.status, "message": span.status_message or None},
        "trace_id": span.trace_id.hex(),
        "trace_state": around.get("trace_state"),
    }


def _events(stored: bytes | None) -> list[dict[str, Any]] | None:
    if stored is None:
        return None
    return [
        {
            "attributes": _attributes(event["attributes"]),
            "dropped_attributes_count": None,
            "name": event["name"],
            "time_unix_nano": event["timestamp"],
        }
        for event in orjson.loads(stored)
    ]


def _links(links: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if not links:
        return None
    return [{**link, "attributes": _attributes(link.get("attributes", {}))} for link in links]


def _attributes(flat: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in flat.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    kinds: dict[str, Any] = dict.fromkeys(_KINDS)
    match value:
        case bool():
            kinds["bool_value"] = value
        case int() if -_LARGEST <= value < _LARGEST:
            kinds["int_value"] = value
        case int() | float():
            kinds["double_value"] = float(value)
        case str():
            kinds["string_value"] = value
        case list():
            kinds["array_value"] = {"values": [_value(item) for item in value]}
        case dict():
            kinds["string_value"] = orjson.dumps(value).decode()
    return kinds


_KINDS = (
    "array_value",
    "bool_value",
    "bytes_value",
    "double_value",
    "int_value",
    "kvlist_value",
    "string_value",
)
