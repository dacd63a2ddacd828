"""How good retrieval is: the rankings of a project, together and one by one."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import AnnotatorKind
from rubricate.records.base import Data, Page
from rubricate.records.retrieval import RetrievalMetrics, SpanRetrieval
from rubricate_server.actions.retrieve import Ranking, rankings
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import cursor_row, global_id, project_of, storage_of
from rubricate_server.api.moment import bound_ns, iso_from_ns
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.domain.interval import ENOUGH, fraction_interval, mean_interval
from rubricate_server.domain.retrieval import RELEVANT, Measures, measures
from rubricate_server.storage.contract import SpanQuery

router = APIRouter(prefix="/v1/projects/{project_identifier}/retrieval_metrics", tags=["insight"])

KINDS: Final = ("RETRIEVER", "RERANKER")

Name = Annotated[str, Query(description="Of the annotations on documents.")]
Cutoff = Annotated[int, Query(gt=0, le=1000, description="How many documents from the top.")]
Kind = Annotated[
    AnnotatorKind | None,
    Query(description="Whose annotations count: people's, else judges', else code's if not given."),
]
Threshold = Annotated[float, Query(allow_inf_nan=False, description="A document is relevant from this score on.")]


@router.get("", response_model=Data[RetrievalMetrics], responses=refusals(404, 422))
def get_retrieval_metrics(
    request: Request,
    project_identifier: str,
    name: Name,
    k: Cutoff = 10,
    annotator_kind: Kind = None,
    relevant_from: Threshold = RELEVANT,
    start_time: StartTime = None,
    end_time: EndTime = None,
    limit: Annotated[int, Query(gt=0, le=5000, description="Retrievers to look at, the newest.")] = 1000,
) -> Response:
    """NDCG, precision and hit at k, and reciprocal rank, over the newest retrievers and rerankers.

    Each mean is over the rankings for which the measure is known; n says how many these are.
    """
    storage = storage_of(request)
    query = SpanQuery(project_of(storage, project_identifier).id, bound_ns(start_time), bound_ns(end_time), kinds=KINDS)
    found = rankings(storage, query, limit + 1, name, annotator_kind)
    complete, found = len(found) <= limit, found[:limit]
    known = [measures(each.judged, each.document_count, k, relevant_from) for each in found]
    answer = {
        "k": k,
        "span_count": len(found),
        "complete": complete,
        "judged_span_count": sum(bool(each.judged) for each in found),
        "document_count": sum(each.document_count for each in found),
        "judged_document_count": sum(len(each.judged) for each in found),
        **{measure: _over(measure, [getattr(each, measure) for each in known]) for measure in Measures._fields},
    }
    return json_answer({"data": answer})


@router.get("/spans", response_model=Page[SpanRetrieval], responses=refusals(404, 422))
def list_span_retrieval_metrics(
    request: Request,
    project_identifier: str,
    name: Name,
    k: Cutoff = 10,
    annotator_kind: Kind = None,
    relevant_from: Threshold = RELEVANT,
    start_time: StartTime = None,
    end_time: EndTime = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Retrievers on a page.")] = 100,
) -> Response:
    """The same of each retriever and reranker, newest first."""
    storage = storage_of(request)
    query = SpanQuery(
        project_of(storage, project_identifier).id,
        bound_ns(start_time),
        bound_ns(end_time),
        kinds=KINDS,
        from_id=cursor_row(cursor, "Span"),
    )
    found = rankings(storage, query, limit + 1, name, annotator_kind)
    following = global_id("Span", found[limit].span.id) if len(found) > limit else None
    return page_answer([_wire(each, k, relevant_from) for each in found[:limit]], following)


def _wire(ranking: Ranking, k: int, relevant_from: float) -> dict[str, Any]:
    return {
        "id": global_id("Span", ranking.span.id),
        "span_id": ranking.span.span_id.hex(),
        "trace_id": ranking.span.trace_id.hex(),
        "start_time": iso_from_ns(ranking.span.start_ns),
        "document_count": ranking.document_count,
        "judged_document_count": len(ranking.judged),
        **measures(ranking.judged, ranking.document_count, k, relevant_from)._asdict(),
    }


def _over(measure: str, values: Sequence[float | None]) -> dict[str, Any]:
    known = [float(value) for value in values if value is not None]
    if not known:
        return {"mean": None, "n": 0, "interval": None}
    n = len(known)
    mean = math.fsum(known) / n
    interval = None
    if n < ENOUGH:
        squares = math.fsum((value - mean) ** 2 for value in known)
        interval = fraction_interval(mean, n) if measure == "hit" else mean_interval(mean, squares, n)
    return {"mean": mean, "n": n, "interval": None if interval is None else interval._asdict()}
