"""What each project holds, over HTTP."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data
from rubricate.records.item import ProjectFigures
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import global_id, storage_of
from rubricate_server.api.moment import bound_ns, iso_from_ns

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["projects"])

_DAY_NS = 86_400 * 1_000_000_000


@router.get("/project_figures", response_model=Data[list[ProjectFigures]], responses=refusals(422))
def list_project_figures(
    request: Request,
    start_time: Annotated[
        datetime | None, Query(description="Errors are counted from here on; 24 hours ago unless told otherwise.")
    ] = None,
) -> Response:
    """How much each project holds, and when it was last heard of. In the order in which they were made."""
    since_ns = bound_ns(start_time)
    figures = storage_of(request).items.figures(time.time_ns() - _DAY_NS if since_ns is None else since_ns)
    return json_answer(
        {
            "data": [
                {
                    "project_id": global_id("Project", each.project_id),
                    "trace_count": each.trace_count,
                    "span_count": each.span_count,
                    "session_count": each.session_count,
                    "annotation_count": each.annotation_count,
                    "error_count": each.error_count,
                    "last_start_time": None if each.last_start_ns is None else iso_from_ns(each.last_start_ns),
                }
                for each in figures
            ]
        }
    )
