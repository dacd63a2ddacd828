"""Writing annotations of any kind of target at once, deleting them, and undoing that: what the page uses."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from rubricate.records.annotation import (
    Annotation,
    AnnotationConflict,
    AnnotationFilter,
    AnnotationPut,
    AnnotationRemoval,
    AnnotationRestoration,
    AnnotationsRemoved,
    AnnotationsRestored,
    TargetKind,
)
from rubricate.records.base import Data, StrictInput
from rubricate_server.actions.annotate import NoSuchDocument, annotate_if
from rubricate_server.api.answer import json_answer
from rubricate_server.api.any_annotation import annotation_query
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import PROBLEM, ApiError, refusals
from rubricate_server.api.guard import author_of
from rubricate_server.api.identifier import global_id, row_of, storage_of
from rubricate_server.api.moment import us_of
from rubricate_server.api.target import TARGETS, any_wire, key_from_any_id
from rubricate_server.domain.authorship import Author
from rubricate_server.storage.contract import AnnotationKey, NewAnnotation, Removed, Storage
from rubricate_server.storage.errors import AnnotationChanged, NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotations"])

REMOVAL = "AnnotationRemoval"
# In words, because FastAPI documents every other model as application/json.
_CONFLICT_SCHEMA = AnnotationConflict.model_json_schema(ref_template="#/components/schemas/{model}")
_CONFLICT_SCHEMA.pop("$defs")
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "An annotation is not as it was said to be; what stands there is in `current`.",
        "content": {PROBLEM: {"schema": _CONFLICT_SCHEMA}},
    }
}


class AnnotationsPut(StrictInput):
    """Annotations to write."""

    data: list[AnnotationPut]


@router.put(
    "/annotations",
    response_model=Data[list[Annotation]],
    responses=refusals(404, 422, 503) | _CONFLICT,
)
def put_annotations(request: Request, body: AnnotationsPut) -> Response:
    """Write annotations; durable when the answer comes, in order, all or nothing, safe to repeat.

    The same (target, name, identifier) again replaces the annotation whole, unless `if_updated_at` says what it must
    be. Notes are annotations named `note` here.
    """
    storage = storage_of(request)
    by = author_of(request)
    annotations = [_new(storage, item, by) for item in body.data]
    expected = {
        place: None if item.if_updated_at is None else us_of(item.if_updated_at)
        for place, item in enumerate(body.data)
        if "if_updated_at" in item.model_fields_set
    }
    try:
        written = annotate_if(storage, annotations, expected, by=by)
    except NoSuchDocument as error:
        raise ApiError(422, str(error)) from None
    except AnnotationChanged as error:
        return _conflict(error)
    return json_answer({"data": [any_wire(annotation) for annotation in written]})


def _new(storage: Storage, item: AnnotationPut, by: Author) -> NewAnnotation:
    target, result = item.target, item.result
    key = key_from_any_id(storage, TARGETS[target.kind], target.id)
    if key is None:
        raise ApiError(404, f"There is no {target.kind} {target.id}.")
    return NewAnnotation(
        AnnotationKey(target.kind, key, -1 if target.position is None else target.position, item.name, item.identifier),
        item.annotator_kind,
        result.label if result else None,
        result.score if result else None,
        result.explanation if result else None,
        item.metadata or {},
        item.source,
        by.user_id,
    )


def _conflict(error: AnnotationChanged) -> Response:
    problem = AnnotationConflict.model_construct(
        title="The annotation was changed by somebody else.",
        status=409,
        detail=str(error),
        index=error.place,
        current=None,
    ).model_dump()
    problem["current"] = None if error.current is None else any_wire(error.current)
    return Response(orjson.dumps(problem), 409, media_type=PROBLEM)


@router.post("/annotations/delete", response_model=AnnotationsRemoved, responses=refusals(404, 422, 503))
def remove_annotations(request: Request, body: AnnotationRemoval) -> Response:
    """Delete annotations, by their ids or all of a project that fit a filter. It can be undone for some days.

    Ids of annotations that are not there are passed over. A setting says how many days: 30 unless told otherwise.
    """
    storage, by = storage_of(request), author_of(request)
    if body.ids is not None:
        removed = storage.annotations.delete_some(_kinds(body.ids), by=by)
    else:
        removed = _delete_fitting(storage, body.project or "", body.filter or AnnotationFilter(), by)
    removal_id = None if removed.removal_id is None else global_id(REMOVAL, removed.removal_id)
    return json_answer({"deleted": removed.count, "removal_id": removal_id})


def _kinds(identifiers: Sequence[str]) -> dict[int, TargetKind]:
    """The row of each annotation, and the kind of target that its id names. Raises 422 for what is no such id."""
    kinds: dict[int, TargetKind] = {}
    for identifier in identifiers:
        for target in TARGETS.values():
            row = row_of(identifier, target.type_name)
            if row is not None:
                kinds[row] = target.kind
                break
        else:
            raise ApiError(422, f"{identifier!r} is not the id of an annotation.")
    return kinds


def _delete_fitting(storage: Storage, project: str, chosen: AnnotationFilter, by: Author) -> Removed:
    return storage.annotations.delete(annotation_query(storage, project, chosen, None), undoable=True, by=by)


@router.post("/annotations/restore", response_model=AnnotationsRestored, responses=refusals(404, 422, 503))
def restore_annotations(request: Request, body: AnnotationRestoration) -> Response:
    """Undo a deletion. What has been given under the same key since stays, and what it would replace stays deleted.

    Safe to repeat: what is back already is not counted again.
    """
    row = row_of(body.removal_id, REMOVAL)
    if row is None:
        raise ApiError(422, f"{body.removal_id!r} is not the id of a removal; POST /v1/annotations/delete answers one.")
    try:
        restored = storage_of(request).annotations.restore(row, by=author_of(request))
    except NotFound as error:
        raise ApiError(404, str(error)) from None
    return json_answer(restored._asdict())
