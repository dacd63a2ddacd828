"""Annotations whatever they are about: one by its id, its history, and all of a project. Beyond what Phoenix has."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import (
    Annotation,
    AnnotationChange,
    AnnotationFilter,
    AnnotationPatch,
    AnnotationSource,
    AnnotatorKind,
    TargetKind,
)
from rubricate.records.base import Data, Page
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import author_of
from rubricate_server.api.identifier import cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.api.moment import iso_from_us, us_of
from rubricate_server.api.target import SESSION, SPAN, TARGETS, TYPE_NAMES, annotation_id, any_wire
from rubricate_server.storage import contract
from rubricate_server.storage.contract import (
    AnnotationQuery,
    AnnotationUpdate,
    Storage,
    StoredAnnotation,
    TargetShown,
)
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotations"])

MOST_IDS = 1000

Several = Annotated[list[str] | None, Query(description="Repeat for several: any of them.")]


@router.get("/projects/{project_identifier}/annotations", response_model=Page[Annotation], responses=refusals(404, 422))
def list_annotations(
    request: Request,
    project_identifier: str,
    target_kind: TargetKind | None = None,
    target_id: Annotated[
        list[str] | None,
        Query(
            max_length=MOST_IDS,
            description="Ids of targets: OpenTelemetry ids in hex, or of sessions their own. Repeat for several.",
        ),
    ] = None,
    name: Several = None,
    exclude_name: Annotated[list[str] | None, Query(description="Repeat for several: none of them.")] = None,
    identifier: Several = None,
    annotator_kind: AnnotatorKind | None = None,
    source: AnnotationSource | None = None,
    user: Annotated[str | None, Query(description="The user_id of who wrote it.")] = None,
    label: Several = None,
    min_score: Annotated[float | None, Query(allow_inf_nan=False, description="Inclusive.")] = None,
    max_score: Annotated[float | None, Query(allow_inf_nan=False, description="Inclusive.")] = None,
    start_time: Annotated[datetime | None, Query(description="Created at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Created before.")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Annotations on a page.")] = 100,
) -> Response:
    """The annotations of a project on targets of every kind, newest first, notes among them."""
    storage = storage_of(request)
    chosen = AnnotationFilter(
        target_kind=target_kind,
        target_id=target_id,
        name=name,
        exclude_name=exclude_name,
        identifier=identifier,
        annotator_kind=annotator_kind,
        source=source,
        user=user,
        label=label,
        min_score=min_score,
        max_score=max_score,
        start_time=start_time,
        end_time=end_time,
    )
    query = annotation_query(storage, project_identifier, chosen, cursor_row(cursor, *TYPE_NAMES))
    found = storage.annotations.find(query, limit + 1)
    following = annotation_id(found[limit]) if len(found) > limit else None
    shown = storage.annotations.shown_with(found[:limit])
    return page_answer([_listed(annotation, shown.get(annotation.id)) for annotation in found[:limit]], following)


def annotation_query(
    storage: Storage, project_identifier: str, chosen: AnnotationFilter, from_id: int | None
) -> AnnotationQuery:
    """The annotations of a project that fit. Raises 404 for an unknown project."""
    return AnnotationQuery(
        project_of(storage, project_identifier).id,
        chosen.target_kind,
        target_ids=None if chosen.target_id is None else _keys(chosen.target_kind, chosen.target_id),
        names=tuple(chosen.name or ()),
        excluded_names=tuple(chosen.exclude_name or ()),
        identifiers=tuple(chosen.identifier or ()),
        annotator_kind=chosen.annotator_kind,
        source=chosen.source,
        user_id=chosen.user,
        labels=tuple(chosen.label or ()),
        min_score=chosen.min_score,
        max_score=chosen.max_score,
        created_from_us=us_of(chosen.start_time) if chosen.start_time else None,
        created_until_us=us_of(chosen.end_time) if chosen.end_time else None,
        from_id=from_id,
    )


def _keys(kind: TargetKind | None, identifiers: list[str]) -> tuple[bytes, ...]:
    """The stored keys of targets; without a kind, of any kind that such an id can be of."""
    targets = [TARGETS[kind]] if kind is not None else [SPAN, SESSION]
    return tuple(
        key for identifier in identifiers for target in targets if (key := target.key_of(identifier)) is not None
    )


def _listed(annotation: StoredAnnotation, shown: TargetShown | None) -> dict[str, Any]:
    wire = any_wire(annotation)
    if shown is not None:
        trace_id = None if shown.trace_id is None else shown.trace_id.hex()
        wire["target"] = {**wire["target"], "name": shown.name, "trace_id": trace_id}
    return wire


@router.get("/annotations/{annotation_id}", response_model=Data[Annotation], responses=refusals(404, 422))
def get_annotation(request: Request, annotation_id: str) -> Response:
    """One annotation, by its id."""
    return json_answer({"data": any_wire(_one(storage_of(request), annotation_id))})


@router.patch("/annotations/{annotation_id}", response_model=Data[Annotation], responses=refusals(404, 422, 503))
def update_annotation(request: Request, annotation_id: str, patch: AnnotationPatch) -> Response:
    """Change the fields that are given, and no others. What it said before is in its history."""
    storage = storage_of(request)
    found = _one(storage, annotation_id)
    update = _update(patch)
    if update:
        found = storage.annotations.update(found.id, update, by=author_of(request))
    return json_answer({"data": any_wire(found)})


@router.delete(
    "/annotations/{annotation_id}", status_code=204, response_class=Response, responses=refusals(404, 422, 503)
)
def delete_annotation(request: Request, annotation_id: str) -> None:
    """Delete one annotation. Its history is kept."""
    storage = storage_of(request)
    storage.annotations.remove(_one(storage, annotation_id).id, by=author_of(request))


@router.get("/annotations/{annotation_id}/history", response_model=Page[AnnotationChange], responses=refusals(404, 422))
def list_annotation_history(request: Request, annotation_id: str) -> Response:
    """Every change of one annotation, oldest first, also when it is deleted by now."""
    storage = storage_of(request)
    row = _row(annotation_id)
    changes = storage.annotations.history(row)
    if not changes:
        raise _missing(annotation_id)
    if changes[-1].action == "deleted":
        kind = TargetKind(changes[-1].state["target_kind"])
    else:
        kind = _one(storage, annotation_id).key.target_kind
    if annotation_id != global_id(TARGETS[kind].type_name, row):
        raise _missing(annotation_id)
    return page_answer([_change(change) for change in changes], None)


def _one(storage: Storage, identifier: str) -> StoredAnnotation:
    row = _row(identifier)
    try:
        found = storage.annotations.get(row)
    except NotFound:
        raise _missing(identifier) from None
    if row_of(identifier, TARGETS[found.key.target_kind].type_name) is None:  # of another type
        raise _missing(identifier)
    return found


def _row(identifier: str) -> int:
    row = row_of(identifier, *TYPE_NAMES)
    if row is None:
        raise ApiError(
            422, f"Invalid annotation ID: {identifier}. It is a global id of one of {', '.join(TYPE_NAMES)}."
        )
    return row


def _missing(identifier: str) -> ApiError:
    return ApiError(404, f"Annotation with ID {identifier} not found")


def _update(patch: AnnotationPatch) -> AnnotationUpdate:
    update = AnnotationUpdate()
    if patch.annotator_kind is not None:
        update["annotator_kind"] = patch.annotator_kind
    if "metadata" in patch.model_fields_set:
        update["metadata"] = patch.metadata or {}
    if "result" not in patch.model_fields_set:
        return update
    given = {"label", "score", "explanation"} if patch.result is None else patch.result.model_fields_set
    if "label" in given:
        update["label"] = patch.result.label if patch.result else None
    if "score" in given:
        update["score"] = patch.result.score if patch.result else None
    if "explanation" in given:
        update["explanation"] = patch.result.explanation if patch.result else None
    return update


def _change(change: contract.AnnotationChange) -> dict[str, Any]:
    state = change.state
    return {
        "at": iso_from_us(change.at_us),
        "action": change.action,
        "user_id": change.user_id,
        "annotator_kind": state["annotator_kind"],
        "result": {field: state[field] for field in ("label", "score", "explanation")},
        "metadata": state["metadata"],
        "source": state["source"],
        "rubric_version": state.get("rubric_version"),
    }
