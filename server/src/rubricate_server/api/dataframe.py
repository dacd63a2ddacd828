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
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Final

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
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

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
    return [{**one, "loc": ("body", *one["loc"])} for one in orjson.loads(error.json(include_url=False))]


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

    def __init__(self, chunks: Generator[bytes], content_type: str, heartbeat: bytes | None = None) -> None:
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

        failures: list[BaseException] = []

        def produce() -> None:
            try:
                for chunk in self._chunks:
                    if gone.is_set():
                        break
                    anyio.from_thread.run(send_chunk, chunk)
            except Exception as error:  # of any kind: raised below, where no task group wraps it
                failures.append(error)
            finally:
                self._chunks.close()  # ends the scan, in the thread that began it

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            if self._heartbeat is not None:
                tasks.start_soon(beat, self._heartbeat)
            await anyio.to_thread.run_sync(produce, limiter=_threads)
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]  # without a last message, so that the client sees that the answer is not whole
        if not gone.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})


# --- JSON -------------------------------------------------------------------------------------------------------------


def _multipart(queries: list[FrameQuery], spans_of: _SpansOf, boundary: str) -> Generator[bytes]:
    for place, query in enumerate(queries):
        yield f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        yield from _table(frame_of(query, time=iso_time), spans_of(place))
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _table(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame in pandas' table schema, in pieces that end between two tokens."""
    yield b'{"data":['
    shapes = _Shapes(frame)
    held: list[tuple[bytes, tuple[Any, ...]]] | None = []
    held_bytes = 0
    pieces: list[bytes] = []
    size = 0
    separator = b""
    for spans in batches:
        for row in frame.rows(spans):
            encoded = orjson.dumps(row)
            shape = shapes.of(row)
            if held is not None:
                held.append((encoded, shape))
                held_bytes += len(encoded)
                continue
            pieces += (separator, shapes.padded(encoded, shape))
            size += len(encoded)
            separator = b","
        if held is not None and held_bytes > HELD_BYTES:
            for encoded, shape in held:
                pieces += (separator, shapes.padded(encoded, shape))
                separator = b","
            held, size = None, held_bytes
        if size > CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    for encoded, shape in held or ():
        pieces += (separator, shapes.padded(encoded, shape))
        separator = b","
        size += len(encoded)
        if size > CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    pieces.append(b'],"schema":' + orjson.dumps(shapes.schema()) + b"}")
    yield b"".join(pieces)


class _Shapes:
    """What rows have in common: the same keys with cells of the same types, hence the same empty cells.

    Applications make few shapes, so that what is asked of each row is one look-up.
    """

    _MANY: Final = 4096

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._rows = 0
        self._counts: dict[tuple[Any, ...], int] = {}
        self._pads: dict[tuple[Any, ...], bytes] = {}
        self._padded_columns = 0
        self._types: dict[str, set[type]] = {}
        self._filled: dict[str, int] = {}

    def of(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The shape of a row, which is counted: its keys, then the types of its cells."""
        shape = (*row, *map(type, row.values()))
        counts = self._counts
        if shape not in counts and len(counts) >= self._MANY:
            self._fold()
        counts[shape] = counts.get(shape, 0) + 1
        return shape

    def padded(self, encoded: bytes, shape: tuple[Any, ...]) -> bytes:
        """An encoded row with null for its empty cells in the columns known by now."""
        columns = self._frame.columns
        if len(columns) != self._padded_columns or len(self._pads) > self._MANY:
            self._pads.clear()
            self._padded_columns = len(columns)
        pad = self._pads.get(shape)
        if pad is None:
            filled = set(shape[: len(shape) // 2])
            empty = b"".join(
                b"," + orjson.dumps(column.key) + b":null" for column in columns if column.key not in filled
            )
            pad = self._pads[shape] = (empty if filled else empty[1:]) + b"}"
        return encoded[:-1] + pad

    def schema(self) -> dict[str, Any]:
        """The table schema of all rows."""
        self._fold()
        return {
            "fields": [self._field(column) for column in self._frame.columns],
            "primaryKey": list(self._frame.index),
            "pandas_version": "1.4.0",
        }

    def _fold(self) -> None:
        for shape, times in self._counts.items():
            self._rows += times
            half = len(shape) // 2
            for key, kind in zip(shape[:half], shape[half:], strict=True):
                self._types.setdefault(key, set()).add(kind)
                self._filled[key] = self._filled.get(key, 0) + times
        self._counts.clear()

    def _field(self, column: Column) -> dict[str, Any]:
        if column.is_time:
            return {"name": column.key, "type": "datetime", "tz": "UTC"}
        types = self._types.get(column.key, set())
        is_full = self._filled.get(column.key) == self._rows
        if types == {int} and is_full:
            kind = "integer"
        elif types and types <= {int, float}:
            kind = "number"
        elif types == {bool} and is_full:
            kind = "boolean"
        else:
            # No extDtype: pandas 3 finds texts by itself, and older ones would write None as a word.
            kind = "string"
        return {"name": column.key, "type": kind}


# --- Arrow ------------------------------------------------------------------------------------------------------------


def _arrow_streams(queries: list[FrameQuery], spans_of: _SpansOf) -> Generator[bytes]:
    for place, query in enumerate(queries):
        yield from _arrow_stream(frame_of(query, time=int), spans_of(place))


def _arrow_stream(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame as one Arrow stream, with what pandas needs to know about its index."""
    import pyarrow as pa  # takes 0.2 s, and most servers never export Arrow

    kinds: dict[str, _Kind] = {}
    with _Held() as held:
        for rows in _regrouped(map(frame.rows, batches)):
            arrays = []
            for column in frame.columns:
                cells = [row.get(column.key) for row in rows]
                kind = kinds.get(column.key)
                if kind is None:
                    kind = kinds[column.key] = _Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None)
                kind.see(cells)
                arrays.append(kind.array(cells))
            held.append(pa.RecordBatch.from_arrays(arrays, [column.key for column in frame.columns]))

        columns = [*(column for column in frame.columns if column.key not in frame.index)]
        columns += (column for column in frame.columns if column.key in frame.index)
        for column in columns:
            kinds.setdefault(column.key, _Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None))
        schema = _arrow_schema(columns, frame.index, {key: kind.arrow() for key, kind in kinds.items()})
        sink = _Sink()
        with pa.ipc.new_stream(sink, schema) as stream:
            for batch in held:
                present = dict(zip(batch.schema.names, batch.columns, strict=True))
                arrays = [
                    kinds[column.key].conformed(present[column.key])
                    if column.key in present
                    else pa.nulls(batch.num_rows, kinds[column.key].arrow())
                    for column in columns
                ]
                stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                yield sink.taken()
        yield sink.taken()


def _regrouped(batches: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for batch in batches:
        rows += batch
        if len(rows) >= BATCH_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _arrow_schema(columns: list[Column], index: tuple[str, ...], types: dict[str, Any]) -> "pa.Schema":
    import pyarrow as pa

    names = [column.name for column in columns if column.key not in index]
    fields, described, index_fields = [], [], []
    for column in columns:
        field = column.name
        if column.key in index:
            if column.name in names:
                field = f"__index_level_{index.index(column.key)}__"
            index_fields.append(field)
        fields.append(pa.field(field, types[column.key]))
        described.append({"name": column.name, "field_name": field, **_as_pandas(types[column.key])})
    metadata = {
        "index_columns": index_fields,
        "column_indexes": [
            {
                "name": None,
                "field_name": None,
                "pandas_type": "unicode",
                "numpy_type": "object",
                "metadata": {"encoding": "UTF-8"},
            }
        ],
        "columns": described,
        "creator": {"library": "rubricate", "version": "1"},
        "pandas_version": "2.0.0",
    }
    return pa.schema(fields, metadata={"pandas": orjson.dumps(metadata)})


def _as_pandas(kind: "pa.DataType") -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return {"pandas_type": "datetimetz", "numpy_type": "datetime64[ns]", "metadata": {"timezone": "UTC"}}
    if pa.types.is_large_string(kind):
        return {"pandas_type": "unicode", "numpy_type": "str", "metadata": None}
    if pa.types.is_int64(kind):
        return {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    if pa.types.is_float64(kind):
        return {"pandas_type": "float64", "numpy_type": "float64", "metadata": None}
    if pa.types.is_boolean(kind):
        return {"pandas_type": "bool", "numpy_type": "bool", "metadata": None}
    return {"pandas_type": "object", "numpy_type": "object", "metadata": None}


class _Sink:
    """What an Arrow stream writes into."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Held:
    """Arrow batches, each with a schema of its own: in memory, and from `HELD_BYTES` on in a file without a name."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._file: BinaryIO | None = None
        self._ends: list[int] = []

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, batch: "pa.RecordBatch") -> None:
        import pyarrow as pa

        self._bytes += batch.nbytes
        if self._file is None and self._bytes <= HELD_BYTES:
            self._batches.append(batch)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        with pa.ipc.new_stream(self._file, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_batch(batch)
        self._ends.append(self._file.tell())

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        yield from self._batches
        start = 0
        for end in self._ends:
            assert self._file is not None
            self._file.seek(start)
            with pa.ipc.open_stream(self._file.read(end - start)) as stream:
                yield from stream
            start = end


class _Kind:
    """What cells of a column hold, learned batch by batch, down to the fields of the objects in them."""

    def __init__(self, given: "pa.DataType | None" = None) -> None:
        self._given = given
        self._text = False
        self._boolean = False
        self._integer = False
        self._number = False
        self._items: _Kind | None = None
        self._fields: dict[str, _Kind] | None = None

    def see(self, cells: Iterable[Any]) -> None:
        """Learn from cells; None says nothing."""
        if self._given is not None:
            return
        cells = cells if isinstance(cells, list) else list(cells)
        lists: list[list[Any]] = []
        objects: list[dict[str, Any]] = []
        for kind in set(map(type, cells)):
            if kind is str:
                self._text = True
            elif kind is bool:
                self._boolean = True
            elif kind is int:
                self._integer = True
                if not self._number:
                    self._number = any(type(cell) is int and not -_INT64 <= cell < _INT64 for cell in cells)
            elif kind is float:
                self._number = True
            elif kind is list:
                lists = [cell for cell in cells if type(cell) is list]
            elif issubclass(kind, dict):
                objects += [cell for cell in cells if type(cell) is kind]
        if lists:
            self._items = self._items or _Kind()
            self._items.see(list(chain.from_iterable(lists)))
        if objects:
            if self._fields is None:
                self._fields = {}
            inside: dict[str, list[Any]] = {}
            for cell in objects:
                for key, value in cell.items():
                    inside.setdefault(key, []).append(value)
            for key, values in inside.items():
                self._fields.setdefault(key, _Kind()).see(values)

    @property
    def is_json(self) -> bool:
        """Whether no Arrow type holds all that was seen."""
        is_numeric = self._integer or self._number
        different = (self._text, self._boolean, is_numeric, self._items is not None, self._fields is not None)
        return sum(different) > 1 or (self._fields is not None and len(self._fields) > MAX_FIELDS)

    def arrow(self, *, inner: bool = False) -> "pa.DataType":
        """The Arrow type of what was seen."""
        import pyarrow as pa

        text: pa.DataType = pa.string() if inner else pa.large_string()
        if self._given is not None:
            return self._given
        if self.is_json or self._text:
            return text
        if self._boolean:
            return pa.bool_()
        if self._number:
            return pa.float64()
        if self._integer:
            return pa.int64()
        if self._items is not None:
            return pa.list_(self._items.arrow(inner=True))
        if self._fields is not None:
            return pa.struct([(key, kind.arrow(inner=True)) for key, kind in self._fields.items()])
        return pa.null()

    def array(self, cells: list[Any]) -> "pa.Array":
        """Cells as an array of the type as it is known now."""
        import pyarrow as pa

        return pa.array([self._plain(cell) for cell in cells] if self._is_mixed() else cells, type=self.arrow())

    def conformed(self, array: "pa.Array") -> "pa.Array":
        """An array made earlier, when less was known, in the type of all."""
        import pyarrow as pa

        wanted = self.arrow()
        if array.type == wanted:
            return array
        if not self._is_mixed():
            return array.cast(wanted)
        return pa.array([self._plain(_without_nulls(cell)) for cell in array.to_pylist()], type=wanted)

    def _is_mixed(self) -> bool:
        """Whether some cells, or parts of cells, must be rewritten to fit the type."""
        if self.is_json or (self._integer and self._number) or (self._items is not None and self._items._is_mixed()):
            return True
        return any(kind._is_mixed() for kind in (self._fields or {}).values())

    def _plain(self, cell: Any) -> Any:
        """The cell as the type wants it."""
        if cell is None:
            return None
        if self.is_json:
            return cell if isinstance(cell, str) else orjson.dumps(cell).decode()
        if self._number:
            return float(cell)
        if self._items is not None:
            return [self._items._plain(item) for item in cell]
        if self._fields is not None:
            return {key: self._fields[key]._plain(value) for key, value in cell.items()}
        return cell


_INT64: Final = 1 << 63


def _without_nulls(cell: Any) -> Any:
    """Objects without the empty fields that Arrow gave them."""
    if isinstance(cell, dict):
        return {key: _without_nulls(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, list):
        return [_without_nulls(item) for item in cell]
    return cell
