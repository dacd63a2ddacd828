"""Annotations that wait for what they are about."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import Annotation, TargetKind
from rubricate.records.base import Page
from rubricate_server.api.answer import page_answer
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import cursor_row, storage_of
from rubricate_server.api.target import TYPE_NAMES, annotation_id, any_wire

router = APIRouter(prefix="/v1", tags=["annotations"])


@router.get("/annotations/waiting", response_model=Page[Annotation], responses=refusals(422))
def list_waiting_annotations(
    request: Request,
    target_kind: TargetKind | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Annotations on a page.")] = 100,
) -> Response:
    """Annotations whose target has not arrived, newest first. They belong to no project yet.

    They wait for as long as it takes. One whose target will never come (a mistyped id) is deleted by its id.
    """
    from_id = cursor_row(cursor, *TYPE_NAMES)
    found = storage_of(request).annotations.waiting(target_kind, from_id=from_id, limit=limit + 1)
    following = annotation_id(found[limit]) if len(found) > limit else None
    return page_answer([any_wire(annotation) for annotation in found[:limit]], following)
