"""`/v1/evaluations`, which the older `px.Client` calls: annotations of LLM judges, as Arrow tables or one by one.

What comes in is stored like any annotation. What goes out is read in batches; one table is in memory at a time.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate.records.project import DEFAULT_PROJECT
from rubricate_server.api.arrow_library import load_pyarrow
from rubricate_server.api.errors import ApiError
from rubricate_server.api.guard import author_of
from rubricate_server.api.identifier import storage_of
from rubricate_server.ingest.errors import Busy, MalformedRequest, TooLarge, UnsupportedEncoding
from rubricate_server.ingest.evaluation import EVAL_TYPES, INDEX, METADATA, Undecodable, decode_arrow, decode_protobuf
from rubricate_server.ingest.http import media_type, read_body
from rubricate_server.ingest.pipeline import Ingest, Room, decompressed
from rubricate_server.storage.contract import (
    AnnotationQuery,
    AnnotationStore,
    NewAnnotation,
    Storage,
    StoredAnnotation,
)
from rubricate_server.storage.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

ARROW: Final = "application/x-pandas-arrow"
READ_AT_ONCE: Final = 2000

router = APIRouter(include_in_schema=False)


@router.post("/v1/evaluations")
async def create_evaluations(request: Request) -> Response:
    """Write evaluations; they are durable when the answer comes, and wait for targets that are not there yet.

    A table is checked whole before anything is written, and written in pieces. The same once more changes nothing,
    so who is cut off may send it again.
    """
    decode = DECODERS.get(media_type(request))
    if decode is None:
        return PlainTextResponse("Unsupported content type", 415)
    ingest: Ingest = request.app.state.ingest
    with ingest.room() as room:
        try:
            body = await read_body(request, ingest.limits.max_body_bytes, room)

            def accept() -> None:
                most = ingest.limits.max_decompressed_bytes
                plain = decompressed(body, request.headers.get("content-encoding"), most, room)
                by = author_of(request)
                for said in decode(plain, most, room):
                    storage_of(request).annotations.put([each._replace(user_id=by.user_id) for each in said], by=by)

            await run_in_threadpool(accept)
        except UnsupportedEncoding:
            return PlainTextResponse("Unsupported content encoding", 415)
        except TooLarge as error:
            return PlainTextResponse(str(error), 413)
        except Busy as error:
            return PlainTextResponse(str(error), 503, {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))})
        except (Undecodable, MalformedRequest) as error:
            return PlainTextResponse(str(error), 422)
    return Response()


@router.get("/v1/evaluations")
async def list_evaluations(request: Request) -> Response:
    """All evaluations of a project: one Arrow stream for each kind of target and name, one after another."""
    storage = storage_of(request)
    name = _project_name(request)
    tables = await run_in_threadpool(_tables, storage, name)
    if not tables:
        raise ApiError(404, f"Project {name!r} has no evaluations")
    return StreamingResponse(_streams(storage.annotations, tables), media_type=ARROW)


def _decode_one(body: bytes, _most_bytes: int, _room: Room) -> Iterable[Sequence[NewAnnotation]]:
    return [[decode_protobuf(body)]]


DECODERS = {ARROW: decode_arrow, "application/x-protobuf": _decode_one, "application/protobuf": _decode_one}


def _project_name(request: Request) -> str:
    given = request.query_params
    return (
        given.get("project_name") or given.get("project-name") or request.headers.get("project-name") or DEFAULT_PROJECT
    )


def _tables(storage: Storage, project_name: str) -> list[AnnotationQuery]:
    """One query for each kind of target and name under which a judge said something."""
    try:
        project = storage.projects.get(project_name)
    except NotFound:
        return []
    return [
        AnnotationQuery(project.id, kind, names=(name,), annotator_kind=AnnotatorKind.LLM)
        for kind in EVAL_TYPES
        for name in storage.annotations.names(AnnotationQuery(project.id, kind, annotator_kind=AnnotatorKind.LLM))
    ]


def _streams(store: AnnotationStore, tables: Iterable[AnnotationQuery]) -> Iterator[bytes]:
    load_pyarrow()
    import pyarrow as pa

    for query in tables:
        kind = query.target_kind
        assert kind is not None
        schema = _schema(kind, query.names[0])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as stream:
            for batch in _batches(store, query):
                stream.write_batch(_record_batch(kind, batch, schema))
        yield sink.getvalue().to_pybytes()


def _batches(store: AnnotationStore, query: AnnotationQuery) -> Iterator[list[StoredAnnotation]]:
    while batch := store.find(query, READ_AT_ONCE):
        yield batch
        query = replace(query, from_id=batch[-1].id - 1)


def _record_batch(kind: TargetKind, batch: list[StoredAnnotation], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    columns: dict[str, list[Any]] = {
        "score": [annotation.score for annotation in batch],
        "label": [annotation.label for annotation in batch],
        "explanation": [annotation.explanation for annotation in batch],
        INDEX[kind][0]: [annotation.key.target_id.hex() for annotation in batch],
    }
    if kind == TargetKind.DOCUMENT:
        columns[INDEX[kind][1]] = [annotation.key.position for annotation in batch]
    return pa.RecordBatch.from_pydict(columns, schema=schema)


def _schema(kind: TargetKind, name: str) -> "pa.Schema":
    import pyarrow as pa

    types = {"score": pa.float64(), "label": pa.string(), "explanation": pa.string()}
    types |= {column: pa.int64() if column == "document_position" else pa.string() for column in INDEX[kind]}
    pandas = {
        "index_columns": list(INDEX[kind]),
        "column_indexes": [],
        "columns": [_described(column, type_) for column, type_ in types.items()],
        "creator": {"library": "rubricate", "version": "1"},
        "pandas_version": "2.0.0",
    }
    arize = {"eval_id": str(uuid4()), "eval_name": name, "eval_type": EVAL_TYPES[kind]}
    return pa.schema(list(types.items()), metadata={b"pandas": orjson.dumps(pandas), METADATA: orjson.dumps(arize)})


def _described(column: str, type_: "pa.DataType") -> dict[str, Any]:
    import pyarrow as pa

    kinds = {pa.float64(): ("float64", "float64"), pa.int64(): ("int64", "int64"), pa.string(): ("unicode", "object")}
    pandas_type, numpy_type = kinds[type_]
    return {
        "name": column,
        "field_name": column,
        "pandas_type": pandas_type,
        "numpy_type": numpy_type,
        "metadata": None,
    }
