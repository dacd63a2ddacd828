"""One trace with its steps, and one span whole: where a deep link leads."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ProjectSpan, TraceItem
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import global_id, storage_of
from rubricate_server.api.item import listed_item
from rubricate_server.api.review_item import steps_wire
from rubricate_server.api.span import SHOWN, span_wire
from rubricate_server.api.target import TARGETS, any_wire, key_from_any_id
from rubricate_server.storage.contract import AnnotationQuery, Storage, StoredItem
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["items"])

MOST_STEPS = 20_000
MOST_ANNOTATIONS = 10_000


@router.get("/traces/{trace_identifier}", response_model=TraceItem, responses=refusals(404))
def get_trace(request: Request, trace_identifier: str) -> Response:
    """One trace of any project, by OpenTelemetry id or global id, with its steps and all that is said of it."""
    storage = storage_of(request)
    trace = _one(storage, TargetKind.TRACE, trace_identifier)
    steps = storage.items.steps([trace.key], MOST_STEPS + 1)[trace.key]
    return json_answer(
        {
            "project": _project(storage, trace),
            "item": listed_item(trace, storage.items.said_of([trace], MOST_ANNOTATIONS)[trace.row]),
            "steps": steps_wire(steps[:MOST_STEPS]),
            "steps_complete": len(steps) <= MOST_STEPS,
            "root_span_id": None if trace.root_id is None else trace.root_id.hex(),
            "annotations": _said(storage, trace, TargetKind.TRACE),
        }
    )


@router.get("/spans/{span_identifier}", response_model=ProjectSpan, responses=refusals(404))
def get_span(request: Request, span_identifier: str) -> Response:
    """One span of any project, by OpenTelemetry id or global id, whole, with what surrounds it and is said of it."""
    storage = storage_of(request)
    item = _one(storage, TargetKind.SPAN, span_identifier)
    found = storage.spans.of([item.key], SHOWN | {"envelope"})
    if not found:
        raise _missing(TargetKind.SPAN, span_identifier)
    return json_answer(
        {
            **span_wire(found[0]),
            **_surroundings(found[0].body.envelope),
            "project": _project(storage, item),
            "annotations": _said(storage, item, None),
        }
    )


def _surroundings(envelope: bytes | None) -> dict[str, Any]:
    told = {} if envelope is None else orjson.loads(envelope)
    scope = told.get("scope", {})
    return {
        "links": [
            {
                "trace_id": link.get("trace_id", ""),
                "span_id": link.get("span_id", ""),
                "attributes": link.get("attributes", {}),
            }
            for link in told.get("links", [])
        ],
        "trace_state": told.get("trace_state", ""),
        "resource": told.get("resource", {}).get("attributes", {}),
        "scope": {field: scope[field] for field in ("name", "version", "attributes") if field in scope},
    }


def _said(storage: Storage, item: StoredItem, kind: TargetKind | None) -> list[dict[str, Any]]:
    """All annotations of an item; without a kind, those of its documents too."""
    query = AnnotationQuery(item.project_id, kind, target_ids=(item.key,))
    return [any_wire(annotation) for annotation in storage.annotations.find(query, MOST_ANNOTATIONS)]


def _one(storage: Storage, kind: TargetKind, identifier: str) -> StoredItem:
    key = key_from_any_id(storage, TARGETS[kind], identifier)
    try:
        return storage.items.get(kind, key or b"")
    except NotFound:
        raise _missing(kind, identifier) from None


def _missing(kind: TargetKind, identifier: str) -> ApiError:
    return ApiError(
        404,
        f"There is no {kind} {identifier}. It may not have arrived yet, or it was deleted; ids are those of"
        " OpenTelemetry in hex, or global ids.",
    )


def _project(storage: Storage, item: StoredItem) -> dict[str, str]:
    return {
        "id": global_id("Project", item.project_id),
        "name": storage.projects.get_by_id(item.project_id).name,
    }
