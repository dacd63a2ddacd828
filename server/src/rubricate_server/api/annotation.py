"""Annotations and notes over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import (
    NOTE,
    AnnotationId,
    AnnotatorKind,
    SpanAnnotation,
    SpanAnnotationCreate,
    SpanNoteCreate,
    TargetKind,
)
from rubricate.records.base import Data, Input, Page
from rubricate_server.actions.annotate import add_span_note, annotate_spans
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import bytes_of, cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.api.moment import iso_from_us, us_of
from rubricate_server.storage.contract import AnnotationQuery, Storage, StoredAnnotation
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotations"])

TYPE_NAME = "SpanAnnotation"

MOST_IDS = 1000


class SpanAnnotationsBody(Input):
    """Annotations of spans to write."""

    data: list[SpanAnnotationCreate]


class SpanNoteBody(Input):
    """A note to write."""

    data: SpanNoteCreate


@router.post("/span_annotations", response_model=Data[list[AnnotationId]], responses=refusals(400, 404, 503))
def create_span_annotations(
    request: Request,
    body: SpanAnnotationsBody,
    sync: Annotated[
        bool, Query(description="Refuse annotations of unknown spans, and answer the ids. Otherwise they wait.")
    ] = False,
) -> Response:
    """Write annotations of spans. The same (span, name, identifier) again replaces the annotation whole.

    Either way the answer comes when they are durable. One refused annotation refuses the request.
    """
    for annotation in body.data:
        if annotation.name == NOTE:
            raise ApiError(400, f"The name {NOTE!r} is reserved for notes. Use POST /v1/span_notes instead.")
    ids = annotate_spans(storage_of(request).annotations, body.data, must_exist=sync)
    return json_answer({"data": [{"id": global_id(TYPE_NAME, row)} for row in ids] if sync else []})


@router.post("/span_notes", response_model=Data[AnnotationId], responses=refusals(404, 503))
def create_span_note(request: Request, body: SpanNoteBody) -> Response:
    """Write a note on a span, given by its OpenTelemetry id or its global id."""
    storage = storage_of(request)
    missing = ApiError(404, f"Span with ID {body.data.span_id} not found")
    span_id = _span_id(storage, body.data.span_id)
    if span_id is None:
        raise missing
    try:
        row = add_span_note(storage.annotations, body.data, span_id)
    except NotFound:
        raise missing from None
    return json_answer({"data": {"id": global_id(TYPE_NAME, row)}})


Names = Annotated[list[str] | None, Query(description="Repeat for several.")]


@router.get(
    "/projects/{project_identifier}/span_annotations",
    response_model=Page[SpanAnnotation],
    responses=refusals(404, 422),
)
def list_span_annotations(
    request: Request,
    project_identifier: str,
    span_ids: Annotated[list[str] | None, Query(max_length=MOST_IDS, description="OpenTelemetry ids.")] = None,
    identifier: Annotated[list[str] | None, Query(max_length=MOST_IDS)] = None,
    include_annotation_names: Names = None,
    exclude_annotation_names: Names = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=10000, description="Annotations on a page.")] = 10,
) -> Response:
    """The annotations of spans of a project, newest first, notes among them."""
    if not span_ids and not identifier:
        raise ApiError(422, "At least one of span_ids or identifier must be supplied")
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    targets = tuple(filter(None, map(bytes_of, span_ids))) if span_ids else None
    query = AnnotationQuery(
        project.id,
        TargetKind.SPAN,
        target_ids=targets,
        names=tuple(include_annotation_names or ()),
        excluded_names=tuple(exclude_annotation_names or ()),
        identifiers=tuple(identifier or ()),
        from_id=cursor_row(cursor, TYPE_NAME),
    )
    found = storage.annotations.find(query, limit + 1)
    if not found and targets is not None and not storage.spans.exists_in(project.id, TargetKind.SPAN, targets):
        raise ApiError(404, "None of the supplied span_ids exist in this project")
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(annotation) for annotation in found[:limit]], following)


@router.delete(
    "/projects/{project_identifier}/span_annotations",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 422),
)
def delete_span_annotations(
    request: Request,
    project_identifier: str,
    name: str | None = None,
    identifier: str | None = None,
    annotator_kind: AnnotatorKind | None = None,
    start_time: Annotated[datetime | None, Query(description="Created at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Created before.")] = None,
    delete_all: Annotated[bool, Query(description="Whatever their time.")] = False,
) -> None:
    """Delete the annotations of spans of a project that fit. Their history is kept."""
    bounded = start_time is not None and end_time is not None
    if not bounded and not delete_all:
        raise ApiError(
            422,
            "Delete is unbounded. Set delete_all=true to acknowledge, or supply both start_time and end_time to"
            " bound the time range.",
        )
    storage = storage_of(request)
    storage.annotations.delete(
        AnnotationQuery(
            project_of(storage, project_identifier).id,
            TargetKind.SPAN,
            names=() if name is None else (name,),
            identifiers=() if identifier is None else (identifier,),
            annotator_kind=annotator_kind,
            created_from_us=us_of(start_time) if start_time else None,
            created_until_us=us_of(end_time) if end_time else None,
        )
    )


def _span_id(storage: Storage, identifier: str) -> bytes | None:
    row = row_of(identifier, "Span")
    if row is None:
        return bytes_of(identifier)
    try:
        return storage.spans.span_id_of(row)
    except NotFound:
        return None


def _wire(annotation: StoredAnnotation) -> dict[str, Any]:
    return {
        "id": global_id(TYPE_NAME, annotation.id),
        "created_at": iso_from_us(annotation.created_us),
        "updated_at": iso_from_us(annotation.updated_us),
        "source": annotation.source,
        "user_id": annotation.user_id,
        "name": annotation.key.name,
        "annotator_kind": annotation.annotator_kind,
        "result": {
            "label": annotation.label,
            "score": annotation.score,
            "explanation": annotation.explanation,
        },
        "metadata": annotation.metadata,
        "identifier": annotation.key.identifier,
        "span_id": annotation.key.target_id.hex(),
    }
