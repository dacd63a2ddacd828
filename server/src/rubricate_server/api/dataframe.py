"""Spans as data frames: `POST /v1/spans`, which the Python clients call.

The answer is a frame for each query: pandas' table schema as JSON parts, or Arrow streams one after another. It is
written while spans are read, in a worker thread. `domain.frame` makes the rows; this module puts them on the wire.

JSON: `"data"` stands before `"schema"`, because columns and their types are known only after the last row; readers
parse the whole object first. Rows are held back up to `HELD_BYTES`, so that an empty cell of a column that turns up
later can still be written as null. Beyond that it is left out, which pandas reads as NaN instead of None.

Arrow: the schema stands first, so the frame is held, as Arrow batches, on disk from `HELD_BYTES` on. Where a column
(or a field inside its cells) mixes kinds that one Arrow type cannot hold, texts stay as they are and anything else
becomes JSON text. Numbers of both kinds become float64.
"""

import secrets
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import anyio
import anyio.from_thread
import anyio.to_thread
import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from rubricate_server.domain import filter as filters
from rubricate_server.domain.frame import Column, Frame, FrameError, FrameQuery, Span, frame_of, iso_time
from rubricate_server.storage.contract import SpanQuery, Storage
from rubricate_server.storage.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_PROJECT: Final = "default"

HELD_BYTES: Final = 16 * 2**20
"""What one answer may keep in memory before it writes (JSON) or moves to disk (Arrow)."""
CHUNK_BYTES: Final = 256 * 2**10
"""JSON is sent in pieces of about this size."""
BATCH_ROWS: Final = 2048
"""Rows of an Arrow batch: few enough for memory, many enough that types seldom change between batches."""
MAX_FIELDS: Final = 512
"""An object with more different keys than this over the rows becomes JSON text in Arrow: each costs every row."""
HEARTBEAT_S: Final = 2.0
"""A blank is sent when there was nothing to send for so long; the clients give up after 5 seconds of silence."""
EXPORTS_AT_ONCE: Final = 8
"""Worker threads for answers of this module: they hold theirs for seconds, so they do not use the common ones."""

router = APIRouter(include_in_schema=False)
_threads = anyio.CapacityLimiter(EXPORTS_AT_ONCE)


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
async def query_spans(request: Request) -> Response:
    """Spans as data frames, one for each query of the body."""
    try:
        body = _Body.model_validate_json(await request.body() or b"null")
    except ValidationError as error:
        return JSONResponse({"detail": _detail(error)}, status_code=422)
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
                start_ns=_nanoseconds(body.start_time),
                end_ns=_nanoseconds(body.end_time or body.stop_time),
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
        return storage.spans.scan(wanted[place], limit, queries[place].parts)

    if request.headers.get("accept") == "application/json":
        boundary = secrets.token_urlsafe(48)
        return _Streamed(
            _multipart(queries, spans_of, boundary), f"multipart/mixed; boundary={boundary}", heartbeat=b"\n"
        )
    return _Streamed(_arrow_streams(queries, spans_of), "application/x-pandas-arrow")


def _detail(error: ValidationError) -> list[dict[str, Any]]:
    return [
        {**one, "loc": ("body", *one["loc"])}
        for one in orjson.loads(error.json(include_url=False))
    ]


def _project_name(request: Request, body: _Body) -> str:
    query = request.query_params
    return (
        query.get("project_name")
        or query.get("project-name")
        or request.headers.get("project-name")
        or body.project_name
        or DEFAULT_PROJECT
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _nanoseconds(time: datetime | None) -> int | None:
    if time is None:
        return None
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


# --- streaming --------------------------------------------------------------------------------------------------------

_SpansOf = Callable[[int], Iterator[list[Span]]]


class _Streamed(Response):
    """Sends what an iterator yields; the iterator runs in one worker thread from beginning to end.

    It is not advanced faster than the client reads, and closed when the client goes away.
    """

    def __init__(self, chunks: Iterator[bytes], content_type: str, heartbeat: bytes | None = None) -> None:
        self.status_code = 200
        self.background = None
        self._chunks = chunks
        self._heartbeat = heartbeat
        self.init_headers({"content-type": content_type})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = threading.Event()
        one_at_a_time = anyio.Lock()
        sent_at = anyio.current_time()

        async def send_chunk(chunk: bytes) -> None:
            nonlocal sent_at
            async with one_at_a_time:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent_at = anyio.current_time()

        async def beat(chunk: bytes) -> None:
            while True:
                await anyio.sleep(HEARTBEAT_S / 2)
                if anyio.current_time() - sent_at >= HEARTBEAT_S / 2:
                    await send_chunk(chunk)

        async def watch() -> None:
            message: Message = {}
            while message.get("type") != "http.disconnect":
                message = await receive()
            gone.set()

        def produce() -> None:
            try:
                for chunk in self._chunks:
                    if gone.is_set():
                        break
                    anyio.from_thread.run(send_chunk, chunk)
            finally:
                self._chunks.close()  # type: ignore[attr-defined]  # it is a generator: ends the scan in this thread

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            if self._heartbeat is not None:
                tasks.start_soon(beat, self._heartbeat)
            await anyio.to_thread.run_sync(produce, limiter=_threads)
            tasks.cancel_scope.cancel()
        if not gone.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
