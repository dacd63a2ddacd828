"""Spans as data frames: `POST /v1/spans`, which the Python clients call.

The answer is a frame for each query: pandas' table schema as JSON parts, Arrow streams one after another, or, for our
own client, parts that it reads at once, with annotations if it wants them. It is written while spans are read.
`domain.frame` makes the rows; `table_schema`, `arrow` and `frame_parts` put them on the wire.
"""

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from rubricate.records.annotation import NOTE
from rubricate.records.frame_part import PARTS
from rubricate.records.project import DEFAULT_PROJECT
from rubricate_server.api.arrow import arrow_stream
from rubricate_server.api.errors import invalid
from rubricate_server.api.frame_parts import HEARTBEAT, AnnotationsOf, end, frame_parts
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.streaming import Streamed
from rubricate_server.api.table_schema import table_pieces
from rubricate_server.domain import filter as filters
from rubricate_server.domain.frame import FrameError, FrameQuery, Span, frame_of, iso_time
from rubricate_server.storage.contract import SpanAnnotationRow, SpanQuery, Storage
from rubricate_server.storage.errors import NotFound

router = APIRouter(include_in_schema=False)


class _Query(BaseModel):
    """A query of a request, as far as its shape goes."""

    select: dict[str, Any] | None = None
    filter: dict[str, Any] | None = None
    explode: dict[str, Any] | None = None
    concat: dict[str, Any] | None = None
    rename: dict[str, Any] | None = None
    index: dict[str, Any] | None = None


class _Body(BaseModel):
    """The body of a request."""

    queries: list[_Query]
    start_time: datetime | None = None
    end_time: datetime | None = None
    stop_time: datetime | None = None
    limit: int | None = 1000
    root_spans_only: bool | None = None
    orphan_span_as_root_span: bool = True
    project_name: str | None = None


@router.api_route("/v1/spans", methods=["POST", "GET"])
async def query_spans(request: Request, include_annotations: bool = False) -> Response:
    """Spans as data frames, one for each query of the body. Only frames in parts can include annotations."""
    try:
        body = _Body.model_validate_json(await request.body() or b"null")
    except ValidationError as error:
        return invalid({**problem, "loc": ("body", *problem["loc"])} for problem in error.errors())
    if not body.queries:
        return PlainTextResponse("Not Found", status_code=404)
    try:
        queries = [FrameQuery.parse(query.model_dump()) for query in body.queries]
        conditions = [filters.parse(query.condition) if query.condition else None for query in queries]
    except (FrameError, filters.FilterError) as error:
        return PlainTextResponse(f"Invalid query: {error}", status_code=422)
    storage: Storage = request.app.state.storage
    try:
        project = await run_in_threadpool(storage.projects.get, _project_name(request, body))
    except NotFound:
        wanted: list[SpanQuery] | None = None
    else:
        wanted = [
            SpanQuery(
                project.id,
                start_ns=bound_ns(body.start_time),
                end_ns=bound_ns(body.end_time or body.stop_time),
                roots=bool(body.root_spans_only),
                orphans_are_roots=body.orphan_span_as_root_span,
                condition=condition,
                order="start_time",
            )
            for condition in conditions
        ]

    def spans_of(place: int) -> Iterator[list[Any]]:
        if wanted is None or body.limit == 0:
            return iter(())
        # As in Phoenix on SQLite, a negative limit is none.
        limit = None if body.limit is None or body.limit < 0 else body.limit
        return storage.spans.scan(wanted[place], limit, queries[place].parts, queries[place].sums)

    def annotations_of(rows: Sequence[int]) -> list[SpanAnnotationRow]:
        assert wanted is not None  # without a project there are no spans
        return storage.annotations.of_spans(wanted[0].project_id, rows, excluded_names=(NOTE,))

    accepted = request.headers.get("accept", "")
    if accepted == "application/json":
        boundary = secrets.token_urlsafe(48)
        return Streamed(
            _multipart(queries, spans_of, boundary), f"multipart/mixed; boundary={boundary}", heartbeat=b"\n"
        )
    if PARTS in accepted:
        said = annotations_of if include_annotations else None
        return Streamed(_parts(queries, spans_of, said), PARTS, heartbeat=HEARTBEAT)
    return Streamed(_arrow_streams(queries, spans_of), "application/x-pandas-arrow")


def _project_name(request: Request, body: _Body) -> str:
    query = request.query_params
    return (
        query.get("project_name")
        or query.get("project-name")
        or request.headers.get("project-name")
        or body.project_name
        or DEFAULT_PROJECT
    )


_SpansOf = Callable[[int], Iterator[list[Span]]]


def _multipart(queries: list[FrameQuery], spans_of: _SpansOf, boundary: str) -> Generator[bytes]:
    for place, query in enumerate(queries):
        yield f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        yield from table_pieces(frame_of(query, time=iso_time), spans_of(place))
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _arrow_streams(queries: list[FrameQuery], spans_of: _SpansOf) -> Generator[bytes]:
    for place, query in enumerate(queries):
        yield from arrow_stream(frame_of(query, time=int), spans_of(place))


def _parts(
    queries: list[FrameQuery], spans_of: _SpansOf, annotations_of: AnnotationsOf | None
) -> Generator[bytes | memoryview]:
    for place, query in enumerate(queries):
        yield from frame_parts(frame_of(query, time=int), spans_of(place), annotations_of)
    yield end()
