"""What annotations say together: summaries of a project by name, and the same along time."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.annotation_summary import AnnotationSeries, AnnotationSummary
from rubricate.records.base import Data, Page
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import bound_ns, iso_from_ns
from rubricate_server.api.time_range import Bucket, EndTime, StartTime, buckets_of
from rubricate_server.domain.filter import SPANS
from rubricate_server.domain.interval import ENOUGH, Interval, fraction_interval, mean_interval
from rubricate_server.storage.contract import StoredSummary, SummaryQuery

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])

Names = Annotated[list[str] | None, Query(description="Repeat for several: any of them.")]
Filter = Annotated[
    str | None, Query(description="A condition about spans: only what annotates them, or their documents, counts.")
]


@router.get("/annotation_summaries", response_model=Page[AnnotationSummary], responses=refusals(400, 404, 422))
def list_annotation_summaries(
    request: Request,
    project_identifier: str,
    name: Names = None,
    target_kind: TargetKind | None = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
    filter: Filter = None,
) -> Response:
    """Counts, mean score and shares of labels of every name, by kind of target, and by kind of annotator.

    Every target counts once, however many annotations it has. Notes are left out.
    """
    storage = storage_of(request)
    query = SummaryQuery(
        project_of(storage, project_identifier).id,
        target_kind,
        tuple(name or ()),
        bound_ns(start_time),
        bound_ns(end_time),
        condition_of(filter, SPANS),
    )
    return page_answer([_summary(group) for group in _grouped(storage.insight.summaries(query))], None)


@router.get("/annotation_summaries/series", response_model=Data[AnnotationSeries], responses=refusals(400, 404, 422))
def get_annotation_series(
    request: Request,
    project_identifier: str,
    bucket: Bucket = "day",
    name: Names = None,
    target_kind: TargetKind | None = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
    filter: Filter = None,
) -> Response:
    """The summaries along time, by when the target started: the last 30 days unless told otherwise."""
    storage = storage_of(request)
    buckets = buckets_of(start_time, end_time, bucket)
    query = SummaryQuery(
        project_of(storage, project_identifier).id,
        target_kind,
        tuple(name or ()),
        buckets.start_ns,
        buckets.end_ns,
        condition_of(filter, SPANS),
    )
    found = storage.insight.summaries(query, buckets.width_ns)
    return json_answer(
        {
            "data": {
                "start_time": iso_from_ns(buckets.start_ns),
                "end_time": iso_from_ns(buckets.end_ns),
                "bucket_seconds": buckets.seconds,
                "points": [
                    {**_summary(group), "start_time": iso_from_ns(group[0].bucket_ns)} for group in _grouped(found)
                ],
            }
        }
    )


def _grouped(summaries: Iterable[StoredSummary]) -> Iterator[list[StoredSummary]]:
    """Those of one name, kind of target and bucket: first of all annotators, then of each kind."""
    for _, group in groupby(summaries, lambda each: (each.name, each.target_kind, each.bucket_ns)):
        yield list(group)


def _summary(group: list[StoredSummary]) -> dict[str, Any]:
    whole, *parts = group
    return {
        "name": whole.name,
        "target_kind": whole.target_kind,
        **_statistics(whole),
        "by_annotator_kind": [{"annotator_kind": part.annotator_kind, **_statistics(part)} for part in parts],
    }


def _statistics(of: StoredSummary) -> dict[str, Any]:
    scored, labelled = of.scored_target_count, of.labelled_target_count
    around = None
    if of.mean is not None and of.squares is not None and scored < ENOUGH:
        around = mean_interval(of.mean, of.squares, scored)
    return {
        "count": of.annotation_count,
        "target_count": of.target_count,
        "score_count": of.score_count,
        "scored_target_count": scored,
        "mean_score": of.mean,
        "mean_score_interval": _interval(around),
        "label_count": of.label_count,
        "labelled_target_count": labelled,
        "label_fractions": [
            {
                "label": label,
                "fraction": share / labelled,
                "interval": _interval(fraction_interval(share / labelled, labelled) if labelled < ENOUGH else None),
            }
            for label, share in of.labels
        ],
    }


def _interval(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval._asdict()
