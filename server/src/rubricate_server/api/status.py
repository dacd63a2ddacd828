"""How the server is doing: its figures as JSON and for Prometheus, and the spans that it could not take."""

import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from rubricate.records.base import Data, Page
from rubricate.records.status import DeadLetter, DeadLetterSummary, ServerStats
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_ns, iso_from_us
from rubricate_server.storage.contract import StoredDeadLetter
from rubricate_server.storage.errors import NotFound
from rubricate_server.version import PHOENIX_VERSION, VERSION

router = APIRouter(tags=["status"])

TYPE_NAME = "DeadLetter"
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/v1/dead_letters", response_model=Page[DeadLetterSummary], responses=refusals(422))
def list_dead_letters(
    request: Request,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Dead letters on a page.")] = 100,
) -> Response:
    """Spans that were refused, newest first, with the reason."""
    found = storage_of(request).status.dead_letters(from_id=cursor_row(cursor, TYPE_NAME), limit=limit + 1)
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_letter(letter) for letter in found[:limit]], following)


@router.get("/v1/dead_letters/{dead_letter_id}", response_model=Data[DeadLetter], responses=refusals(404, 422))
def get_dead_letter(request: Request, dead_letter_id: str) -> Response:
    """One refused span, with its bytes as they were sent."""
    row = row_of(dead_letter_id, TYPE_NAME)
    if row is None:
        raise ApiError(422, f"Invalid dead letter ID: {dead_letter_id}. The list of dead letters has them.")
    try:
        letter, whole = storage_of(request).status.dead_letter(row)
    except NotFound:
        raise ApiError(404, f"Dead letter with ID {dead_letter_id} not found") from None
    return json_answer({"data": {**_letter(letter), "payload": b64encode(whole.payload).decode()}})


@router.get("/v1/stats", response_model=Data[ServerStats])
def get_stats(request: Request) -> Response:
    """The server's version and age, what came in since it started, and what it holds."""
    return json_answer({"data": _stats(request)})


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(request: Request) -> Response:
    """The same figures for Prometheus, in its text format."""
    return Response("".join(_exposition(_stats(request))), media_type=PROMETHEUS)


def _letter(letter: StoredDeadLetter) -> dict[str, Any]:
    return {
        "id": global_id(TYPE_NAME, letter.id),
        "at": iso_from_us(letter.at_us),
        "project": letter.project,
        "reason": letter.reason,
        "encoding": letter.encoding,
        "size_bytes": letter.size,
    }


def _stats(request: Request) -> dict[str, Any]:
    held, ingest, started_ns = (
        storage_of(request).status.stats(),
        request.app.state.ingest,
        request.app.state.started_ns,
    )
    return {
        "version": VERSION,
        "phoenix_version": PHOENIX_VERSION,
        "started_at": iso_from_ns(started_ns),
        "uptime_s": max(0, time.time_ns() - started_ns) / 1e9,
        "ingest": {**ingest.counts(), "pending_bytes": ingest.pending_bytes},
        "rows": held.rows,
        "waiting_annotations": held.waiting_annotations,
        "disk_bytes": held.disk_bytes,
        "wal_bytes": held.wal_bytes,
    }


_INGESTED: Final = (
    ("requests", "ingest_requests", "OTLP requests."),
    ("malformed", "ingest_requests_malformed", "OTLP requests that could not be read."),
    ("refused", "ingest_requests_refused", "OTLP requests told to come again, because too much was waiting."),
    ("received", "ingest_spans_received", "Spans in OTLP requests."),
    ("stored", "ingest_spans_stored", "Spans that are durable and were new."),
    ("rejected", "ingest_spans_rejected", "Spans that became dead letters."),
    ("annotations", "ingest_annotations", "Annotations that spans brought along."),
    ("warnings", "ingest_warnings", "Feedback in spans that became no annotation."),
)


def _exposition(stats: dict[str, Any]) -> Iterator[str]:
    """https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4."""
    yield from _metric("build_info", "gauge", "Always 1.", {f'{{version="{VERSION}"}}': 1})
    started = time.time() - stats["uptime_s"]
    yield from _metric("start_time_seconds", "gauge", "When the server started, since 1970.", {"": round(started, 3)})
    for key, name, told in _INGESTED:
        yield from _metric(f"{name}_total", "counter", told, {"": stats["ingest"][key]})
    pending = stats["ingest"]["pending_bytes"]
    yield from _metric("ingest_pending_bytes", "gauge", "Bytes held by OTLP requests in work.", {"": pending})
    rows = {f'{{table="{table}"}}': count for table, count in stats["rows"].items()}
    yield from _metric("rows", "gauge", "Rows that the store holds.", rows)
    waiting = stats["waiting_annotations"]
    yield from _metric("waiting_annotations", "gauge", "Annotations whose target has not arrived.", {"": waiting})
    yield from _metric("disk_bytes", "gauge", "Bytes of all files of the store.", {"": stats["disk_bytes"]})
    yield from _metric("wal_bytes", "gauge", "Bytes of the write-ahead log.", {"": stats["wal_bytes"]})


def _metric(name: str, kind: str, told: str, values: dict[str, float]) -> Iterator[str]:
    """One family; the keys are sets of labels as they are written."""
    yield f"# HELP rubricate_{name} {told}\n# TYPE rubricate_{name} {kind}\n"
    for labels, value in values.items():
        yield f"rubricate_{name}{labels} {value}\n"
