"""Frames as Arrow streams.

The schema stands first, so the frame is held, as Arrow batches, on disk from `HELD_BYTES` on. Where a column (or a
field inside its cells) mixes kinds that one Arrow type cannot hold, texts stay as they are and anything else becomes
JSON text. Numbers of both kinds become float64.
"""

import tempfile
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

from rubricate_server.api.arrow_column import ColumnTable
from rubricate_server.api.arrow_kind import Kind
from rubricate_server.api.arrow_library import load_pyarrow
from rubricate_server.domain.frame import Column, Frame, Span

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

HELD_BYTES: Final = 8 * 2**20
"""What one answer may keep in memory before it moves to disk."""
BATCH_ROWS: Final = 512
"""Rows of an Arrow batch: few enough for memory, many enough that types seldom change between batches."""


def arrow_stream(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame as one Arrow stream, with what pandas needs to know about its index."""
    load_pyarrow()
    import pyarrow as pa

    kinds: dict[str, Kind] = {}
    with _Held() as held:
        for rows in map(frame.columnar, _regrouped(batches)):
            if not rows.length:
                continue
            table = ColumnTable(rows)
            arrays = []
            for column in frame.columns:
                kind = kinds.get(column.key)
                if kind is None:
                    kind = kinds[column.key] = Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None)
                arrays.append(table.array(column.key, kind))
            held.append(pa.RecordBatch.from_arrays(arrays, [column.key for column in frame.columns]))

        columns = [*(column for column in frame.columns if column.key not in frame.index)]
        columns += (column for column in frame.columns if column.key in frame.index)
        for column in columns:
            kinds.setdefault(column.key, Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None))
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


def _regrouped(batches: Iterable[list[Span]]) -> Iterator[list[Span]]:
    held: list[Span] = []
    for batch in batches:
        held += batch
        if len(held) >= BATCH_ROWS:
            ready, held = [held], []
            yield ready.pop()  # kept by nobody: their bodies are not needed once they are parsed
    if held:
        yield held


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
