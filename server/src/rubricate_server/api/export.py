"""Taking data out and putting it back, whole: what `rubricate export` and `rubricate import` call."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from rubricate.records.annotation import (
    AnnotationResult,
    AnnotationSource,
    AnnotationTarget,
    AnnotatorKind,
    TargetKind,
)
from rubricate.records.base import Input, Metadata, NonBlank
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError
from rubricate_server.api.identifier import bytes_of, project_of, storage_of
from rubricate_server.api.moment import bound_ns, iso_from_ns, us_of
from rubricate_server.api.span import STATUSES
from rubricate_server.api.streaming import Streamed
from rubricate_server.domain.filter import SPANS
from rubricate_server.storage.contract import AnnotationKey, KeptAnnotation, NewAnnotation, SpanQuery, StoredSpan

router = APIRouter(prefix="/v1", route_class=JsonRoute, include_in_schema=False)

JSON_LINES = "application/x-ndjson"
NOT_A_DOCUMENT = -1


@router.get("/projects/{project_identifier}/spans/export")
def export_spans(
    request: Request,
    project_identifier: str,
    filter: Annotated[str | None, Query(description="An expression of the filter language.")] = None,
    start_time: Annotated[datetime | None, Query(description="Started at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started before.")] = None,
    ids_only: Annotated[bool, Query(description="No more of each span than its `context`.")] = False,
) -> Response:
    """The spans of a project that were there when it began, in the order in which they came, one a line.

    Nothing is left out, nothing rounded: a line has all that is needed to make the same span again.
    """
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    query = SpanQuery(
        project.id,
        start_ns=bound_ns(start_time),
        end_ns=bound_ns(end_time),
        condition=condition_of(filter, SPANS),
        order="arrival",
    )
    newest = storage.spans.find(replace(query, order="id"), 1, frozenset())
    if not newest:
        return Response(b"", media_type=JSON_LINES)
    if ids_only:
        return Streamed(_ids(storage.spans.scan(query, None, frozenset()), newest[0].id), JSON_LINES)
    return Streamed(_lines(storage.spans.scan(query, None), newest[0].id, project.name), JSON_LINES)


class KeptAnnotationBody(Input):
    """An annotation as it was exported, or as another product kept it."""

    target: AnnotationTarget
    name: NonBlank
    annotator_kind: AnnotatorKind
    result: AnnotationResult | None = None
    metadata: Metadata | None = None
    identifier: str = ""
    source: AnnotationSource = AnnotationSource.API
    user_id: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class KeptAnnotationsBody(Input):
    """Annotations to take over."""

    data: list[KeptAnnotationBody]


@router.post("/annotations/import")
def import_annotations(request: Request, body: KeptAnnotationsBody) -> Response:
    """Take over annotations with their times and who gave them; durable, idempotent, all or nothing.

    What is there already under the same (target, name, identifier) is left as it is. `data` tells how many were new.
    """
    kept = [_kept(each, f"data[{number}]") for number, each in enumerate(body.data)]
    return json_answer({"data": {"received": len(kept), "new": storage_of(request).annotations.take_over(kept)}})


def _ids(batches: Iterator[list[StoredSpan]], last: int) -> Generator[bytes]:
    for batch in batches:
        yield b"".join(b'{"context":%b}\n' % orjson.dumps(_context(span)) for span in batch if span.id <= last)
        if batch[-1].id >= last:
            return


def _lines(batches: Iterator[list[StoredSpan]], last: int, project: str) -> Generator[bytes]:
    for batch in batches:
        yield b"".join(orjson.dumps(_line(span, project)) + b"\n" for span in batch if span.id <= last)
        if batch[-1].id >= last:
            return


def _line(span: StoredSpan, project: str) -> dict[str, Any]:
    body = span.body
    attributes = orjson.loads(body.attributes)
    if body.input is not None:
        attributes["input.value"] = body.input
    if body.output is not None:
        attributes["output.value"] = body.output
    line = {
        "project": project,
        "name": span.name,
        "context": _context(span),
        "span_kind": span.kind,
        "parent_id": span.parent_id.hex() if span.parent_id is not None else None,
        "start_time": iso_from_ns(span.start_ns),
        "end_time": iso_from_ns(span.end_ns),
        "start_time_unix_nano": span.start_ns,
        "end_time_unix_nano": span.end_ns,
        "status_code": STATUSES[span.status],
        "status_message": span.status_message,
        "attributes": attributes,
        "events": [
            {
                "name": event["name"],
                "timestamp": iso_from_ns(event["timestamp"]),
                "time_unix_nano": event["timestamp"],
                "attributes": event["attributes"],
            }
            for event in (orjson.loads(body.events) if body.events is not None else ())
        ],
    }
    if body.envelope is not None:
        line["envelope"] = orjson.loads(body.envelope)
    return line


def _context(span: StoredSpan) -> dict[str, str]:
    return {"trace_id": span.trace_id.hex(), "span_id": span.span_id.hex()}


def _kept(given: KeptAnnotationBody, where: str) -> KeptAnnotation:
    kind = given.target.kind
    target = given.target.id.encode() if kind == TargetKind.SESSION else bytes_of(given.target.id)
    if not target:
        raise ApiError(422, f"{where}.target.id: {given.target.id!r} is not the id of a {kind}")
    position = given.target.position if kind == TargetKind.DOCUMENT else NOT_A_DOCUMENT
    if position is None:
        raise ApiError(422, f"{where}.target.position: a document has one")
    result = given.result or AnnotationResult()
    new = NewAnnotation(
        AnnotationKey(kind, target, position, given.name, given.identifier),
        given.annotator_kind,
        result.label,
        result.score,
        result.explanation,
        given.metadata or {},
        given.source,
        given.user_id,
    )
    return KeptAnnotation(new, us_of(given.created_at), us_of(given.updated_at))
