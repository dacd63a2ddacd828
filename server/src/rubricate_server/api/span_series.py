"""Spans along time."""

from typing import Any

from fastapi import APIRouter, Request, Response

from rubricate.records.base import Data
from rubricate.records.span_series import SpanSeries
from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import iso_from_ns
from rubricate_server.api.time_range import Bucket, EndTime, StartTime, buckets_of
from rubricate_server.storage.contract import SpanBucket

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])


@router.get("/span_series", response_model=Data[SpanSeries], responses=refusals(404, 422))
def get_span_series(
    request: Request,
    project_identifier: str,
    bucket: Bucket = "hour",
    start_time: StartTime = None,
    end_time: EndTime = None,
) -> Response:
    """Count, errors, latency, tokens and cost of spans along time: the last 30 days unless told otherwise."""
    storage = storage_of(request)
    project_id = project_of(storage, project_identifier).id
    buckets = buckets_of(start_time, end_time, bucket)
    found = storage.insight.span_series(project_id, buckets.start_ns, buckets.end_ns, buckets.width_ns)
    return json_answer(
        {
            "data": {
                "start_time": iso_from_ns(buckets.start_ns),
                "end_time": iso_from_ns(buckets.end_ns),
                "bucket_seconds": buckets.seconds,
                "points": [_point(each) for each in found],
            }
        }
    )


def _point(of: SpanBucket) -> dict[str, Any]:
    return {
        "start_time": iso_from_ns(of.bucket_ns),
        "count": of.span_count,
        "error_count": of.error_count,
        "latency_ms_p50": of.p50_ns / 1e6,
        "latency_ms_p99": of.p99_ns / 1e6,
        "tokens_prompt": of.tokens_prompt,
        "tokens_completion": of.tokens_completion,
        "tokens_total": of.tokens_total,
        "cost_usd": of.cost_usd,
    }
