"""Annotations by an attribute of what they are about: quality by model, by version, by tenant."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.agreement import AnnotationShares
from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.domain.filter import SPANS, FilterError, parse_name
from rubricate_server.domain.filter.expressions import Attribute, Field, Kind
from rubricate_server.domain.interval import fraction_interval
from rubricate_server.storage.contract import ShareQuery, StoredShare

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])

MOST_GROUPS: Final = 50
MOST_LABELS: Final = 50


@router.get("/annotation_shares", response_model=AnnotationShares, responses=refusals(400, 404, 422))
def get_annotation_shares(
    request: Request,
    project_identifier: str,
    name: Annotated[str, Query(description="Of the annotations.")],
    by: Annotated[
        str, Query(description="An attribute, or a field of text, as filters write it: `llm.model_name`, `name`.")
    ],
    annotator_kind: AnnotatorKind | None = None,
    target_kind: TargetKind = TargetKind.SPAN,
    start_time: StartTime = None,
    end_time: EndTime = None,
) -> Response:
    """Shares of labels and mean scores, for each value of an attribute of the annotated spans.

    Of traces and sessions it is the attribute of the first root span. Every target counts once.
    """
    storage = storage_of(request)
    query = ShareQuery(
        project_of(storage, project_identifier).id,
        name,
        _attribute(by, target_kind),
        target_kind,
        annotator_kind,
        bound_ns(start_time),
        bound_ns(end_time),
    )
    found = storage.explore.shares(query, MOST_GROUPS + 1, MOST_LABELS)
    return json_answer(
        {
            "name": name,
            "by": by,
            "groups": [_group(share) for share in found[:MOST_GROUPS]],
            "complete": len(found) <= MOST_GROUPS,
        }
    )


def _attribute(text: str, target_kind: TargetKind) -> Attribute | Field:
    """Raises 400 for what is none."""
    try:
        name = parse_name(text, SPANS)
    except FilterError as error:
        raise ApiError(400, f"by: {error}") from None
    of_spans = target_kind in (TargetKind.SPAN, TargetKind.DOCUMENT)
    match name:
        case Attribute():
            return name
        case Field(kind=Kind.TEXT) if of_spans and name.name != "events":
            return name
    what = "an attribute or a field of text" if of_spans else f"an attribute of the root span of a {target_kind}"
    raise ApiError(400, f"by: `{text}` is not {what}, such as `llm.model_name` or `metadata['version']`.")


def _group(share: StoredShare) -> dict[str, Any]:
    n = share.labelled_target_count
    labels = []
    for label, votes in share.labels:
        around = fraction_interval(min(1.0, votes / n), n)
        assert around is not None
        labels.append({"label": label, "fraction": votes / n, **around._asdict()})
    return {"group": share.group, "n": share.target_count, "labels": labels, "mean_score": share.mean}
