"""Relevance by rank: how far down the good documents stand."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.retrieval import RetrievalRanks
from rubricate_server.actions.retrieve import rankings
from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.retrieval import KINDS, Kind, Name, Threshold
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.domain.interval import fraction_interval
from rubricate_server.domain.retrieval import RELEVANT, PlaceCount, by_place
from rubricate_server.storage.contract import SpanQuery

router = APIRouter(prefix="/v1/projects/{project_identifier}/retrieval_metrics", tags=["insight"])


@router.get("/ranks", response_model=RetrievalRanks, responses=refusals(404, 422))
def get_retrieval_ranks(
    request: Request,
    project_identifier: str,
    name: Name,
    k: Annotated[int, Query(gt=0, le=1000, description="Ranks from the top.")] = 10,
    annotator_kind: Kind = None,
    relevant_from: Threshold = RELEVANT,
    start_time: StartTime = None,
    end_time: EndTime = None,
    limit: Annotated[int, Query(gt=0, le=5000, description="Retrievers to look at, the newest.")] = 1000,
) -> Response:
    """Of the documents at each rank: how many there are, were judged, and are relevant."""
    storage = storage_of(request)
    query = SpanQuery(project_of(storage, project_identifier).id, bound_ns(start_time), bound_ns(end_time), kinds=KINDS)
    found = rankings(storage, query, limit + 1, name, annotator_kind)
    complete, found = len(found) <= limit, found[:limit]
    counts = by_place([(each.judged, each.document_count) for each in found], k, relevant_from)
    return json_answer(
        {
            "span_count": len(found),
            "complete": complete,
            "ranks": [_rank(place + 1, count) for place, count in enumerate(counts)],
        }
    )


def _rank(rank: int, count: PlaceCount) -> dict[str, float | int | None]:
    fraction = count.relevant / count.judged if count.judged else None
    around = None if fraction is None else fraction_interval(fraction, count.judged)
    low, high = around or (None, None)
    return {"rank": rank, **count._asdict(), "fraction": fraction, "low": low, "high": high}
