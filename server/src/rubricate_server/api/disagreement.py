"""Where annotators disagree: the items to settle first."""

import binascii
from base64 import b64decode, b64encode
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.base import Page
from rubricate.records.disagreement import Disagreement
from rubricate_server.api.answer import page_answer
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import MAX_ROW, project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.target import any_wire, target_wire
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.storage.contract import DisagreementMark, DisagreementQuery, StoredDisagreement

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])


@router.get("/disagreements", response_model=Page[Disagreement], responses=refusals(404, 422))
def list_disagreements(
    request: Request,
    project_identifier: str,
    target_kind: TargetKind = TargetKind.SPAN,
    name: Annotated[list[str] | None, Query(description="Repeat for several: any of them.")] = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=200, description="Disagreements on a page.")] = 50,
) -> Response:
    """Targets of which the annotations of a name say different things, newest first, side by side.

    They differ when there are two labels, or two scores among those without a label: what the filter language calls
    `disagree('name')`.
    """
    storage = storage_of(request)
    query = DisagreementQuery(
        project_of(storage, project_identifier).id,
        target_kind,
        tuple(name or ()),
        bound_ns(start_time),
        bound_ns(end_time),
        _mark(cursor),
    )
    found = storage.insight.disagreements(query, limit + 1)
    following = _cursor(found[limit - 1].mark) if len(found) > limit else None
    return page_answer([_wire(each) for each in found[:limit]], following)


def _wire(found: StoredDisagreement) -> dict[str, Any]:
    scores = [each.score for each in found.annotations if each.score is not None]
    return {
        "name": found.mark.name,
        "target": target_wire(found.annotations[0].key),
        "labels": sorted({each.label for each in found.annotations if each.label is not None}),
        "score_range": [min(scores), max(scores)] if scores else None,
        "annotations": [any_wire(each) for each in found.annotations],
    }


def _cursor(mark: DisagreementMark) -> str:
    return b64encode(orjson.dumps([*mark])).decode()


def _mark(cursor: str | None) -> DisagreementMark | None:
    """The last of the page before. Raises 422 when the cursor is none of ours."""
    if not cursor:
        return None
    try:
        match orjson.loads(b64decode(cursor, validate=True)):
            case [int(row), int(position), str(name)] if 0 <= row <= MAX_ROW and -1 <= position <= MAX_ROW:
                return DisagreementMark(row, position, name)
    except (binascii.Error, ValueError):
        pass
    raise ApiError(422, "Invalid cursor")
