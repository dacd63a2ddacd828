"""Annotations of spans, traces, sessions and documents: one implementation, and a route for each kind of target.

The shapes are Phoenix's. `any_annotation.py` has what goes beyond them, `note.py` the notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from rubricate.records.annotation import (
    NOTE,
    AnnotationId,
    AnnotatorKind,
    DocumentAnnotation,
    DocumentAnnotationCreate,
    SessionAnnotation,
    SessionAnnotationCreate,
    SpanAnnotation,
    SpanAnnotationCreate,
    TraceAnnotation,
    TraceAnnotationCreate,
)
from rubricate.records.base import Data, Input, Page
from rubricate_server.actions.annotate import AnnotationCreate, NoSuchDocument, annotate
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import author_of
from rubricate_server.api.identifier import cursor_row, global_id, project_of, storage_of
from rubricate_server.api.moment import us_of
from rubricate_server.api.target import (
    DOCUMENT,
    SESSION,
    SPAN,
    TRACE,
    Target,
    annotation_id,
    common_wire,
    target_id,
)
from rubricate_server.storage.contract import AnnotationQuery, StoredAnnotation

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotations"])

MOST_IDS = 1000


class SpanAnnotationsBody(Input):
    """Annotations of spans to write."""

    data: list[SpanAnnotationCreate]


class TraceAnnotationsBody(Input):
    """Annotations of traces to write."""

    data: list[TraceAnnotationCreate]


class SessionAnnotationsBody(Input):
    """Annotations of sessions to write."""

    data: list[SessionAnnotationCreate]


class DocumentAnnotationsBody(Input):
    """Annotations of documents to write."""

    data: list[DocumentAnnotationCreate]


# --- writing ----------------------------------------------------------------------------------------------------------

Sync = Annotated[
    bool, Query(description="Refuse annotations of unknown targets, and answer the ids. Otherwise they wait.")
]
_WRITTEN: dict[str, Any] = {"response_model": Data[list[AnnotationId]], "responses": refusals(400, 404, 503)}


@router.post("/span_annotations", **_WRITTEN)
def create_span_annotations(request: Request, body: SpanAnnotationsBody, sync: Sync = False) -> Response:
    """Write annotations of spans. The same (span, name, identifier) again replaces the annotation whole.

    Either way the answer comes when they are durable. One refused annotation refuses the request.
    """
    return _create(request, SPAN, body.data, sync)


@router.post("/trace_annotations", **_WRITTEN)
def create_trace_annotations(request: Request, body: TraceAnnotationsBody, sync: Sync = False) -> Response:
    """Write annotations of traces. The same (trace, name, identifier) again replaces the annotation whole.

    Either way the answer comes when they are durable. One refused annotation refuses the request.
    """
    return _create(request, TRACE, body.data, sync)


@router.post("/session_annotations", **_WRITTEN)
def create_session_annotations(request: Request, body: SessionAnnotationsBody, sync: Sync = False) -> Response:
    """Write annotations of sessions. The same (session, name, identifier) again replaces the annotation whole.

    Either way the answer comes when they are durable. One refused annotation refuses the request.
    """
    return _create(request, SESSION, body.data, sync)


@router.post("/document_annotations", **(_WRITTEN | {"responses": refusals(404, 422, 503)}))
def create_document_annotations(request: Request, body: DocumentAnnotationsBody, sync: Sync = False) -> Response:
    """Write annotations of documents. The same (span, position, name, identifier) again replaces one whole.

    With `sync`, a position beyond the documents that the span retrieved is refused too. Either way the answer comes
    when they are durable. One refused annotation refuses the request.
    """
    return _create(request, DOCUMENT, body.data, sync)


def _create(request: Request, target: Target, annotations: Sequence[AnnotationCreate], sync: bool) -> Response:
    # Documents have no notes of their own, so there the name is free.
    if target is not DOCUMENT and any(annotation.name == NOTE for annotation in annotations):
        raise ApiError(400, f"The name {NOTE!r} is reserved for notes. Use POST /v1/{target.kind}_notes instead.")
    try:
        ids = annotate(storage_of(request), annotations, must_exist=sync, by=author_of(request))
    except NoSuchDocument as error:
        raise ApiError(422, str(error)) from None
    return json_answer({"data": [{"id": global_id(target.type_name, row)} for row in ids] if sync else []})


# --- reading ----------------------------------------------------------------------------------------------------------

Ids = Annotated[list[str] | None, Query(max_length=MOST_IDS, description="Ids of the targets. Repeat for several.")]
Names = Annotated[list[str] | None, Query(description="Repeat for several.")]


@dataclass(frozen=True, slots=True)
class Listing:
    """Which annotations are asked for, whatever their targets."""

    identifiers: list[str] | None
    names: list[str] | None
    excluded_names: list[str] | None
    cursor: str | None
    limit: int


async def _listing(
    identifier: Annotated[list[str] | None, Query(max_length=MOST_IDS)] = None,
    include_annotation_names: Names = None,
    exclude_annotation_names: Names = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=10000, description="Annotations on a page.")] = 10,
) -> Listing:
    return Listing(identifier, include_annotation_names, exclude_annotation_names, cursor, limit)


Listed = Annotated[Listing, Depends(_listing)]


@router.get(
    "/projects/{project_identifier}/span_annotations",
    response_model=Page[SpanAnnotation],
    responses=refusals(404, 422),
)
def list_span_annotations(request: Request, project_identifier: str, listing: Listed, span_ids: Ids = None) -> Response:
    """The annotations of spans of a project, newest first, notes among them."""
    return _list(request, project_identifier, SPAN, span_ids, listing)


@router.get(
    "/projects/{project_identifier}/trace_annotations",
    response_model=Page[TraceAnnotation],
    responses=refusals(404, 422),
)
def list_trace_annotations(
    request: Request, project_identifier: str, listing: Listed, trace_ids: Ids = None
) -> Response:
    """The annotations of traces of a project, newest first, notes among them."""
    return _list(request, project_identifier, TRACE, trace_ids, listing)


@router.get(
    "/projects/{project_identifier}/session_annotations",
    response_model=Page[SessionAnnotation],
    responses=refusals(404, 422),
)
def list_session_annotations(
    request: Request, project_identifier: str, listing: Listed, session_ids: Ids = None
) -> Response:
    """The annotations of sessions of a project, newest first, notes among them."""
    return _list(request, project_identifier, SESSION, session_ids, listing)


@router.get(
    "/projects/{project_identifier}/document_annotations",
    response_model=Page[DocumentAnnotation],
    responses=refusals(404, 422),
)
def list_document_annotations(
    request: Request, project_identifier: str, listing: Listed, span_ids: Ids = None
) -> Response:
    """The annotations of documents of spans of a project, newest first."""
    return _list(request, project_identifier, DOCUMENT, span_ids, listing)


def _list(
    request: Request, project_identifier: str, target: Target, ids: list[str] | None, listing: Listing
) -> Response:
    if not ids and not listing.identifiers:
        raise ApiError(422, f"At least one of {target.ids_parameter} or identifier must be supplied")
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    targets = tuple(filter(None, map(target.key_of, ids))) if ids else None
    query = AnnotationQuery(
        project.id,
        target.kind,
        target_ids=targets,
        names=tuple(listing.names or ()),
        excluded_names=tuple(listing.excluded_names or ()),
        identifiers=tuple(listing.identifiers or ()),
        from_id=cursor_row(listing.cursor, target.type_name),
    )
    found = storage.annotations.find(query, listing.limit + 1)
    if not found and targets is not None and not storage.spans.exists_in(project.id, target.kind, targets):
        raise ApiError(404, f"None of the supplied {target.ids_parameter} exist in this project")
    following = annotation_id(found[listing.limit]) if len(found) > listing.limit else None
    return page_answer([_wire(target, annotation) for annotation in found[: listing.limit]], following)


def _wire(target: Target, annotation: StoredAnnotation) -> dict[str, Any]:
    wire = common_wire(annotation)
    wire[target.id_field] = target_id(annotation.key)
    if target is DOCUMENT:
        wire["document_position"] = annotation.key.position
    return wire


# --- deleting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deletion:
    """Which annotations are to be deleted, whatever their targets."""

    name: str | None
    identifier: str | None
    annotator_kind: AnnotatorKind | None
    start_time: datetime | None
    end_time: datetime | None
    delete_all: bool


async def _deletion(
    name: str | None = None,
    identifier: str | None = None,
    annotator_kind: AnnotatorKind | None = None,
    start_time: Annotated[datetime | None, Query(description="Created at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Created before.")] = None,
    delete_all: Annotated[bool, Query(description="Whatever their time.")] = False,
) -> Deletion:
    return Deletion(name, identifier, annotator_kind, start_time, end_time, delete_all)


Deleted = Annotated[Deletion, Depends(_deletion)]
_DELETED: dict[str, Any] = {"status_code": 204, "response_class": Response, "responses": refusals(404, 422)}


@router.delete("/projects/{project_identifier}/span_annotations", **_DELETED)
def delete_span_annotations(request: Request, project_identifier: str, deletion: Deleted) -> None:
    """Delete the annotations of spans of a project that fit. Their history is kept."""
    _delete(request, project_identifier, SPAN, deletion)


@router.delete("/projects/{project_identifier}/trace_annotations", **_DELETED)
def delete_trace_annotations(request: Request, project_identifier: str, deletion: Deleted) -> None:
    """Delete the annotations of traces of a project that fit. Their history is kept."""
    _delete(request, project_identifier, TRACE, deletion)


@router.delete("/projects/{project_identifier}/session_annotations", **_DELETED)
def delete_session_annotations(request: Request, project_identifier: str, deletion: Deleted) -> None:
    """Delete the annotations of sessions of a project that fit. Their history is kept."""
    _delete(request, project_identifier, SESSION, deletion)


@router.delete("/projects/{project_identifier}/document_annotations", **_DELETED)
def delete_document_annotations(request: Request, project_identifier: str, deletion: Deleted) -> None:
    """Delete the annotations of documents of a project that fit. Their history is kept."""
    _delete(request, project_identifier, DOCUMENT, deletion)


def _delete(request: Request, project_identifier: str, target: Target, deletion: Deletion) -> None:
    bounded = deletion.start_time is not None and deletion.end_time is not None
    if not bounded and not deletion.delete_all:
        raise ApiError(
            422,
            "Delete is unbounded. Set delete_all=true to acknowledge, or supply both start_time and end_time to"
            " bound the time range.",
        )
    if deletion.start_time and deletion.end_time and us_of(deletion.start_time) >= us_of(deletion.end_time):
        raise ApiError(422, "`start_time` must be strictly earlier than `end_time`.")
    storage = storage_of(request)
    storage.annotations.delete(
        AnnotationQuery(
            project_of(storage, project_identifier).id,
            target.kind,
            names=() if deletion.name is None else (deletion.name,),
            identifiers=() if deletion.identifier is None else (deletion.identifier,),
            annotator_kind=deletion.annotator_kind,
            created_from_us=us_of(deletion.start_time) if deletion.start_time else None,
            created_until_us=us_of(deletion.end_time) if deletion.end_time else None,
        ),
        by=author_of(request),
    )
