"""How the scores of a name are spread."""

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.annotation_summary import ScoreDistribution
from rubricate.records.base import Data
from rubricate_server.api.annotation_summary import Filter
from rubricate_server.api.answer import json_answer
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.domain.filter import SPANS
from rubricate_server.storage.contract import Storage, StoredDistribution, SummaryQuery
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])

MOST_BINS: Final = 100
BINS: Final = 10
MOST_WHOLE_STEPS: Final = 10
"""A range of so many whole numbers is answered in whole numbers, as the page offers them."""

Bound = Annotated[float | None, Query(allow_inf_nan=False)]


class Bins(NamedTuple):
    """How many there are, and between what; None: from the least, or to the greatest score."""

    number: int
    low: float | None
    high: float | None


@router.get(
    "/annotation_summaries/distribution", response_model=Data[ScoreDistribution], responses=refusals(400, 404, 422)
)
def get_score_distribution(
    request: Request,
    project_identifier: str,
    name: Annotated[str, Query(description="Of the annotations.")],
    target_kind: TargetKind = TargetKind.SPAN,
    bins: Annotated[int | None, Query(gt=0, le=MOST_BINS, description="All equally wide.")] = None,
    low: Bound = None,
    high: Bound = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
    filter: Filter = None,
) -> Response:
    """Quartiles of the scores of a name, and how many targets lie in which bin, also by kind of annotator.

    Every target counts once, with the mean of its scores. Without a word on bins they are those of the continuous
    rubric of the name: one for each score that it offers, or ten between its bounds; else ten between the least and the
    greatest score.
    """
    storage = storage_of(request)
    query = SummaryQuery(
        project_of(storage, project_identifier).id,
        target_kind,
        (name,),
        bound_ns(start_time),
        bound_ns(end_time),
        condition_of(filter, SPANS),
    )
    if low is not None and high is not None and low >= high:
        raise ApiError(422, f"low must be less than high; they are {low} and {high}.")
    given = (bins, low, high) != (None, None, None)
    wanted = Bins(bins or BINS, low, high) if given else _bins_of_rubric(storage, name)
    edges, found = storage.insight.distributions(query, *wanted)
    whole, *parts = found or [_NOTHING]
    return json_answer(
        {
            "data": {
                "name": name,
                "target_kind": target_kind,
                "edges": edges,
                **_statistics(whole),
                "by_annotator_kind": [{"annotator_kind": part.annotator_kind, **_statistics(part)} for part in parts],
            }
        }
    )


_NOTHING: Final = StoredDistribution(None, 0, (0.0,) * 5, (), 0, 0)


def _bins_of_rubric(storage: Storage, name: str) -> Bins:
    try:
        rubric = storage.rubrics.get_by_name(name).body
    except NotFound:
        return Bins(BINS, None, None)
    low, high, step = (rubric.get(field) for field in ("lower_bound", "upper_bound", "step"))
    if low is None or high is None or low >= high:
        return Bins(BINS, None, None)
    if step is None and high - low <= MOST_WHOLE_STEPS and float(low).is_integer() and float(high).is_integer():
        step = 1
    if step is None or not 0 < round((high - low) / step) < MOST_BINS:
        return Bins(BINS, low, high)
    # Each score that can be chosen is in the middle of its bin.
    return Bins(round((high - low) / step) + 1, low - step / 2, high + step / 2)


def _statistics(of: StoredDistribution) -> dict[str, Any]:
    minimum, *quartiles, maximum = of.quartiles if of.scored_target_count else (None, None, None)
    return {
        "scored_target_count": of.scored_target_count,
        "minimum": minimum,
        "quartiles": quartiles if of.scored_target_count else None,
        "maximum": maximum,
        "counts": of.counts,
        "below_count": of.below,
        "above_count": of.above,
    }
